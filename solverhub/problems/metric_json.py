"""The JSON forms of `metric-nearness`.

    {"distances": [[...]], "weights": [[...]]}      all pairs, as symmetric matrices
    {"n": 4, "edges": [[i, j, d, w], ...]}          some pairs; w is 1 where it is left out
    {"n": 4, "edges": {"u": [...], "v": [...], "d": [...], "w": [...]}}

with `"norm"` (`l2`, `l1`, `linf`), `"decrease_only"`, and, for matrices, `"symmetrise"`.  `"lower"`
and `"upper"` bound the distances of the answer: a number for all pairs, a matrix beside
`"distances"`, or a list beside `"edges"`, one an edge; null is no bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming
from solverhub.problems.metric_box import FREE, Bound
from solverhub.problems.metric_instance import MetricInstance, of_edges, of_matrix

_KNOWN = {"problem", "name", "distances", "weights", "n", "edges", "ids"}
_KNOWN |= {"norm", "decrease_only", "symmetrise", "lower", "upper"}


def from_wire(wire: Mapping[str, Any]) -> tuple[MetricInstance, Naming, tuple[str, ...]]:
    """The instance of a JSON object, its ids and warnings."""
    if not isinstance(wire, Mapping):
        raise InvalidInstance("the instance is not an object", remedy='give {"distances": ...}')
    unknown = sorted(set(wire) - _KNOWN)
    if unknown:
        raise InvalidInstance(f"unknown key {unknown[0]!r}", remedy=f"known are {sorted(_KNOWN)}")
    norm = wire.get("norm", "l2")
    decrease_only = _flag(wire, "decrease_only")
    if "distances" in wire:
        if "edges" in wire:
            raise InvalidInstance("both distances and edges are given", remedy="give one of them")
        weights = wire.get("weights")
        made = of_matrix(
            _table("distances", wire["distances"]),
            None if weights is None else _table("weights", weights),
            norm=norm,
            decrease_only=decrease_only,
            symmetrise=_flag(wire, "symmetrise"),
            lower=_bound("lower", wire.get("lower")),
            upper=_bound("upper", wire.get("upper")),
        )
        return made, _naming(wire, made.n), ()
    if "edges" not in wire:
        raise InvalidInstance("neither distances nor edges are given", remedy="give one of them")
    u, v, d, w = _columns(wire["edges"])
    n = wire.get("n", int(max(u.max(initial=-1), v.max(initial=-1))) + 1)
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        raise InvalidInstance(f"n is {n!r}", remedy="give the number of points")
    edges, warnings = of_edges(
        n, u, v, d, w, norm=norm, decrease_only=decrease_only,
        lower=_bound("lower", wire.get("lower")), upper=_bound("upper", wire.get("upper")),
    )  # fmt: skip
    return edges, _naming(wire, n), warnings


def to_wire(instance: MetricInstance, naming: Naming = INTERNAL) -> dict[str, Any]:
    """The JSON form without its `"problem"`."""
    form: dict[str, Any] = {"norm": instance.norm, "decrease_only": instance.decrease_only}
    if naming.items is not None:
        form["ids"] = [naming.item(k) for k in range(instance.n)]
    for name, bounds in (("lower", instance.lower), ("upper", instance.upper)):
        if bounds is not None:
            form[name] = _bound_form(instance, bounds)
    if instance.complete:
        form["distances"] = instance.square(instance.distances).tolist()
        if instance.weights is not None:
            form["weights"] = instance.square(instance.weights).tolist()
        return form
    u, v = instance.edge_index.tolist()
    columns = {"u": u, "v": v, "d": instance.distances.tolist()}
    if instance.weights is not None:
        columns["w"] = instance.weights.tolist()
    return {**form, "n": instance.n, "edges": columns}


def _bound_form(instance: MetricInstance, bounds: np.ndarray) -> Any:
    """The number that all are, or the matrix or list, with null for infinity."""
    if (bounds == bounds[0]).all():
        return float(bounds[0])
    table = instance.square(bounds) if instance.complete else bounds
    listed = table.astype(object)
    listed[np.isinf(table)] = None
    return listed.tolist()


def _bound(name: str, value: Any) -> Bound:
    """A number, or an array of a matrix or list, in which null bounds nothing."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, list | tuple):
        filled = [_filled(name, row) for row in value]
        if any(isinstance(row, list) for row in filled):
            return _table(name, filled)
        return _numbers(name, filled)
    if isinstance(value, np.ndarray):
        return value
    raise InvalidInstance(
        f"{name} is {str(value)[:40]!r}", remedy="give a number, a matrix, or a list beside edges"
    )


def _filled(name: str, row: Any) -> Any:
    if isinstance(row, list | tuple):
        return [FREE[name] if item is None else item for item in row]
    return FREE[name] if row is None else row


def _flag(wire: Mapping[str, Any], key: str) -> bool:
    value = wire.get(key, False)
    if not isinstance(value, bool):
        raise InvalidInstance(f"{key} is {value!r}", remedy="give true or false")
    return value


def _naming(wire: Mapping[str, Any], n: int) -> Naming:
    ids = wire.get("ids")
    if ids is None:
        return INTERNAL
    listed = ids.tolist() if isinstance(ids, np.ndarray) else ids
    if not isinstance(listed, list | tuple) or len(listed) != n or len(set(listed)) != n:
        raise InvalidInstance("ids are not one distinct id a point", remedy=f"give {n} ids")
    return Naming(tuple(listed))


def _table(key: str, value: Any) -> np.ndarray:
    """The matrix of a list of rows; `InvalidInstance` names a row or an entry that is none."""
    if isinstance(value, np.ndarray):
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(r, list | tuple) for r in value):
        raise InvalidInstance(f"{key} is not a list of rows", remedy="give a square matrix")
    for i, row in enumerate(value):
        if len(row) != len(value):
            raise InvalidInstance(
                f"{key}[{i}] has {len(row)} entries", remedy=f"give {len(value)}, a square matrix"
            )
        if not set(map(type, row)) <= {int, float}:
            j = next(j for j, item in enumerate(row) if type(item) not in (int, float))
            raise InvalidInstance(
                f"{key}[{i}][{j}] is {str(row[j])[:40]!r}",
                remedy="give a number; a missing distance has weight 0",
            )
    try:
        return np.array(value, np.float64).reshape(len(value), len(value))
    except OverflowError as error:
        raise InvalidInstance(f"{key} has a number beyond 1e308") from error


def _columns(edges: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    if isinstance(edges, Mapping):
        if not {"u", "v", "d"} <= set(edges) <= {"u", "v", "d", "w"}:
            raise InvalidInstance(
                f"edges have the columns {sorted(edges)}", remedy="give u, v, d and, if wanted, w"
            )
        table = [_numbers(key, edges[key]) for key in ("u", "v", "d", "w") if key in edges]
    elif isinstance(edges, np.ndarray) and edges.ndim == 2 and edges.shape[1] in (3, 4):
        table = list(edges.astype(np.float64).T)
    else:
        table = _rows(edges)
    if len({column.size for column in table}) > 1:
        raise InvalidInstance("the columns of edges differ in length", remedy="give one length")
    u, v = (column.astype(np.int64) for column in table[:2])
    if not (np.array_equal(u, table[0]) and np.array_equal(v, table[1])):
        raise InvalidInstance("edges have ids that are not integers", remedy="give 0, 1, ...")
    return u, v, table[2], table[3] if len(table) == 4 else None


def _rows(edges: Any) -> list[np.ndarray]:
    if not isinstance(edges, list | tuple):
        raise InvalidInstance("edges is not a list", remedy="give [[i, j, d], ...]")
    for at, row in enumerate(edges):
        if not isinstance(row, list | tuple) or len(row) not in (3, 4):
            raise InvalidInstance(f"edges[{at}] is {str(row)[:60]}", remedy="give [i, j, d, w]")
        _numbers(f"edges[{at}]", row)
    full = [(*row, 1.0) if len(row) == 3 else tuple(row) for row in edges]
    return list(np.array(full, np.float64).reshape(-1, 4).T)


def _numbers(key: str, value: Any) -> np.ndarray:
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "if":
        return value.astype(np.float64)
    if not isinstance(value, list | tuple) or not set(map(type, value)) <= {int, float}:
        raise InvalidInstance(f"{key} is not a list of numbers", remedy="give numbers")
    return np.array(value, np.float64)
