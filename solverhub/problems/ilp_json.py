"""The JSON form of an integer program: `{"mps": text}`, `{"lp": text}` or arrays.

Arrays: `sense` ("minimise" or "maximise"), `c`, `offset`, `A` {`rows`, `cols`, `values`} with
ids from 0 (entries of one place are summed), `row_lower`, `row_upper`, `lower`, `upper`,
`integer`, `names`, `row_names`.  Only `c` is required; missing sides and upper bounds are
infinite, missing lower bounds 0, missing `integer` false.  JSON has no infinity: null, or
the strings "inf" and "-inf", stand for it in sides and bounds, where any number of 1e20 or
more in size means the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming, Source
from solverhub.core.result import Sense
from solverhub.problems.ilp_model import Model, scale_warnings
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.json_fields import flags, flat_list, given, matrix, names, numbers

KEYS = frozenset(
    {"problem", "name", "sense", "c", "offset", "A", "row_lower", "row_upper"}
    | {"lower", "upper", "integer", "names", "row_names"}
)
_SENSES = {
    **dict.fromkeys(("minimise", "minimize", "min"), Sense.MINIMISE),
    **dict.fromkeys(("maximise", "maximize", "max"), Sense.MAXIMISE),
}


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
    c = numbers("c", wire["c"])
    m = next(
        (len(flat_list(key, wire[key])) for key in ("row_lower", "row_upper") if given(wire, key)),
        0,
    )
    n = c.size
    sense = wire.get("sense", "minimise")
    if not isinstance(sense, str) or sense.lower() not in _SENSES:
        raise InvalidInstance(f"sense is {str(sense)[:40]!r}", remedy="give minimise or maximise")
    program = IntegerProgram(
        sense=_SENSES[sense.lower()],
        c=c,
        offset=float(numbers("offset", [wire.get("offset", 0.0)])[0]),
        A=matrix(
            "A", wire.get("A"), (m, n), ("the length of row_lower and row_upper", "the length of c")
        ),
        row_lower=_limits(wire, "row_lower", m, -np.inf),
        row_upper=_limits(wire, "row_upper", m, np.inf),
        lower=_limits(wire, "lower", n, 0.0),
        upper=_limits(wire, "upper", n, np.inf),
        integer=flags(wire, n),
    )
    naming = Naming(items=names(wire, "names", n), rows=names(wire, "row_names", m))
    return Model(program, naming, warnings=tuple(scale_warnings(program)))


def _limits(wire: Mapping[str, Any], key: str, size: int, default: float) -> np.ndarray:
    """Sides or bounds; null inside the list is infinite, a missing list takes the default."""
    if not given(wire, key):
        return np.full(size, default)
    return numbers(key, wire[key], -np.inf if key.endswith("lower") else np.inf)
