"""The value of a column at which its rows are missed least: the jump of feasibility jump.

The weighted miss of the rows of a column is convex and piecewise linear in its value, so its
least point is where the slope changes sign (Luteberget and Sartor 2022, Feasibility Jump,
doi 10.1007/s12532-023-00234-8).
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def jump(j, value, low, high, is_whole, p, activity, weights):  # type: ignore[no-untyped-def]
    """The change of a column that makes the weighted miss of its rows least; 0 if none does.

    `p`: cost, columns (CSC), sides and slack, as in `ilp_moves.search`.
    """
    _, indptr, indices, data, row_lower, row_upper, _ = p
    width = indptr[j + 1] - indptr[j]
    at, bend = np.empty(2 * width + 1), np.empty(2 * width + 1)
    count, slope = 0, 0.0
    for k in range(indptr[j], indptr[j + 1]):
        i, a = indices[k], data[k]
        rate = weights[i] * abs(a)
        first = row_lower[i] if a > 0 else row_upper[i]
        last = row_upper[i] if a > 0 else row_lower[i]
        if np.isfinite(first):
            at[count], bend[count] = value + (first - activity[i]) / a, rate
            slope -= rate
            count += 1
        if np.isfinite(last):
            at[count], bend[count] = value + (last - activity[i]) / a, rate
            count += 1
    if count == 0:
        return 0.0
    goal = low if np.isfinite(low) else value
    if slope < 0:
        order = np.argsort(at[:count])
        for t in order:
            goal = at[t]
            slope += bend[t]
            if slope >= 0:
                break
    if is_whole:
        goal = np.ceil(goal - 1e-9) if np.random.random() < 0.5 else np.floor(goal + 1e-9)
    return min(max(goal, low), high) - value
