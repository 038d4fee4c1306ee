"""Fused vector loops of the splitting engine."""

from __future__ import annotations

import numpy as np
from numba import njit

_Array = np.ndarray


@njit(cache=True, nogil=True)
def right_side(
    x: _Array, v: _Array, q: _Array, low: _Array, high: _Array, sigma: float, a: _Array, b: _Array
) -> None:
    """a = sigma x - q and b = z - y / rho = 2 z - v, where z = clip(v)."""
    for j in range(x.size):
        a[j] = sigma * x[j] - q[j]
    for i in range(v.size):
        z = min(max(v[i], low[i]), high[i])
        b[i] = 2.0 * z - v[i]


@njit(cache=True, nogil=True)
def relax(
    x: _Array,
    v: _Array,
    found_x: _Array,
    found_v: _Array,
    low: _Array,
    high: _Array,
    rho: _Array,
    alpha: float,
    new_x: _Array,
    new_v: _Array,
) -> None:
    """The over-relaxed step of x and of v = z + y / rho."""
    for j in range(x.size):
        new_x[j] = alpha * found_x[j] + (1.0 - alpha) * x[j]
    for i in range(v.size):
        z = min(max(v[i], low[i]), high[i])
        reached = 2.0 * z - v[i] + found_v[i] / rho[i]
        new_v[i] = alpha * reached + (1.0 - alpha) * z + v[i] - z


@njit(cache=True, nogil=True)
def split(v: _Array, low: _Array, high: _Array, rho: _Array, z: _Array, y: _Array) -> None:
    """z = clip(v) and y = rho (v - z)."""
    for i in range(v.size):
        z[i] = min(max(v[i], low[i]), high[i])
        y[i] = rho[i] * (v[i] - z[i])


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


@njit(cache=True, nogil=True)
def products(rows: _Array, vector: _Array) -> _Array:
    """The inner products of the rows with a vector, without the threads of a BLAS."""
    out = np.zeros(rows.shape[0])
    for k in range(rows.shape[0]):
        total = 0.0
        for j in range(vector.size):
            total += rows[k, j] * vector[j]
        out[k] = total
    return out


@njit(cache=True, nogil=True)
def combine(vector: _Array, rows: _Array, factors: _Array) -> _Array:
    """vector - factors @ rows."""
    out = vector.copy()
    for k in range(rows.shape[0]):
        for j in range(out.size):
            out[j] -= factors[k] * rows[k, j]
    return out
