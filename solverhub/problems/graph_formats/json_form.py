"""Graphs in JSON, ids from 0:

    {"n": 5, "edges": [[0, 1], [1, 2, 2.5]], "weights": [...]}
    {"n": 5, "edges": {"u": [...], "v": [...], "w": [...]}}

`weights` are of vertices.  `"ids": [...]` or `"first_id": 1` says what vertices 0..n-1
are called in solutions; edges go by position all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from solverhub.core.errors import InputTooLarge, InvalidInstance
from solverhub.core.problem import INTERNAL, Naming
from solverhub.problems.graph import Graph, as_ids, as_weights, check_range
from solverhub.problems.graph_formats.raw import RawGraph

KEYS = ("problem", "name", "n", "edges", "weights", "ids", "first_id")
COLUMNAR_ABOVE = 1000
MOST_VERTICES = 2**25


def graph_from_json(wire: Mapping[str, Any]) -> RawGraph:
    """The graph of either form; raises `InvalidInstance` that names the key and item."""
    unknown = [str(key) for key in wire if key not in KEYS]
    if unknown:
        raise InvalidInstance(
            f"unknown key {unknown[0][:80]!r}", remedy=f"known are {', '.join(KEYS)}"
        )
    for key in ("n", "edges"):
        if key not in wire:
            raise InvalidInstance(
                f"the key {key!r} is missing", remedy='give {"n": 3, "edges": [[0, 1], [1, 2]]}'
            )
    n = wire["n"]
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise InvalidInstance(f"n is {_short(n)}", remedy="give the number of vertices, 0 or more")
    if n > MOST_VERTICES:
        raise InputTooLarge(f"n is {n}", remedy=f"at most {MOST_VERTICES} vertices are read")
    u, v, w = _edges(wire["edges"])
    check_range(n, u, v)
    weights = wire.get("weights")
    vertex = None if weights is None else as_weights(_list(weights, "weights"), "weights", n)
    return RawGraph(n, u, v, w, vertex, _ids(wire, n))


def graph_to_json(graph: Graph, naming: Naming = INTERNAL) -> dict[str, Any]:
    """The JSON form of a graph: edges as a list, or in columns beyond 1000."""
    u, v, w = graph.edge_index[0], graph.edge_index[1], graph.edge_weights
    form: dict[str, Any] = {"n": graph.n}
    columns = [u.tolist(), v.tolist()] + ([] if w is None else [w.tolist()])
    if graph.n_edges > COLUMNAR_ABOVE:
        form["edges"] = dict(zip("uvw", columns, strict=False))
    else:
        form["edges"] = [list(edge) for edge in zip(*columns, strict=True)]
    if graph.weights is not None:
        form["weights"] = graph.weights.tolist()
    ids = naming.items
    if isinstance(ids, range) and ids.step == 1:
        form["first_id"] = ids.start
    elif ids is not None:
        form["ids"] = [naming.item(i) for i in range(graph.n)]
    return form


def _edges(given: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    if isinstance(given, Mapping):
        return _columns(given)
    rows = _list(given, "edges")
    if isinstance(rows, np.ndarray) and rows.ndim == 2:
        columns: Sequence[Any] = tuple(rows.T)
    else:
        columns = _transpose(rows)
    if len(columns) not in (2, 3):
        raise InvalidInstance(
            f"edges have {len(columns)} columns", remedy="give [u, v] or [u, v, weight]"
        )
    return _checked(*columns)


def _columns(given: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    missing = [key for key in ("u", "v") if key not in given]
    unknown = [key for key in given if key not in ("u", "v", "w")]
    if missing or unknown:
        raise InvalidInstance(
            f"edges in columns have the keys {', '.join(map(_short, given))}",
            remedy='give {"u": [...], "v": [...]}, with "w" where edges have weights',
        )
    return _checked(*(_list(given[key], f"edges.{key}") for key in "uvw" if key in given))


def _checked(u: Any, v: Any, w: Any = None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    first, second = as_ids(u, "first ends of edges"), as_ids(v, "second ends of edges")
    if first.size != second.size:
        raise InvalidInstance(
            f"edges have {first.size} first and {second.size} second ends",
            remedy="give columns of one length",
        )
    return first, second, None if w is None else as_weights(w, "edge weights", first.size)


def _transpose(rows: Sequence[Any]) -> list[list[Any]]:
    """Columns of a list of equally long lists of 2 or 3."""
    width = len(rows[0]) if len(rows) and isinstance(rows[0], Sequence) else 2
    for at, row in enumerate(rows):
        if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != width:
            raise InvalidInstance(
                f"edges[{at}] is {_short(row)}",
                remedy="give every edge as [u, v], or every edge as [u, v, weight]",
            )
    return [list(column) for column in zip(*rows, strict=True)] or [[], []]


def _ids(wire: Mapping[str, Any], n: int) -> Sequence[Any] | None:
    first = wire.get("first_id")
    if first is not None:
        if isinstance(first, bool) or not isinstance(first, int) or abs(first) >= 2**62:
            raise InvalidInstance(f"first_id is {_short(first)}", remedy="give an integer")
        return range(first, first + n)
    ids = wire.get("ids")
    if ids is None:
        return None
    ids = list(_list(ids, "ids"))
    plain = all(isinstance(i, int | str | np.integer) and not isinstance(i, bool) for i in ids)
    if len(ids) != n or not plain or len(set(ids)) != n:
        raise InvalidInstance(
            "ids are not one distinct integer or string a vertex",
            remedy=f"give {n} distinct ids, or leave the key out",
        )
    return [int(i) if isinstance(i, np.integer) else i for i in ids]


def _list(given: Any, what: str) -> Any:
    if not isinstance(given, list | tuple | np.ndarray):
        raise InvalidInstance(f"{what} is {_short(given)}", remedy="give a list")
    return given


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
