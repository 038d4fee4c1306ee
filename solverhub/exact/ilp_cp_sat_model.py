"""Integer programs as models of CP-SAT, in whole numbers (`reductions.ilp_to_integers`).

Rows over Booleans that say "at most one", "exactly one" or "at least one", of variables or
of their complements, are given in those forms, the others as linear rows.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.result import Number
from solverhub.engines.cp_sat import Model
from solverhub.exact.cp_sat_drive import Encoding
from solverhub.problems.integer_program import IntegerProgram
from solverhub.reductions.ilp_to_integers import WholeProgram


def encode(program: IntegerProgram, whole: WholeProgram) -> Encoding:
    """The CP-SAT model of a program in whole numbers."""
    model = Model()
    model.integers(whole.lower.tolist(), whole.upper.tolist())
    _add_rows(model, whole)
    costly = np.flatnonzero(whole.costs.coefficients)
    if costly.size:
        model.minimise(costly.tolist(), whole.costs.coefficients[costly].tolist())
    sign, offset = program.sense.sign, program.offset

    def bound(total: int) -> Number:
        below = sign * whole.costs.below(total)
        return below + (int(offset) if offset.is_integer() else offset)

    return Encoding(
        model=model, lift=whole.values, lower=whole.point, bound=bound, exact=whole.exact
    )


def _add_rows(model: Model, whole: WholeProgram) -> None:
    """Add each row in its tightest form; rows without sides are left out."""
    counts = np.diff(whole.indptr)
    forms = _forms(whole, counts)
    rows = np.repeat(np.arange(len(counts)), counts)
    positive = np.where(whole.coefficients > 0, whole.columns, -whole.columns - 1)

    def listed(chosen: np.ndarray, literals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        indptr = np.concatenate([[0], np.cumsum(counts[chosen])])
        return indptr, literals[chosen[rows]]

    model.at_most_one(*listed(forms["at most one"], positive))
    model.at_most_one(*listed(forms["at most one out"], -positive - 1))
    model.exactly_one(*listed(forms["exactly one"], positive))
    model.clauses(*listed(forms["at least one"], positive))
    model.clauses(*listed(forms["at least one out"], -positive - 1))
    other = ~np.logical_or.reduce(list(forms.values()))
    other &= ~(whole.no_lower & whole.no_upper)
    indptr, columns = listed(other, whole.columns)
    coefficients = whole.coefficients[other[rows]]
    model.linear(
        indptr,
        columns,
        coefficients,
        _sides(whole.row_lower, whole.no_lower, other),
        _sides(whole.row_upper, whole.no_upper, other),
    )


def _sides(side: np.ndarray, absent: np.ndarray, chosen: np.ndarray) -> list[int | None]:
    pairs = zip(side[chosen].tolist(), absent[chosen].tolist(), strict=True)
    return [None if missing else value for value, missing in pairs]


def _forms(whole: WholeProgram, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Rows, bool (m,), by the form that the count of their true literals has.

    With coefficients of one size a the row a (sum of x over P - sum of x over N) counts the
    true literals among x in P and not x in N, less |N|.
    """
    m, size = len(counts), np.abs(whole.coefficients)
    rows = np.repeat(np.arange(m), counts)
    unit = np.zeros(m, np.int64)
    np.maximum.at(unit, rows, size)
    boolean = (whole.lower == 0) & (whole.upper == 1)
    plain = counts > 0
    plain[rows[(size != unit[rows]) | ~boolean[whole.columns]]] = False
    unit = np.maximum(unit, 1)
    negative = np.bincount(rows[whole.coefficients < 0], minlength=m)
    least = np.where(whole.no_lower, 0, np.maximum(-(-whole.row_lower // unit) + negative, 0))
    most = np.where(whole.no_upper, counts, np.minimum(whole.row_upper // unit + negative, counts))
    no_least, no_most = least <= 0, most >= counts
    found = {
        "exactly one": plain & (least == 1) & (most == 1),
        "at most one": plain & no_least & (most == 1),
        "at least one": plain & (least == 1) & no_most,
        "at least one out": plain & no_least & (most == counts - 1),
        "at most one out": plain & (least == counts - 1) & no_most,
    }
    taken = np.zeros(m, bool)
    for rows_of_form in found.values():
        rows_of_form &= ~taken
        taken |= rows_of_form
    return found
