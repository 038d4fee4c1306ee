"""The JSON form of a quadratic program.

`{"P": {rows, cols, values}, "q", "A": {rows, cols, values}, "r", "l", "u", "integer"}` with ids
from 0; entries of one place are summed.  Only q is required: without P the program is
linear, without l or u the rows have no such side.  `names` and `row_names` name columns and
rows.  JSON has no infinity: null, or "inf" and "-inf", stand for it in l and u, where any
number of 1e20 or more in size means the same.

"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming
from solverhub.problems.json_fields import flags, given, matrix, names, numbers
from solverhub.problems.qp_model import QpModel, build
from solverhub.problems.quadratic_program import QuadraticProgram

KEYS = frozenset({"problem", "name", "P", "A", "q", "r", "l", "u", "integer", "names", "row_names"})


def to_wire(program: QuadraticProgram, naming: Naming = INTERNAL) -> dict[str, Any]:
    """The arrays form; infinite sides are null, and without integers there is no `integer`."""
    wire: dict[str, Any] = {
        "problem": "qp",
        "P": _entries(program.P),
        "q": program.q.tolist(),
        "A": _entries(program.A),
        "r": program.r,
        "l": _finite_or_null(program.l),
        "u": _finite_or_null(program.u),
    }
    if program.integer.any():
        wire["integer"] = program.integer.tolist()
    if naming.items is not None:
        wire["names"] = list(naming.items)
    if naming.rows is not None:
        wire["row_names"] = list(naming.rows)
    return wire


def _entries(found: Any) -> dict[str, list[Any]]:
    entries = found.tocoo()
    rows, columns = entries.coords
    return {"rows": rows.tolist(), "cols": columns.tolist(), "values": entries.data.tolist()}


def _finite_or_null(values: np.ndarray) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]


def from_wire(wire: Mapping[str, Any]) -> QpModel:
    """The model of any of the forms; raises `InvalidInstance` or, for text forms, `ParseError`."""
    unknown = sorted(str(key) for key in wire.keys() - KEYS)
    if unknown:
        raise InvalidInstance(
            f"unknown key {unknown[0][:80]!r}",
            remedy=f"known are {', '.join(sorted(KEYS | {'mps', 'lp'}))}",
        )
    if not given(wire, "q"):
        raise InvalidInstance(
            "the key q is missing", remedy="give the linear costs, one a column (0 for none)"
        )
    q = numbers("q", wire["q"])
    n = q.size
    m = next((numbers(key, wire[key], np.inf).size for key in ("l", "u") if given(wire, key)), 0)
    constant = wire.get("r")
    return build(
        matrix("P", wire.get("P"), (n, n), ("the length of q",) * 2),
        q,
        matrix("A", wire.get("A"), (m, n), ("the length of l and u", "the length of q")),
        numbers("l", wire["l"], -np.inf) if given(wire, "l") else None,
        numbers("u", wire["u"], np.inf) if given(wire, "u") else None,
        float(numbers("r", [0.0 if constant is None else constant])[0]),
        flags(wire, n),
        naming=Naming(items=names(wire, "names", n), rows=names(wire, "row_names", m)),
    )


def text_of(wire: Mapping[str, Any], form: str) -> str:
    """The text of a file under the key `form`, which stands alone."""
    text = wire[form]
    if not isinstance(text, str) or wire.keys() - {form, "problem", "name"}:
        raise InvalidInstance(
            f"{form} stands for the whole model",
            remedy=f"give the text of the file as a string and no other key than {form}",
        )
    return text
