"""The CPU form of `sparse_qp`: arrays of NumPy, matrices of SciPy, loops of one thread by Numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_Array = np.ndarray


@njit(cache=True, nogil=True)
def dot(a: _Array, b: _Array) -> float:
    """The inner product, without the threads of a BLAS."""
    total = 0.0
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@njit(cache=True, nogil=True)
def right_side(
    x: _Array, v: _Array, q: _Array, low: _Array, high: _Array, sigma: float, a: _Array, b: _Array
) -> None:
    """See `sparse_qp.Vectors`, here and below."""
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
    for j in range(x.size):
        new_x[j] = alpha * found_x[j] + (1.0 - alpha) * x[j]
    for i in range(v.size):
        z = min(max(v[i], low[i]), high[i])
        reached = 2.0 * z - v[i] + found_v[i] / rho[i]
        new_v[i] = alpha * reached + (1.0 - alpha) * z + v[i] - z


@njit(cache=True, nogil=True)
def split(v: _Array, low: _Array, high: _Array, rho: _Array, z: _Array, y: _Array) -> None:
    for i in range(v.size):
        z[i] = min(max(v[i], low[i]), high[i])
        y[i] = rho[i] * (v[i] - z[i])


@njit(cache=True, nogil=True)
def dots(rows: _Array, vector: _Array) -> _Array:
    out = np.zeros(rows.shape[0])
    for k in range(rows.shape[0]):
        total = 0.0
        for j in range(vector.size):
            total += rows[k, j] * vector[j]
        out[k] = total
    return out


@njit(cache=True, nogil=True)
def minus_rows(vector: _Array, rows: _Array, factors: _Array) -> _Array:
    out = vector.copy()
    for k in range(rows.shape[0]):
        for j in range(out.size):
            out[j] -= factors[k] * rows[k, j]
    return out


@njit(cache=True, nogil=True)
def add_shift(t: _Array, u: _Array, shift: _Array, p: _Array) -> None:
    for j in range(t.size):
        t[j] += u[j] + shift[j] * p[j]


@njit(cache=True, nogil=True)
def descend(
    rs: float, pt: float, p: _Array, t: _Array, inverse: _Array, x: _Array, r: _Array, s: _Array
) -> None:
    step = rs / pt if pt > 0.0 else 0.0
    for j in range(x.size):
        x[j] += step * p[j]
        r[j] -= step * t[j]
        s[j] = inverse[j] * r[j]


@njit(cache=True, nogil=True)
def turn(rs: float, old: float, s: _Array, p: _Array) -> None:
    factor = rs / old if old > 0.0 else 0.0
    for j in range(p.size):
        p[j] = s[j] + factor * p[j]


class CpuVectors:
    """Arrays of the host as they are."""

    dot = staticmethod(dot)
    right_side = staticmethod(right_side)
    relax = staticmethod(relax)
    split = staticmethod(split)
    dots = staticmethod(dots)
    minus_rows = staticmethod(minus_rows)
    add_shift = staticmethod(add_shift)
    descend = staticmethod(descend)
    turn = staticmethod(turn)

    def array(self, values: np.ndarray) -> np.ndarray:
        """The same array."""
        return values

    def host(self, values: np.ndarray) -> np.ndarray:
        """The same array."""
        return values

    def empty(self, *shape: int) -> np.ndarray:
        """An array float64 of any content."""
        return np.empty(shape)

    def matrix(self, matrix: Any) -> Any:
        """The same matrix."""
        return matrix
