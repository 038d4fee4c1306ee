"""The CPU form of `packing`: loops over rows, one after another."""

from __future__ import annotations

import numpy as np
from numba import njit

TOL = 1e-12


@njit(cache=True, nogil=True)
def project(indptr, columns, need, duals, point, steps, passes, relax):  # type: ignore[no-untyped-def]
    """Passes of projections onto the rows, in place on `duals` and `point`; the last worst lack."""
    worst = 0.0
    for _ in range(passes):
        worst = 0.0
        for r in range(need.size):
            lack, reach = need[r], 0.0
            for k in range(indptr[r], indptr[r + 1]):
                column = columns[k]
                lack -= min(1.0, max(0.0, point[column]))
                reach += steps[column]
            if lack <= 0.0 and duals[r] == 0.0:
                continue
            worst = max(worst, lack)
            change = max(-duals[r], relax * lack / reach)
            duals[r] += change
            for k in range(indptr[r], indptr[r + 1]):
                column = columns[k]
                point[column] += steps[column] * change
    return worst


@njit(cache=True, nogil=True)
def ascend(indptr, columns, need, duals, load, cost, passes):  # type: ignore[no-untyped-def]
    """Passes of best changes of one multiplier after another, in place on `duals` and `load`.

    The value falls by 1 for each column of a row that is loaded beyond its cost, and rises by
    the row's need: best is the multiplier at which the need-th smallest room is used up.
    Returns the total gain.
    """
    room = np.empty(64, np.float64)
    total = 0.0
    for _ in range(passes):
        gained = 0.0
        for r in range(need.size):
            first, size = indptr[r], indptr[r + 1] - indptr[r]
            if size > room.size:
                room = np.empty(2 * size, np.float64)
            for k in range(size):
                column = columns[first + k]
                room[k] = cost[column] - load[column]
            change = max(_smallest(room, size, int(need[r])), -duals[r])
            if abs(change) < TOL:
                continue
            gain = need[r] * change
            for k in range(size):
                column = columns[first + k]
                gain += max(0.0, -room[k]) - max(0.0, change - room[k])
                load[column] += change
            duals[r] += change
            gained += gain
        total += gained
        if gained <= 1e-9 * (1.0 + total):
            break
    return total


@njit(cache=True, nogil=True)
def _smallest(values, size, which):  # type: ignore[no-untyped-def]
    """The `which`-th smallest of the first `size` values, counted from 1; `values` keep order."""
    if which == 1:
        least = values[0]
        for k in range(1, size):
            least = min(least, values[k])
        return least
    return np.partition(values[:size], which - 1)[which - 1]


@njit(cache=True, nogil=True)
def levels(indptr, columns, n_columns):  # type: ignore[no-untyped-def]
    """int64 (rows,): how many earlier rows must come before each, through shared columns."""
    last = np.full(n_columns, -1, np.int64)
    level = np.zeros(indptr.size - 1, np.int64)
    for r in range(level.size):
        for k in range(indptr[r], indptr[r + 1]):
            level[r] = max(level[r], last[columns[k]] + 1)
        for k in range(indptr[r], indptr[r + 1]):
            last[columns[k]] = level[r]
    return level
