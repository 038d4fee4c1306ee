"""Objective and feasibility of a point of a quadratic program, by rules that know no solver.

A point is feasible if every value is finite, every row holds within 1e-6 (1 + |Ax|_inf), the
relative primal criterion of `qp_residuals`, and every integer column is within 1e-6 of an
integer; rows must hold again with the integer columns rounded.  Rows that bound one
integer column by integers hold exactly there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.sparse import triu

from solverhub.core.result import Number, Violation
from solverhub.problems.column_points import (
    MOST,
    TOLERANCE,
    fractional,
    require_form,
    rounded,
    worst,
)
from solverhub.problems.integer_program import EXACT
from solverhub.problems.quadratic_program import QuadraticProgram


def integral(program: QuadraticProgram) -> bool:
    """True if integer data on integer columns alone makes every objective an integer."""
    upper = triu(program.P, format="coo")
    diagonal = upper.row == upper.col
    data = np.where(diagonal, upper.data / 2, upper.data)
    used = np.union1d(upper.row, upper.col)
    costly = np.flatnonzero(program.q)
    return (
        bool(program.integer[used].all() and program.integer[costly].all())
        and bool((data == np.rint(data)).all() and (program.q == np.rint(program.q)).all())
        and program.r.is_integer()
    )


def objective(program: QuadraticProgram, solution: np.ndarray) -> Number:
    """1/2 x'Px + q'x + r with integer columns at their rounded values.

    An int, exact, where `integral` and all values that count are integers below 2^53 in
    total; else the correctly rounded sum of the float64 products.
    """
    require_form(program, solution)
    x = rounded(program, solution)
    entries = triu(program.P, format="coo")
    half = np.where(entries.row == entries.col, entries.data / 2, entries.data)
    with np.errstate(over="ignore", invalid="ignore"):
        terms = np.concatenate([half * x[entries.row] * x[entries.col], program.q * x])
    try:
        total = math.fsum([*terms.tolist(), program.r])
    except (OverflowError, ValueError):
        return math.nan
    whole = (terms == np.rint(terms)).all() and float(np.abs(terms).sum()) < EXACT
    return int(total) if whole and integral(program) else total


def violations(program: QuadraticProgram, solution: np.ndarray) -> list[Violation]:
    """The broken rows ("row 3") and integralities ("column 7"), worst first, at most 100."""
    require_form(program, solution)
    wrong = np.flatnonzero(~np.isfinite(solution))[:MOST]
    if wrong.size:
        return [
            Violation(f"column {j}", math.inf, f"column {j} is {solution[j]}, not a finite number")
            for j in wrong
        ]
    found: dict[str, Violation] = {}
    point = rounded(program, solution)
    for violation in (
        *fractional(program, solution),
        *_broken_rows(program, point),
        *(() if np.array_equal(point, solution) else _broken_rows(program, solution)),
    ):
        known = found.get(violation.constraint)
        if known is None or violation.amount > known.amount:
            found[violation.constraint] = violation
    return sorted(found.values(), key=lambda violation: -violation.amount)[:MOST]


def _broken_rows(program: QuadraticProgram, x: np.ndarray) -> Iterator[Violation]:
    with np.errstate(over="ignore", invalid="ignore"):
        value = program.A @ x
    size = np.abs(value).max(initial=0.0)
    limit = np.full(program.m, TOLERANCE * (1.0 + size if np.isfinite(size) else 1.0))
    limit[_exact_bounds(program, x)] = 0.0
    for name, side, sign in (("lower", program.l, 1), ("upper", program.u, -1)):
        with np.errstate(invalid="ignore"):
            excess = np.where(np.isfinite(side), sign * (side - value), -np.inf)
        for i in worst(np.nan_to_num(excess, nan=np.inf), ~(excess <= limit)):
            message = (
                f"row {i} is {float(value[i])!r}, beyond its {name} side"
                f" {float(side[i])!r} by {excess[i]:.3g} (tolerance {limit[i]:.1g})"
            )
            yield Violation(f"row {i}", float(excess[i]), message)


def _exact_bounds(program: QuadraticProgram, x: np.ndarray) -> np.ndarray:
    """bool (m,): rows 1 x_j of an integer column with an integer value and integer sides."""
    rows = program.A.tocsr()
    exact: np.ndarray = np.diff(rows.indptr) == 1
    at = rows.indptr[:-1][exact]
    column = rows.indices[at]
    whole = program.integer[column] & (rows.data[at] == 1) & (x[column] == np.rint(x[column]))
    for side in (program.l[exact], program.u[exact]):
        whole &= np.isinf(side) | (side == np.rint(side))
    exact[exact] = whole
    return exact
