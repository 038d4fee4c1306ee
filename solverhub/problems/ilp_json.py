"""The JSON form of an integer program: `{"mps": text}`, `{"lp": text}` or arrays.

Arrays: `sense` ("minimise" or "maximise"), `c`, `offset`, `A` {`rows`, `cols`, `values`} with
ids from 0 (entries of one place are summed), `row_lower`, `row_upper`, `lower`, `upper`,
`integer`, `names`, `row_names`.  Only `c` is required; missing sides and upper bounds are
infinite, missing lower bounds 0, missing `integer` false.  JSON has no infinity: null, or
the strings "inf" and "-inf", stand for it in sides and bounds, where any number of 1e20 or
more in size means the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming, Source
from solverhub.core.result import Sense
from solverhub.problems.ilp_model import Model, scale_warnings
from solverhub.problems.integer_program import IntegerProgram

KEYS = frozenset(
    {"problem", "name", "sense", "c", "offset", "A", "row_lower", "row_upper"}
    | {"lower", "upper", "integer", "names", "row_names"}
)
_SENSES = {
    **dict.fromkeys(("minimise", "minimize", "min"), Sense.MINIMISE),
    **dict.fromkeys(("maximise", "maximize", "max"), Sense.MAXIMISE),
}
_INFINITIES = {"inf": np.inf, "+inf": np.inf, "infinity": np.inf, "-inf": -np.inf}
_INFINITIES |= {"+infinity": np.inf, "-infinity": -np.inf}


def to_wire(program: IntegerProgram, naming: Naming = INTERNAL) -> dict[str, Any]:
    """The arrays form; infinite sides and bounds are null."""
    entries = program.A.tocoo()
    wire: dict[str, Any] = {
        "problem": "ilp",
        "sense": program.sense.value,
        "c": program.c.tolist(),
        "offset": program.offset,
        "A": {
            "rows": entries.coords[0].tolist(),
            "cols": entries.coords[1].tolist(),
            "values": entries.data.tolist(),
        },
        "row_lower": _finite_or_null(program.row_lower),
        "row_upper": _finite_or_null(program.row_upper),
        "lower": _finite_or_null(program.lower),
        "upper": _finite_or_null(program.upper),
        "integer": program.integer.tolist(),
    }
    if naming.items is not None:
        wire["names"] = list(naming.items)
    if naming.rows is not None:
        wire["row_names"] = list(naming.rows)
    return wire


def _finite_or_null(values: np.ndarray) -> list[float | None]:
    if np.isfinite(values).all():
        return list(values.tolist())
    return [value if np.isfinite(value) else None for value in values.tolist()]


def from_wire(wire: Mapping[str, Any]) -> Model:
    """The model of either form; raises `InvalidInstance` or, for text forms, `ParseError`."""
    for form in ("mps", "lp"):
        if form in wire:
            return _from_text(form, wire)
    unknown = sorted(str(key) for key in wire.keys() - KEYS)
    if unknown:
        raise InvalidInstance(f"unknown key {unknown[0][:80]!r}", remedy=f"known are {_known()}")
    if "c" not in wire:
        raise InvalidInstance("the key c is missing", remedy="give the costs, one a column")
    return _from_arrays(wire)


def _known() -> str:
    return ", ".join(sorted(KEYS | {"mps", "lp"}))


def _from_text(form: str, wire: Mapping[str, Any]) -> Model:
    text = wire[form]
    extra = wire.keys() - {form, "problem", "name"}
    if not isinstance(text, str) or extra:
        raise InvalidInstance(
            f"{form} stands for the whole model",
            remedy=f"give the text of the file as a string and no other key than {form}",
        )
    source = Source(f"<{form}>", text.encode("utf-8", "replace"))
    if form == "mps":
        from solverhub.problems.mps import read_mps

        return read_mps(source)
    from solverhub.problems.lp_format import read_lp

    return read_lp(source)


def _from_arrays(wire: Mapping[str, Any]) -> Model:
    c = _numbers("c", wire["c"])
    m = next(
        (len(_list(key, wire[key])) for key in ("row_lower", "row_upper") if _given(wire, key)), 0
    )
    n = c.size
    sense = wire.get("sense", "minimise")
    if not isinstance(sense, str) or sense.lower() not in _SENSES:
        raise InvalidInstance(f"sense is {str(sense)[:40]!r}", remedy="give minimise or maximise")
    program = IntegerProgram(
        sense=_SENSES[sense.lower()],
        c=c,
        offset=float(_numbers("offset", [wire.get("offset", 0.0)])[0]),
        A=_matrix(wire.get("A"), m, n),
        row_lower=_limits(wire, "row_lower", m, -np.inf),
        row_upper=_limits(wire, "row_upper", m, np.inf),
        lower=_limits(wire, "lower", n, 0.0),
        upper=_limits(wire, "upper", n, np.inf),
        integer=_flags(wire, n),
    )
    naming = Naming(items=_names(wire, "names", n), rows=_names(wire, "row_names", m))
    return Model(program, naming, warnings=tuple(scale_warnings(program)))


def _given(wire: Mapping[str, Any], key: str) -> bool:
    return wire.get(key) is not None


def _list(key: str, value: Any) -> Sequence[Any]:
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return list(value.tolist())
    if not isinstance(value, list | tuple):
        raise InvalidInstance(f"{key} is not a list", remedy="give a flat list")
    return value


def _numbers(key: str, value: Any, empty: float | None = None) -> np.ndarray:
    """float64 array of a list; null means `empty` where that is given."""
    values = _list(key, value)
    if not set(map(type, values)) <= {int, float}:
        values = [_number(key, i, item, empty) for i, item in enumerate(values)]
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise InvalidInstance(f"{key} has a number beyond 1e308") from error


def _number(key: str, index: int, item: Any, empty: float | None) -> float:
    if isinstance(item, int | float | np.number) and not isinstance(item, bool):
        try:
            return float(item)
        except OverflowError as error:
            raise InvalidInstance(f"{key}[{index}] is beyond 1e308") from error
    if empty is not None and item is None:
        return empty
    if empty is not None and isinstance(item, str) and item.lower() in _INFINITIES:
        return float(_INFINITIES[item.lower()])
    allowed = "a number" if empty is None else 'a number, null, "inf" or "-inf"'
    raise InvalidInstance(f"{key}[{index}] is {str(item)[:40]!r}", remedy=f"give {allowed}")


def _limits(wire: Mapping[str, Any], key: str, size: int, default: float) -> np.ndarray:
    """Sides or bounds; null inside the list is infinite, a missing list takes the default."""
    if not _given(wire, key):
        return np.full(size, default)
    return _numbers(key, wire[key], -np.inf if key.endswith("lower") else np.inf)


def _flags(wire: Mapping[str, Any], n: int) -> np.ndarray:
    if not _given(wire, "integer"):
        return np.zeros(n, dtype=bool)
    values = _list("integer", wire["integer"])
    for index, item in enumerate(values):
        if not isinstance(item, bool) and (not isinstance(item, int) or item not in (0, 1)):
            raise InvalidInstance(
                f"integer[{index}] is {str(item)[:40]!r}", remedy="give true or false a column"
            )
    return np.array(values, dtype=bool)


def _matrix(given: Any, m: int, n: int) -> coo_array:
    if given is None:
        return coo_array((m, n))
    if not isinstance(given, Mapping) or set(given) != {"rows", "cols", "values"}:
        raise InvalidInstance("A is not an object", remedy="give its rows, cols and values")
    rows = _ids("A.rows", given["rows"], m)
    columns = _ids("A.cols", given["cols"], n)
    values = _numbers("A.values", given["values"])
    if not rows.size == columns.size == values.size:
        raise InvalidInstance(
            f"A has {rows.size} rows, {columns.size} cols and {values.size} values",
            remedy="give the three lists one length",
        )
    return coo_array((values, (rows, columns)), shape=(m, n))


def _ids(key: str, value: Any, size: int) -> np.ndarray:
    values = _list(key, value)
    kinds = set(map(type, values))
    if kinds - {int}:
        index = next(i for i, item in enumerate(values) if type(item) is not int)
        raise InvalidInstance(f"{key}[{index}] is {str(values[index])[:40]!r}, not an integer")
    wrong = next((i for i, item in enumerate(values) if not 0 <= item < size), None)
    if wrong is not None:
        raise InvalidInstance(
            f"{key}[{wrong}] is {str(values[wrong])[:40]}, out of range",
            remedy=f"ids go from 0 and below {size}, the length of "
            + ("row_lower and row_upper" if key == "A.rows" else "c"),
        )
    return np.array(values, dtype=np.int64)


def _names(wire: Mapping[str, Any], key: str, size: int) -> tuple[str, ...] | None:
    if not _given(wire, key):
        return None
    names = _list(key, wire[key])
    for index, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise InvalidInstance(f"{key}[{index}] is not a name", remedy="give non-empty strings")
    if len(names) != size or len(set(names)) != size:
        raise InvalidInstance(
            f"{key} has {len(set(names))} distinct names", remedy=f"give {size} distinct names"
        )
    return tuple(names)
