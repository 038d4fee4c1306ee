"""From a quadratic program to the form of the engines, and multipliers back.

Rows with one entry become bounds, columns that these fix are put in their place, empty
rows are dropped, and equations are parted from inequalities.  The multiplier of a bound
goes to the row that gives it; that of a fixed column is what stationarity leaves over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix

from solverhub.engines.qp_answer import QpAnswer, QpForm
from solverhub.problems.quadratic_program import QuadraticProgram

ROUNDING = 1e-14
"""Relative: how far the division by an entry may carry two equal bounds apart."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """Bounds float64 (n,) from the rows with one entry, and the rows that give them (-1: none)."""

    lower: np.ndarray
    upper: np.ndarray
    lower_row: np.ndarray
    upper_row: np.ndarray


@dataclass(frozen=True, eq=False)
class Conversion:
    """A program in the form of the engines.

    `free` int64: columns that are not fixed; `point` float64 (n,): the fixed values; `equal`
    and `rows`: the rows of the program that are those of E and G; `contradiction`: a Farkas
    multiplier float64 (m,) where rows of one entry alone leave no value, else None.
    """

    program: QuadraticProgram
    bounds: Bounds
    free: np.ndarray
    point: np.ndarray
    equal: np.ndarray
    rows: np.ndarray
    form: QpForm
    contradiction: np.ndarray | None

    def values(self, answer: QpAnswer) -> np.ndarray:
        """The point float64 (n,) of the program, bounds kept exactly."""
        x = self.point.copy()
        x[self.free] = np.clip(np.asarray(answer.x), self.form.lower, self.form.upper)
        return x

    def direction(self, answer: QpAnswer) -> np.ndarray:
        """The ray float64 (n,) of the program: fixed columns do not move."""
        ray = np.zeros(self.program.n)
        ray[self.free] = answer.x
        return ray

    def multipliers(self, answer: QpAnswer, gradient: np.ndarray) -> np.ndarray:
        """The multipliers float64 (m,) of the program, at a point with this P x + q.

        A gradient of 0 gives the Farkas multipliers of an infeasible answer.
        """
        y = np.zeros(self.program.m)
        y[self.equal], y[self.rows] = answer.equal, answer.rows
        on_bounds = np.zeros(self.program.n)
        on_bounds[self.free] = answer.bounds
        fixed = np.ones(self.program.n, bool)
        fixed[self.free] = False
        on_bounds[fixed] = -(gradient + self.program.A.T @ y)[fixed]
        self._put(y, on_bounds)
        return y

    def _put(self, y: np.ndarray, on_bounds: np.ndarray) -> None:
        for row, chosen in (
            (self.bounds.upper_row, on_bounds > 0),
            (self.bounds.lower_row, on_bounds < 0),
        ):
            columns = np.flatnonzero(chosen & (row >= 0))
            at = row[columns]
            y[at] = on_bounds[columns] / _single_entries(self.program)[at]


def convert(program: QuadraticProgram) -> Conversion:
    """The form of the program without its integrality."""
    bounds = bounds_of(program)
    counts = np.diff(program.A.tocsr().indptr)
    fixed = bounds.lower >= bounds.upper
    free = np.flatnonzero(~fixed)
    point = np.where(fixed, bounds.upper, 0.0)
    general = (counts > 1) & (np.isfinite(program.l) | np.isfinite(program.u))
    equal = np.flatnonzero(general & (program.l == program.u))
    rows = np.flatnonzero(general & (program.l != program.u))
    shift = program.A @ point
    matrix = program.A.tocsr()
    form = QpForm(
        P=csc_matrix(program.P.tocsr()[free][:, free]),
        q=program.q[free] + (program.P @ point)[free],
        E=csc_matrix(matrix[equal][:, free]),
        b=(program.u - shift)[equal],
        G=csc_matrix(matrix[rows][:, free]),
        low=(program.l - shift)[rows],
        high=(program.u - shift)[rows],
        lower=bounds.lower[free],
        upper=bounds.upper[free],
    )
    found = _contradiction(program, bounds)
    return Conversion(program, bounds, free, point, equal, rows, form, found)


def bounds_of(program: QuadraticProgram) -> Bounds:
    """The tightest bounds that rows with one entry give."""
    matrix = program.A.tocsr()
    single = np.flatnonzero(np.diff(matrix.indptr) == 1)
    column, scale = matrix.indices[matrix.indptr[single]], matrix.data[matrix.indptr[single]]
    with np.errstate(over="ignore"):
        low, high = program.l[single] / scale, program.u[single] / scale
    low, high = np.where(scale < 0, high, low), np.where(scale < 0, low, high)
    upper, upper_row = _tightest(program.n, single, column, high)
    lower, lower_row = _tightest(program.n, single, column, -low)
    return Bounds(-lower, upper, lower_row, upper_row)


def _tightest(
    n: int, rows: np.ndarray, column: np.ndarray, value: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The least value of each column and its row, inf and -1 where there is none."""
    least, source = np.full(n, np.inf), np.full(n, -1)
    order = np.lexsort((value, column))
    order = order[np.isfinite(value[order])]
    first = np.diff(column[order], prepend=-1) > 0
    chosen = order[first]
    least[column[chosen]], source[column[chosen]] = value[chosen], rows[chosen]
    return least, source


def _single_entries(program: QuadraticProgram) -> np.ndarray:
    """float64 (m,): the entry of each row that has one, else 1."""
    matrix = program.A.tocsr()
    entries = np.ones(program.m)
    single = np.diff(matrix.indptr) == 1
    entries[single] = matrix.data[matrix.indptr[:-1][single]]
    return entries


def _contradiction(program: QuadraticProgram, bounds: Bounds) -> np.ndarray | None:
    """Farkas multipliers where an empty row or two bounds of a column cannot hold."""
    y = np.zeros(program.m)
    empty = np.diff(program.A.tocsr().indptr) == 0
    for broken, sign in ((program.u < 0, 1.0), (program.l > 0, -1.0)):
        if (empty & broken).any():
            y[int(np.argmax(empty & broken))] = sign
            return y
    with np.errstate(invalid="ignore"):
        size = np.abs(bounds.lower) + np.abs(bounds.upper)
        crossed = bounds.lower > bounds.upper + ROUNDING * size
    if not crossed.any():
        return y if (program.l > program.u).any() else None
    j = int(np.argmax(crossed))
    entries = _single_entries(program)
    y[bounds.upper_row[j]] += 1.0 / entries[bounds.upper_row[j]]
    y[bounds.lower_row[j]] -= 1.0 / entries[bounds.lower_row[j]]
    return y
