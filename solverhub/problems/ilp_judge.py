"""Objective and feasibility of a point of an integer program, by rules that know no solver.

A point is feasible if all of this holds:

- every value is finite, within 1e-6 max(1, |bound|) of its bounds, and, in integer
  columns, within 1e-6 of an integer;
- every row holds within 1e-6 max(1, |side|) + 1e-9 max_j |a_ij x_j|; the second part allows
  for the rounding of the values where large terms cancel;
- both hold again with the integer columns rounded; there, rows whose columns,
  coefficients and sides are all integers below 2^53 hold exactly, without tolerance, and
  so do integer bounds of integer columns.

Rows whose floating-point value is within its own rounding error of the limit are judged in
rational arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from solverhub.core.result import Number, Violation
from solverhub.problems.column_points import (
    MOST,
    TOLERANCE,
    fractional,
    require_form,
    rounded,
    worst,
)
from solverhub.problems.integer_program import EXACT, IntegerProgram

ROUNDING = 1e-9
EPS = 2.0**-52


def objective(program: IntegerProgram, solution: np.ndarray) -> Number:
    """c'x + offset with integer columns at their rounded values.

    An int, exact, if every cost and every value that has one is an integer; else the
    correctly rounded sum of the float64 products.
    """
    require_form(program, solution)
    active = program.c != 0
    c, x = program.c[active], rounded(program, solution)[active]
    if not np.isfinite(x).all():
        return math.nan
    whole = program.offset.is_integer() and (c == np.rint(c)).all() and (x == np.rint(x)).all()
    if not whole:
        return _sum_of_products(c, x, program.offset)
    if np.abs(c) @ np.abs(x) + abs(program.offset) < EXACT:
        return int(c @ x) + int(program.offset)
    return sum(int(a) * int(b) for a, b in zip(c, x, strict=True)) + int(program.offset)


def _sum_of_products(c: np.ndarray, x: np.ndarray, offset: float) -> float:
    with np.errstate(over="ignore"):
        products = (c * x).tolist()
    try:
        return math.fsum([*products, offset])
    except (OverflowError, ValueError):
        return math.nan


def violations(program: IntegerProgram, solution: np.ndarray) -> list[Violation]:
    """The broken bounds, integralities and rows, worst first, at most 100."""
    require_form(program, solution)
    if not np.isfinite(solution).all():
        return _not_finite(solution)
    found: dict[str, Violation] = {}
    point = rounded(program, solution)
    for violation in (
        *fractional(program, solution),
        *_outside(program, solution),
        *_outside_exactly(program, point),
        *_broken_rows(program, point, exact=True),
        *(() if np.array_equal(point, solution) else _broken_rows(program, solution, exact=False)),
    ):
        known = found.get(violation.constraint)
        if known is None or violation.amount > known.amount:
            found[violation.constraint] = violation
    return sorted(found.values(), key=lambda violation: -violation.amount)[:MOST]


def _not_finite(solution: np.ndarray) -> list[Violation]:
    wrong = np.flatnonzero(~np.isfinite(solution))[:MOST]
    return [
        Violation(f"column {j}", math.inf, f"column {j} is {solution[j]}, not a finite number")
        for j in wrong
    ]


def _outside(program: IntegerProgram, x: np.ndarray) -> Iterator[Violation]:
    for name, bound, sign in (("lower", program.lower, 1), ("upper", program.upper, -1)):
        excess = sign * (bound - x)
        limit = TOLERANCE * np.maximum(1.0, np.where(np.isfinite(bound), np.abs(bound), 1.0))
        yield from _bound_violations(name, bound, x, excess, excess > limit)


def _outside_exactly(program: IntegerProgram, x: np.ndarray) -> Iterator[Violation]:
    whole = program.integer & (x == np.rint(x))
    for name, bound, sign in (("lower", program.lower, 1), ("upper", program.upper, -1)):
        excess = sign * (bound - x)
        broken = whole & np.isfinite(bound) & (bound == np.rint(bound)) & (excess > 0)
        yield from _bound_violations(name, bound, x, excess, broken)


def _bound_violations(
    name: str, bound: np.ndarray, x: np.ndarray, excess: np.ndarray, broken: np.ndarray
) -> Iterator[Violation]:
    for j in worst(excess, broken):
        message = f"column {j} is {float(x[j])!r}, outside its {name} bound {float(bound[j])!r}"
        yield Violation(f"column {j}", float(excess[j]), message)


@dataclass(frozen=True, slots=True)
class _Activity:
    """Value, sum of sizes and largest size of the terms of each row, float64 (m,)."""

    value: np.ndarray
    size: np.ndarray
    largest: np.ndarray


def _activity(program: IntegerProgram, x: np.ndarray) -> _Activity:
    starts = program.A.indptr[:-1]
    filled = np.diff(program.A.indptr) > 0
    with np.errstate(over="ignore", invalid="ignore"):
        terms = program.A.data * x[program.A.indices]

        def per_row(reduce: Callable[..., np.ndarray], values: np.ndarray) -> np.ndarray:
            out = np.zeros(program.m)
            out[filled] = reduce(values, starts[filled])
            return out

        value = per_row(np.add.reduceat, terms)
        np.abs(terms, out=terms)
        return _Activity(
            value, per_row(np.add.reduceat, terms), per_row(np.maximum.reduceat, terms)
        )


def _broken_rows(program: IntegerProgram, x: np.ndarray, *, exact: bool) -> Iterator[Violation]:
    """Rows beyond tolerance; with `exact` also integer rows beyond by anything."""
    activity = _activity(program, x)
    count = np.diff(program.A.indptr)
    strict = program.exact_rows & exact
    fits = activity.size < EXACT
    if exact:
        strict &= _integer_rows(program, x)
    for name, side, sign in (("lower", program.row_lower, 1), ("upper", program.row_upper, -1)):
        bounded = np.isfinite(side)
        size = np.where(bounded, np.abs(side), 0.0)
        with np.errstate(invalid="ignore", over="ignore"):
            rounding = np.where(np.isfinite(activity.largest), ROUNDING * activity.largest, 0.0)
            limit = TOLERANCE * np.maximum(1.0, size) + rounding
            excess = np.where(bounded, sign * (side - activity.value), -np.inf)
            doubt = (count + 4) * EPS * (activity.size + size)
            limit[strict], doubt[strict & fits] = 0.0, 0.0
            unsure = bounded & ~(np.abs(excess - limit) > doubt) & ~(strict & fits)
            for i in np.flatnonzero(unsure):
                excess[i] = _exact_excess(program, x, int(i), float(side[i]), sign)
            broken = bounded & ~(excess <= limit)
        for i in worst(excess, broken):
            message = (
                f"row {i} is {float(activity.value[i])!r}, beyond its {name} side"
                f" {float(side[i])!r} by {excess[i]:.3g} (tolerance {limit[i]:.1g})"
            )
            yield Violation(f"row {i}", float(excess[i]), message)


def _integer_rows(program: IntegerProgram, x: np.ndarray) -> np.ndarray:
    """bool (m,): rows whose columns all have integer values."""
    fractional = (x != np.rint(x))[program.A.indices]
    whole = np.ones(program.m, dtype=bool)
    whole[np.repeat(np.arange(program.m), np.diff(program.A.indptr))[fractional]] = False
    return whole


def _exact_excess(program: IntegerProgram, x: np.ndarray, i: int, side: float, sign: int) -> float:
    """sign (side - a_i x) in rational arithmetic, as the nearest float of the same sign."""
    span = slice(program.A.indptr[i], program.A.indptr[i + 1])
    terms = zip(program.A.data[span].tolist(), x[program.A.indices[span]].tolist(), strict=True)
    excess = sign * (
        Fraction(side) - sum((Fraction(a) * Fraction(b) for a, b in terms), Fraction())
    )
    try:
        return float(excess)
    except OverflowError:
        return math.inf if excess > 0 else -math.inf
