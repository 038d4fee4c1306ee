"""The exact line search of Newton's method in the splitting engine."""

from __future__ import annotations

import numpy as np
from numba import njit

_Array = np.ndarray


@njit(cache=True, nogil=True)
def step_length(
    w: _Array, d: _Array, low: _Array, high: _Array, weight: _Array, curvature: float, slope: float
) -> float:
    """The minimiser t of a convex piecewise quadratic along a direction.

    Its derivative is  slope + curvature t + sum_i weight_i d_i (r_i - clip(r_i)),
    r_i = w_i + t d_i.  Breakpoints are sorted and walked; 0 if the derivative is not
    negative at 0.
    """
    n = w.size
    at = np.empty(2 * n)
    change = np.empty(2 * n)
    k = 0
    value, rise = slope, curvature
    for i in range(n):
        c = weight[i] * d[i] * d[i]
        if w[i] < low[i]:
            value += weight[i] * d[i] * (w[i] - low[i])
            rise += c
        elif w[i] > high[i]:
            value += weight[i] * d[i] * (w[i] - high[i])
            rise += c
        if c == 0.0:
            continue
        sign = 1.0 if d[i] > 0 else -1.0
        t = (low[i] - w[i]) / d[i]
        if 0.0 < t < np.inf:
            at[k], change[k] = t, -sign * c
            k += 1
        t = (high[i] - w[i]) / d[i]
        if 0.0 < t < np.inf:
            at[k], change[k] = t, sign * c
            k += 1
    if value >= 0.0:
        return 0.0
    order = np.argsort(at[:k])
    last = 0.0
    for j in order:
        following = value + rise * (at[j] - last)
        if following >= 0.0:
            break
        value, last = following, at[j]
        rise += change[j]
    return last - value / rise if rise > 0.0 else last
