"""Bounds on an integer program from row multipliers alone, safe against rounding.

For any y, every x with row_lower <= A x <= row_upper and lower <= x <= upper has

    c'x = (c - A'y)'x + y'(A x) >= sum_j min_x d_j x_j + sum_i min(y_i row_lower_i, y_i row_upper_i)

with d = c - A'y (Neumaier and Shcherbina 2004, Safe bounds in linear and mixed-integer
linear programming, doi 10.1007/s10107-003-0433-3).  Where the paper switches the rounding
mode, this code adds an error bound of each dot product and steps to the neighbouring float.
A multiplier whose side is infinite counts as 0, and a column without a bound where one is
needed takes the bound that the rows imply, where they imply one.

The reduced costs of basic columns are 0 only up to rounding, so that on columns without
bounds an optimal y proves nothing as it stands.  There the bound is taken at a y nearby that
moves these reduced costs to the harmless side of 0 by a little (`_moved`), found by least
squares over the rows in use.  Any y is valid, so the proof does not depend on how well
that works; it costs about the shift times the sum of the columns' values.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse.linalg import lsqr

from solverhub.core.errors import InvalidSolution
from solverhub.problems.activity import (
    EPS,
    TINY,
    down,
    implied_bounds,
    rows_of,
    smallest,
    sum_down,
    times_down,
    up,
)
from solverhub.problems.integer_program import EXACT, IntegerProgram

SHIFTS = (1e-11, 1e-9)
"""Distances from 0, relative to the largest cost, tried in this order."""

ROUNDS = 10

WORK = 10**8
"""Entries that one least-squares solve may touch; it caps its iterations, between 10 and 500."""


def safe_dual_bound(instance: IntegerProgram, row_dual: np.ndarray) -> float:
    """A proven limit on every objective: from below when minimising, from above when maximising.

    `row_dual` float64 (m,): multipliers y with reduced costs c - A'y in the instance's own
    sense.  Any y gives a valid bound, a dual optimum nearly the best; -inf (maximising:
    inf) where a column lacks the bound that its reduced cost needs, and the worst
    objective (minimising: inf) where rows and bounds alone contradict each other.  Raises
    `InvalidSolution` for another shape or values that are not finite.
    """
    sign = instance.sense.sign
    c, y = sign * instance.c, sign * _multipliers(instance, row_dual)
    least = _least(instance, c, y)
    for shift in SHIFTS:
        if math.isfinite(least) or not instance.m:
            break
        least = _least(instance, c, _moved(instance, c, y, shift))
    if least == math.inf:
        return sign * math.inf
    return sign * sum_down(np.array([least, sign * instance.offset]))


def proves_infeasible(instance: IntegerProgram, farkas: np.ndarray | None = None) -> bool:
    """True if bounds, rows or the multipliers show that no point meets rows and bounds.

    `farkas` float64 (m,) of either sign: the proof is that 0 = 0'x would have to be positive.
    Without it only crossed sides and bounds, integer columns without an integer between
    their bounds, and rows that the bounds alone contradict are seen.
    """
    if _crossed(instance) or _contradicted(instance):
        return True
    if farkas is None:
        return False
    y, zero = _multipliers(instance, farkas), np.zeros(instance.n)
    return any(_least(instance, zero, sign * y) > 0 for sign in (1, -1))


def _multipliers(instance: IntegerProgram, given: np.ndarray) -> np.ndarray:
    try:
        y = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidSolution("the row multipliers are not numbers") from error
    if y.shape != (instance.m,) or not np.isfinite(y).all():
        raise InvalidSolution(
            f"the row multipliers have shape {y.shape}",
            remedy=f"give {instance.m} finite numbers, one a row",
        )
    return y


def _crossed(instance: IntegerProgram) -> bool:
    whole = instance.integer
    lower = np.where(whole, np.ceil(instance.lower), instance.lower)
    upper = np.where(whole, np.floor(instance.upper), instance.upper)
    return bool((lower > upper).any() or (instance.row_lower > instance.row_upper).any())


def _contradicted(instance: IntegerProgram) -> bool:
    rows = rows_of(instance)
    for sign, side in ((1, instance.row_upper), (-1, -instance.row_lower)):
        least = smallest(instance, rows, instance.lower, instance.upper, sign)
        if (least.total > side).any():
            return True
    return False


def _least(instance: IntegerProgram, c: np.ndarray, y: np.ndarray) -> float:
    """A lower limit of c'x over the feasible points, -inf where there is none."""
    idle = np.isinf(np.where(y > 0, instance.row_lower, instance.row_upper))
    y = np.where(idle, 0.0, y)
    sides = times_down(y, np.where(y > 0, instance.row_lower, instance.row_upper))
    reduced = _reduced_costs(instance, c, y)
    columns = _least_products(*reduced, instance.lower, instance.upper)
    if np.isneginf(columns).any():
        lower, upper, contradiction = implied_bounds(instance)
        if contradiction:
            return math.inf
        columns = _least_products(*reduced, lower, upper)
    return sum_down(np.concatenate([sides, columns]))


def _moved(instance: IntegerProgram, c: np.ndarray, y: np.ndarray, shift: float) -> np.ndarray:
    """Multipliers near y whose reduced costs keep `shift` from the wrong side where it matters.

    They are a least-squares solution of linear inequalities: again and again, solve the broken
    ones as equations (Han 1980, Least-squares solution of linear inequalities, MRC report
    2141).  The result is a suggestion, checked by `_least` like any other y.  A column without
    any bound needs a reduced cost of exactly 0, which no small move gives: then y stays.
    """
    lower, upper, _ = implied_bounds(instance)
    side = np.isinf(upper) * 1.0 - np.isinf(lower)
    low, high = _reduced_costs(instance, c, y)
    free = np.isinf(upper) & np.isinf(lower)
    if (free & ((low < 0) | (high > 0))).any() or not np.isfinite(low).all():
        return y
    shift *= max(1.0, float(np.abs(c).max(initial=0.0)))
    in_use = (np.abs(y) > shift) | (instance.row_lower == instance.row_upper)
    matrix = instance.A[np.flatnonzero(in_use)].T.tocsr()
    iterations = int(np.clip(WORK // (2 * instance.A.nnz + 1), 10, 500))
    moved, before = y.copy(), np.inf
    for _ in range(ROUNDS):
        reduced = c - instance.A.T @ moved
        broken = np.flatnonzero(side * reduced < shift * np.abs(side))
        missing = side[broken] * 2 * shift - reduced[broken]
        size = float(np.abs(missing).sum())
        if not broken.size or not in_use.any() or not size < before:
            break
        before = size
        found = lsqr(matrix[broken], -missing, btol=1e-3, iter_lim=iterations)[0]
        if not np.isfinite(found).all():
            break
        moved[in_use] += found
    return moved


def _reduced_costs(
    instance: IntegerProgram, c: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits of c - A'y, float64 (n,) each.

    They are equal where all terms are integers below 2^53, whose sums are exact.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        middle = c - instance.A.T @ y
        size = abs(instance.A).T @ np.abs(y) + np.abs(c)
        count = np.bincount(instance.A.indices, minlength=instance.n)
        touched = (
            np.bincount(
                instance.A.indices,
                weights=np.repeat(y != 0, np.diff(instance.A.indptr)).astype(float),
                minlength=instance.n,
            )
            > 0
        )
        touched &= ~_exact(instance, c, y, size)
        error = np.where(touched, (count + 4) * EPS * size + TINY, 0.0)
        low, high = middle - error, middle + error
    unknown = ~(np.isfinite(low) & np.isfinite(high))
    low = np.where(unknown, -np.inf, np.where(touched, down(low), middle))
    high = np.where(unknown, np.inf, np.where(touched, up(high), middle))
    return low, high


def _exact(instance: IntegerProgram, c: np.ndarray, y: np.ndarray, size: np.ndarray) -> np.ndarray:
    """True for the columns whose terms of c - A'y are all integers and small enough to add."""
    used = np.repeat(y, np.diff(instance.A.indptr))
    broken = (used != 0) & ((used != np.rint(used)) | (instance.A.data != np.rint(instance.A.data)))
    spoilt = np.bincount(instance.A.indices, weights=broken.astype(float), minlength=instance.n) > 0
    return np.asarray(~spoilt & (c == np.rint(c)) & (size < EXACT))


def _least_products(
    low: np.ndarray, high: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """Lower limits of d x over low <= d <= high and lower <= x <= upper, elementwise."""
    products = [times_down(d, x) for d in (low, high) for x in (lower, upper)]
    return np.asarray(np.minimum.reduce(products))
