"""A quick first solution of a pure integer program, for solvers that may long find none.

Rows lock a column in a direction if moving there can break them.  Every column starts at a
bound that no row locks it from, if it has one; many coverings, packings and auctions are
feasible there.  Then, dearest per row first, each column moves towards its cheaper bound as
far as the rows allow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.core.problem import Problem
from solverhub.problems.activity import rows_of
from solverhub.problems.integer_program import IntegerProgram


def ilp_start(problem: Problem, program: IntegerProgram) -> np.ndarray | None:
    """A feasible point, float64 (n,), or None where this finds none."""
    bounded = np.isfinite(program.lower).all() and np.isfinite(program.upper).all()
    if not bounded or not program.integer.all():
        return None
    lower, upper = np.ceil(program.lower), np.floor(program.upper)
    cost = program.sense.sign * program.c
    point: np.ndarray = np.where(_starts_high(program, cost), upper, lower)
    if problem.violations(program, point):
        return None
    columns = program.A.tocsc()
    counts = np.diff(columns.indptr)
    order = np.argsort(-np.abs(cost) / (1 + counts), kind="stable")
    _descend(
        point,
        order[cost[order] != 0],
        np.where(cost > 0, lower, upper),
        columns.indptr,
        columns.indices,
        columns.data,
        program.A @ point,
        program.row_lower,
        program.row_upper,
    )
    return point


def _starts_high(program: IntegerProgram, cost: np.ndarray) -> np.ndarray:
    rows, n = rows_of(program), program.n
    data, where = program.A.data, program.A.indices
    below, above = np.isfinite(program.row_lower)[rows], np.isfinite(program.row_upper)[rows]
    down = np.where(data > 0, below, above)
    up = np.where(data > 0, above, below)
    locked_down = np.bincount(where[down], minlength=n) > 0
    locked_up = np.bincount(where[up], minlength=n) > 0
    high: np.ndarray = (locked_down & ~locked_up) | ((locked_down == locked_up) & (cost < 0))
    return high


@njit(cache=True, nogil=True)
def _descend(point, order, goal, indptr, indices, data, activity, low, high):  # type: ignore[no-untyped-def]
    """Move columns, in order and in place, by whole steps towards their goals."""
    for j in order:
        direction = 1.0 if goal[j] > point[j] else -1.0
        step = abs(goal[j] - point[j])
        for k in range(indptr[j], indptr[j + 1]):
            i, change = indices[k], direction * data[k]
            room = high[i] - activity[i] if change > 0 else activity[i] - low[i]
            step = min(step, np.floor(max(0.0, room) / abs(change) + 1e-9))
        if step > 0:
            point[j] += direction * step
            for k in range(indptr[j], indptr[j + 1]):
                activity[indices[k]] += direction * step * data[k]
