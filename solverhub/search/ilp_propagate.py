"""Fix and propagate: columns are fixed one by one, and rows tighten the bounds of the others.

A value that contradicts a row is taken back and excluded; where that contradicts one too, the
rest is fixed without looking, for a local search to repair (Salvagnin, Roberti and Fischetti
2024, A fix-propagate-repair heuristic for mixed integer programming).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.ilp_form import IlpForm

WORK = 200_000_000
"""Entries of rows looked at before the rest is fixed without looking."""


def fixed_point(form: IlpForm, preferred: np.ndarray, order: np.ndarray) -> np.ndarray:
    """A point, float64 (n,), near the preferred values, of columns fixed in this order."""
    low, high = form.lower.copy(), form.upper.copy()
    _fix(
        order.astype(np.int64),
        preferred,
        form.program.integer,
        low,
        high,
        (form.indptr, form.indices, form.data),
        (form.col_indptr, form.col_indices),
        (form.program.row_lower, form.program.row_upper, form.slack),
        WORK,
    )
    return form.pin(np.clip(preferred, low, high))


@njit(cache=True, nogil=True)
def _fix(order, preferred, whole, low, high, rows, columns, sides, work):  # type: ignore[no-untyped-def]
    n = low.size
    trail = np.empty((max(64, 4 * n), 2))
    trail_of = np.empty(trail.shape[0], np.int64)
    queue = np.empty(sides[0].size + 1, np.int64)
    queued = np.zeros(sides[0].size, np.bool_)
    for j in order:
        if low[j] == high[j]:
            continue
        if work <= 0:
            low[j] = high[j] = min(max(preferred[j], low[j]), high[j])
            continue
        value = min(max(preferred[j], low[j]), high[j])
        old_low, old_high = low[j], high[j]
        low[j] = high[j] = value
        ok, count, work = _propagate(
            j, whole, low, high, rows, columns, sides, queue, queued, trail, trail_of, work
        )
        if ok:
            continue
        for t in range(count - 1, -1, -1):
            low[trail_of[t]], high[trail_of[t]] = trail[t, 0], trail[t, 1]
        low[j], high[j] = old_low, old_high
        if not whole[j]:
            continue
        if value > old_low:
            high[j] = value - 1
        else:
            low[j] = value + 1
        ok, count, work = _propagate(
            j, whole, low, high, rows, columns, sides, queue, queued, trail, trail_of, work
        )
        if not ok:
            for t in range(count - 1, -1, -1):
                low[trail_of[t]], high[trail_of[t]] = trail[t, 0], trail[t, 1]
            low[j] = high[j] = value
            work = 0
        elif low[j] < high[j]:
            low[j] = high[j] = min(max(preferred[j], low[j]), high[j])


@njit(cache=True, nogil=True)
def _propagate(  # type: ignore[no-untyped-def]
    start, whole, low, high, rows, columns, sides, queue, queued, trail, trail_of, work
):
    """Tighten bounds from the rows of a column on; False if a row cannot hold any more.

    Returns that, how many bounds were changed (`trail` has the old ones), and the work left.
    """
    indptr, indices, data = rows
    col_indptr, col_indices = columns
    row_lower, row_upper, slack = sides
    head = tail = count = 0
    size = queue.size
    for k in range(col_indptr[start], col_indptr[start + 1]):
        i = col_indices[k]
        if not queued[i]:
            queue[tail % size], queued[i] = i, True
            tail += 1
    ok = True
    while head < tail:
        i = queue[head % size]
        head += 1
        queued[i] = False
        if not ok or work <= 0:
            continue
        work -= indptr[i + 1] - indptr[i]
        least, most, no_least, no_most = 0.0, 0.0, 0, 0
        for k in range(indptr[i], indptr[i + 1]):
            j, a = indices[k], data[k]
            small, large = (a * low[j], a * high[j]) if a > 0 else (a * high[j], a * low[j])
            if np.isfinite(small):
                least += small
            else:
                no_least += 1
            if np.isfinite(large):
                most += large
            else:
                no_most += 1
        if (no_least == 0 and least > row_upper[i] + slack[i]) or (
            no_most == 0 and most < row_lower[i] - slack[i]
        ):
            ok = False
            continue
        above = no_least <= 1 and np.isfinite(row_upper[i])
        below = no_most <= 1 and np.isfinite(row_lower[i])
        if not above and not below:
            continue
        if no_least == 0 and no_most == 0 and least >= row_lower[i] and most <= row_upper[i]:
            continue
        for k in range(indptr[i], indptr[i + 1]):
            j, a = indices[k], data[k]
            if low[j] == high[j]:
                continue
            small, large = (a * low[j], a * high[j]) if a > 0 else (a * high[j], a * low[j])
            new_low, new_high = low[j], high[j]
            if above and (no_least == 0 or not np.isfinite(small)):
                rest = least - small if np.isfinite(small) else least
                limit = (row_upper[i] - rest) / a
                if a > 0:
                    new_high = min(new_high, limit)
                else:
                    new_low = max(new_low, limit)
            if below and (no_most == 0 or not np.isfinite(large)):
                rest = most - large if np.isfinite(large) else most
                limit = (row_lower[i] - rest) / a
                if a > 0:
                    new_low = max(new_low, limit)
                else:
                    new_high = min(new_high, limit)
            if whole[j]:
                new_low, new_high = np.ceil(new_low - 1e-6), np.floor(new_high + 1e-6)
            if new_low > new_high + 1e-9:
                ok = False
                break
            new_high = max(new_high, new_low)
            if new_low <= low[j] + 1e-6 and new_high >= high[j] - 1e-6:
                continue
            # Sums that are stale from here on are only looser than the new ones.
            if count == trail.shape[0]:
                work = 0
                break
            trail[count, 0], trail[count, 1], trail_of[count] = low[j], high[j], j
            count += 1
            low[j], high[j] = new_low, new_high
            for c in range(col_indptr[j], col_indptr[j + 1]):
                other = col_indices[c]
                if not queued[other]:
                    queue[tail % size], queued[other] = other, True
                    tail += 1
    return ok, count, work
