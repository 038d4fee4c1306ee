"""The part of an integer program that is left when most columns stay where they are.

Only rows that a free column touches are looked at, and of these only those are kept that the
free columns can break, so that a part costs time in proportion to its own entries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.sparse import csc_array

from solverhub.core.result import Sense
from solverhub.problems.integer_program import IntegerProgram
from solverhub.search.ilp_form import IlpForm


@dataclass(frozen=True, eq=False)
class Part:
    """A program over the columns `free` int64 (k,), the others fixed at `centre` float64 (n,).

    Its objective is `cost` of the form over all columns, so that values compare.
    """

    program: IntegerProgram
    free: np.ndarray
    centre: np.ndarray

    def lift(self, values: np.ndarray) -> np.ndarray:
        """The point of the whole, float64 (n,), of the values of the free columns."""
        point = self.centre.copy()
        point[self.free] = values
        return point


def part_of(form: IlpForm, centre: np.ndarray, free: np.ndarray) -> Part | None:
    """The part with these columns free (distinct); None if the fixed ones break a row alone."""
    program = form.program
    free = np.sort(free)
    activity = program.A @ centre
    rows, low, high, indptr, indices, data, broken = _cut_out(
        free,
        centre,
        activity,
        form.col_indptr,
        form.col_indices,
        form.col_data,
        program.row_lower,
        program.row_upper,
        form.lower,
        form.upper,
        form.slack,
    )
    if broken:
        return None
    fixed_worth = form.worth(centre) - float(form.cost[free] @ centre[free])
    reduced = IntegerProgram(
        sense=Sense.MINIMISE,
        c=form.cost[free],
        A=csc_array((data, indices, indptr), shape=(rows, free.size)).tocsr(),
        row_lower=low,
        row_upper=high,
        lower=form.lower[free],
        upper=form.upper[free],
        integer=program.integer[free],
        offset=fixed_worth,
    )
    return Part(reduced, free, centre)


@njit(cache=True, nogil=True)
def _cut_out(  # type: ignore[no-untyped-def]
    free, centre, activity, indptr, indices, data, row_lower, row_upper, lower, upper, slack
):
    """Number of rows kept, their sides, the columns (CSC), and whether a row is broken for good."""
    m = activity.size
    fixed, least, most = activity.copy(), np.zeros(m), np.zeros(m)
    touched = np.zeros(m, np.bool_)
    entries = 0
    for j in free:
        for k in range(indptr[j], indptr[j + 1]):
            i, a = indices[k], data[k]
            touched[i] = True
            fixed[i] -= a * centre[j]
            least[i] += min(a * lower[j], a * upper[j])
            most[i] += max(a * lower[j], a * upper[j])
            entries += 1
    place = np.full(m, -1, np.int32)
    low, high = np.empty(m), np.empty(m)
    kept, broken = 0, False
    for i in range(m):
        if not touched[i]:
            outside = activity[i] < row_lower[i] - slack[i]
            if outside or activity[i] > row_upper[i] + slack[i]:
                broken = True
                break
            continue
        left, right = row_lower[i] - fixed[i], row_upper[i] - fixed[i]
        if most[i] < left - slack[i] or least[i] > right + slack[i]:
            broken = True
            break
        if least[i] < left - slack[i] or most[i] > right + slack[i]:
            place[i], low[kept], high[kept] = kept, left, right
            kept += 1
    starts = np.zeros(free.size + 1, np.int32)
    where, values = np.empty(entries, np.int32), np.empty(entries)
    count = 0
    if not broken:
        for c in range(free.size):
            j = free[c]
            for k in range(indptr[j], indptr[j + 1]):
                row = place[indices[k]]
                if row >= 0:
                    where[count], values[count] = row, data[k]
                    count += 1
            starts[c + 1] = count
    return kept, low[:kept], high[:kept], starts, where[:count], values[:count], broken
