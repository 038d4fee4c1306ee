"""A first point where no row keeps columns from one of their bounds.

A row locks a column in a direction if moving there can break it.  Every column starts at a
bound that no row locks it from, if it has one; coverings, packings and auctions are feasible
there.  Then, dearest per row first, each column moves towards its cheaper bound as far as
the rows allow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.activity import rows_of
from solverhub.search.ilp_form import IlpForm


def unlocked(form: IlpForm) -> np.ndarray | None:
    """Such a point, float64 (n,), or None where a row breaks, or a column lacks its bound."""
    program = form.program
    point = unlocked_bounds(form)
    if not np.isfinite(point).all() or not form.holds(point):
        return None
    goal = np.where(form.cost > 0, form.lower, form.upper)
    order = np.argsort(-np.abs(form.cost) / (1 + np.diff(form.col_indptr)), kind="stable")
    moving = (form.cost[order] != 0) & np.isfinite(goal[order])
    _descend(
        point,
        order[moving],
        goal,
        program.integer,
        form.col_indptr,
        form.col_indices,
        form.col_data,
        program.A @ point,
        program.row_lower,
        program.row_upper,
    )
    return point


def unlocked_bounds(form: IlpForm) -> np.ndarray:
    """The bound of each column that no row keeps it from, if there is one; may be infinite."""
    return np.where(_starts_high(form), form.upper, form.lower)


def _starts_high(form: IlpForm) -> np.ndarray:
    program, n = form.program, form.n
    rows, data, where = rows_of(program), form.data, form.indices
    below, above = np.isfinite(program.row_lower)[rows], np.isfinite(program.row_upper)[rows]
    down = np.where(data > 0, below, above)
    up = np.where(data > 0, above, below)
    locked_down = np.bincount(where[down], minlength=n) > 0
    locked_up = np.bincount(where[up], minlength=n) > 0
    high: np.ndarray = (locked_down & ~locked_up) | ((locked_down == locked_up) & (form.cost < 0))
    return np.where(np.isinf(form.upper), False, high | np.isinf(form.lower))


@njit(cache=True, nogil=True)
def _descend(point, order, goal, whole, indptr, indices, data, activity, low, high):  # type: ignore[no-untyped-def]
    """Move columns, in order and in place, by as large steps towards their goals as rows allow."""
    for j in order:
        direction = 1.0 if goal[j] > point[j] else -1.0
        step = abs(goal[j] - point[j])
        for k in range(indptr[j], indptr[j + 1]):
            i, change = indices[k], direction * data[k]
            room = high[i] - activity[i] if change > 0 else activity[i] - low[i]
            step = min(step, max(0.0, room) / abs(change))
        if whole[j]:
            step = np.floor(step + 1e-9)
        if step > 0:
            point[j] += direction * step
            for k in range(indptr[j], indptr[j + 1]):
                activity[indices[k]] += direction * step * data[k]
