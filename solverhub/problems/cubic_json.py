"""Cubic correlation clustering in JSON, ids from 0:

    {"n": 4, "pairs": [[0, 1, -2]], "triples": [[0, 1, 2, 3.5]]}
    {"n": 4, "pairs": {"i": [...], "j": [...], "c": [...]},
             "triples": {"i": [...], "j": [...], "k": [...], "c": [...]}}

Either list may be missing.  Long lists may come as NumPy arrays (see `json_arrays`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.problems.cubic_instance import CubicInstance

KEYS = ("problem", "name", "n", "pairs", "triples")
COLUMNAR_ABOVE = 1000
_EXAMPLE = 'give {"n": 3, "pairs": [[0, 1, -2]], "triples": [[0, 1, 2, 1]]}'


def cubic_from_json(wire: Mapping[str, Any]) -> CubicInstance:
    """The instance of either form; raises `InvalidInstance` that names the key and item."""
    unknown = [str(key) for key in wire if key not in KEYS]
    if unknown:
        raise InvalidInstance(
            f"unknown key {unknown[0][:80]!r}", remedy=f"known are {', '.join(KEYS)}"
        )
    if "n" not in wire or not {"pairs", "triples"} & set(wire):
        raise InvalidInstance("n, or both pairs and triples, are missing", remedy=_EXAMPLE)
    n = wire["n"]
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise InvalidInstance(f"n is {_short(n)}", remedy="give the number of vertices, 0 or more")
    *pair, pair_costs = _columns("pairs", wire.get("pairs", ()), "ijc")
    *triple, triple_costs = _columns("triples", wire.get("triples", ()), "ijkc")
    return CubicInstance.of(n, pair, pair_costs, triple, triple_costs)


def cubic_to_json(instance: CubicInstance) -> dict[str, Any]:
    """The JSON form; a list of more than 1000 items in columns."""
    two = [*instance.pairs.tolist(), instance.pair_costs.tolist()]
    three = [*instance.triples.tolist(), instance.triple_costs.tolist()]
    return {"n": instance.n, "pairs": _listed("ijc", two), "triples": _listed("ijkc", three)}


def _listed(names: str, columns: list[list[Any]]) -> Any:
    if len(columns[0]) > COLUMNAR_ABOVE:
        return dict(zip(names, columns, strict=True))
    return [list(item) for item in zip(*columns, strict=True)]


def _columns(key: str, given: Any, names: str) -> list[Any]:
    """The columns of a list of items or of a mapping of columns, of one length."""
    if isinstance(given, Mapping):
        return _named(key, given, names)
    if isinstance(given, np.ndarray) and given.ndim == 2 and given.shape[1] == len(names):
        return list(given.T)
    if not isinstance(given, list | tuple | np.ndarray):
        raise InvalidInstance(f"{key} is {_short(given)}", remedy="give a list")
    form = f"[{', '.join(names)}]"
    for at, item in enumerate(given):
        if not isinstance(item, Sequence) or isinstance(item, str) or len(item) != len(names):
            raise InvalidInstance(f"{key}[{at}] is {_short(item)}", remedy=f"give {form}")
    return [list(column) for column in zip(*given, strict=True)] or [[] for _ in names]


def _named(key: str, given: Mapping[str, Any], names: str) -> list[Any]:
    if set(given) != set(names):
        raise InvalidInstance(
            f"{key} in columns have the keys {', '.join(map(_short, given))}",
            remedy=f"give the columns {', '.join(names)}",
        )
    columns = [given[name] for name in names]
    for name, column in zip(names, columns, strict=True):
        if not isinstance(column, list | tuple | np.ndarray):
            raise InvalidInstance(f"{key}.{name} is {_short(column)}", remedy="give a list")
    if len(set(map(len, columns))) > 1:
        raise InvalidInstance(
            f"{key} in columns have {', '.join(str(len(column)) for column in columns)} entries",
            remedy="give columns of one length",
        )
    return columns


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
