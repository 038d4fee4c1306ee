"""Rigorous ranges of row activities over the bounds of the columns, and bounds they imply.

The activity of row i is sum_j a_ij x_j.  Over l <= x <= u it lies between the sums of the
smallest and of the largest terms; what a row leaves for one column bounds that column.
Every number is rounded outward: sums of k floats carry an error of at most k eps sum|terms|
(Higham 2002, Accuracy and Stability of Numerical Algorithms, section 4.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from solverhub.problems.integer_program import EXACT, IntegerProgram

EPS = 2.0**-52
TINY = 1e-300


def down(values: np.ndarray) -> np.ndarray:
    """The next float64 below each value."""
    return np.asarray(np.nextafter(values, -np.inf))


def up(values: np.ndarray) -> np.ndarray:
    """The next float64 above each value."""
    return np.asarray(np.nextafter(values, np.inf))


def times(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Products in which 0 times infinity is 0: the zero is exact, the infinity only a limit."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where((left == 0) | (right == 0), 0.0, left * right)


def times_down(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Products rounded down; those with 0, and of integers below 2^53, are exact."""
    product = times(left, right)
    whole = (left == np.rint(left)) & (right == np.rint(right)) & (np.abs(product) < EXACT)
    return np.where(whole | (left == 0) | (right == 0), product, down(product))


def sum_down(parts: np.ndarray) -> float:
    """The sum rounded down, -inf where it is not finite; exact if it is a float64."""
    if not np.isfinite(parts).all():
        return -math.inf
    terms = parts.tolist()
    try:
        total = math.fsum(terms)
        return total if math.fsum([*terms, -total]) >= 0 else math.nextafter(total, -math.inf)
    except OverflowError:
        return -math.inf


@dataclass(frozen=True, slots=True)
class Side:
    """Smallest (or, with the row negated, largest) terms of every row, rounded down.

    - `terms` float64 (nnz,): lower limit of each a_ij x_j, -inf where there is none.
    - `finite` float64 (m,): lower limit of the sum of the finite terms of each row.
    - `absent` int64 (m,): number of terms without a limit.
    """

    terms: np.ndarray
    finite: np.ndarray
    absent: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Lower limit of each row's activity, float64 (m,)."""
        return np.where(self.absent == 0, self.finite, -np.inf)


def rows_of(program: IntegerProgram) -> np.ndarray:
    """Row of each stored entry, (nnz,)."""
    return np.repeat(np.arange(program.m), np.diff(program.A.indptr))


def smallest(
    program: IntegerProgram, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray, sign: int
) -> Side:
    """The smallest terms of sign * A x over the bounds (sign -1: the largest, negated)."""
    data, columns = sign * program.A.data, program.A.indices
    terms = times_down(data, np.where(data > 0, lower[columns], upper[columns]))
    missing = ~np.isfinite(terms)
    terms[missing] = -np.inf
    kept = np.where(missing, 0.0, terms)
    m = program.m
    count = np.bincount(rows, minlength=m)
    sums = np.bincount(rows, weights=kept, minlength=m)
    sizes = np.bincount(rows, weights=np.abs(kept), minlength=m)
    finite = down(sums - (count + 3) * EPS * sizes - TINY)
    return Side(terms, finite, np.bincount(rows[missing], minlength=m))


def implied_bounds(program: IntegerProgram, rounds: int = 3) -> tuple[np.ndarray, np.ndarray, bool]:
    """Bounds that every feasible point keeps, where the instance states none.

    Returns lower and upper, float64 (n,), rounded outward, with some infinite ones made
    finite, and whether the rows contradict the bounds (then no feasible point exists).
    """
    lower, upper = program.lower.copy(), program.upper.copy()
    rows, columns = rows_of(program), program.A.indices
    for _ in range(rounds):
        before = int(np.isinf(lower).sum() + np.isinf(upper).sum())
        for sign, side in ((1, program.row_upper), (-1, -program.row_lower)):
            least = smallest(program, rows, lower, upper, sign)
            if (least.total > side).any():
                return lower, upper, True
            _tighten(sign * program.A.data, rows, columns, least, side, lower, upper)
        if before in (0, int(np.isinf(lower).sum() + np.isinf(upper).sum())):
            break
    return lower, upper, False


def _tighten(
    data: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    least: Side,
    side: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> None:
    """From a x <= side: each term leaves at most side - (the least of the others) for itself."""
    absent, own = least.absent[rows], least.terms
    others = np.where(np.isfinite(own), down(least.finite[rows] - np.where(absent, 0, own)), 0.0)
    others = np.where((absent == 1) & np.isinf(own), least.finite[rows], others)
    known = (absent == 0) | ((absent == 1) & np.isinf(own))
    known &= np.isfinite(side[rows]) & np.isfinite(others)
    room = up(side[rows][known] - others[known])
    with np.errstate(over="ignore"):
        limit = room / data[known]
    positive, where = data[known] > 0, columns[known]
    best = np.full(upper.size, np.inf)
    np.minimum.at(best, where[positive], up(limit[positive]))
    np.copyto(upper, best, where=np.isinf(upper))
    best = np.full(lower.size, -np.inf)
    np.maximum.at(best, where[~positive], down(limit[~positive]))
    np.copyto(lower, best, where=np.isinf(lower))
