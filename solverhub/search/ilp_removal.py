"""Removal: some chosen columns are taken out, and whatever that lets move is free as well.

In most programs few columns are away from where most of them rest: the chosen items, bids, sets or
assignments.  Each of the others is held by the chosen ones in its rows, so that fixing it as well,
as columns drawn from all do, only forbids what could replace them.  Destroy operators of routing
do the same (Shaw 1998, doi 10.1007/3-540-49481-2_30; Ropke and Pisinger 2006, doi
10.1287/trsc.1050.0135): they remove, and repair may insert anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numba import njit

from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_neighbourhoods import LnsState, Proposal

LEAST = 2
"""Columns removed at least: one alone is rarely replaced by something better."""


class Removal:
    """Chosen columns at random, and those that their removal lets move."""

    name: ClassVar[str] = "removal"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        return removal(state, size, lambda all_, count: rng.choice(all_, count, replace=False))


def removal(
    state: LnsState, size: int, draw: Callable[[np.ndarray, int], np.ndarray]
) -> Proposal | None:
    """Some of the chosen columns, as large a share as `size` is of all, and what they release.

    `draw` gives so many of the chosen ones.  None where no column is chosen.
    """
    form = state.form
    if size >= form.whole.size:
        return Proposal(form.whole)
    chosen = chosen_columns(form, state.point)
    if chosen.size == 0:
        return None
    count = max(LEAST, round(size * chosen.size / form.whole.size))
    return Proposal(with_released(form, state.point, draw(chosen, min(count, chosen.size))))


def chosen_columns(form: IlpForm, point: np.ndarray) -> np.ndarray:
    """int64: integer columns away from the bound, lower or upper, at which more of them are."""
    whole = form.whole
    low = point[whole] <= form.lower[whole]
    high = point[whole] >= form.upper[whole]
    found: np.ndarray = whole[~low] if low.sum() >= high.sum() else whole[~high]
    return found


def with_released(form: IlpForm, point: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """int64: the removed columns, and the integer ones that a step of one may now be of use to.

    A step is possible if the removed and the continuous columns can keep every row then, and of use
    if it is cheaper, or helps a row that they may break.
    """
    program = form.program
    free: np.ndarray = _released(
        removed,
        form.loose,
        form.whole,
        point,
        program.A @ point,
        form.cost,
        form.lower,
        form.upper,
        program.row_lower - form.slack,
        program.row_upper + form.slack,
        form.col_indptr,
        form.col_indices,
        form.col_data,
    )
    return free


@njit(cache=True, nogil=True)
def _released(  # type: ignore[no-untyped-def]
    removed, loose, whole, point, activity, cost, lower, upper, low, high, indptr, indices, data
):
    least, most = activity.copy(), activity.copy()
    for columns in (removed, loose):
        for j in columns:
            for k in range(indptr[j], indptr[j + 1]):
                i, a = indices[k], data[k]
                down, up = a * (lower[j] - point[j]), a * (upper[j] - point[j])
                least[i] += min(down, up)
                most[i] += max(down, up)
    free = np.zeros(point.size, np.bool_)
    free[removed] = True
    for j in whole:
        for step in (1.0, -1.0):
            if free[j] or not lower[j] <= point[j] + step <= upper[j]:
                continue
            possible, useful = True, cost[j] * step < 0
            for k in range(indptr[j], indptr[j + 1]):
                i, change = indices[k], step * data[k]
                if least[i] + change > high[i] or most[i] + change < low[i]:
                    possible = False
                    break
                useful |= least[i] < low[i] if change > 0 else most[i] > high[i]
            free[j] = possible and useful
    return np.flatnonzero(free)
