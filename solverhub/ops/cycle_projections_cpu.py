"""The CPU form of `cycle_projections`: kernels over the rows A of cycle inequalities.

Row t has the edges `edges[indptr[t]:indptr[t + 1]]`, int32: the first, which closes the cycle,
with +1 and the others, its path, with -1.  Triangles, which are all there are in complete
instances, have loops of their own: they take half the time.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def sweep(edges, indptr, scale, z, x):  # type: ignore[no-untyped-def]
    """Project x on each row in turn, with its multiplier taken along (Hildreth 1957).

    The step is violation / (sum of `scale` over the row), at least -z; returns the largest
    change of an entry's multiplier times its scale.
    """
    most = 0.0
    for t in range(indptr.size - 1):
        begin, end = indptr[t], indptr[t + 1]
        first = edges[begin]
        if end - begin == 3:
            j, k = edges[begin + 1], edges[begin + 2]
            norm = scale[first] + scale[j] + scale[k]
            step = max((x[first] - x[j] - x[k]) / norm, -z[t])
            if step != 0.0:
                z[t] += step
                x[first] -= scale[first] * step
                x[j] += scale[j] * step
                x[k] += scale[k] * step
                most = max(most, abs(step) * norm)
            continue
        above, norm = x[first], scale[first]
        for p in range(begin + 1, end):
            above -= x[edges[p]]
            norm += scale[edges[p]]
        step = max(above / norm, -z[t])
        if step != 0.0:
            z[t] += step
            x[first] -= scale[first] * step
            for p in range(begin + 1, end):
                x[edges[p]] += scale[edges[p]] * step
            most = max(most, abs(step) * norm)
    return most


@njit(cache=True, nogil=True)
def sweep_box(edges, indptr, scale, z, p, low, high):  # type: ignore[no-untyped-def]
    """`sweep` where x is p clipped to low..high, and p is what moves; rows whose entries all have
    scale 0 are left."""
    most = 0.0
    for t in range(indptr.size - 1):
        begin, end = indptr[t], indptr[t + 1]
        first = edges[begin]
        above, norm = min(max(p[first], low[first]), high[first]), scale[first]
        for i in range(begin + 1, end):
            e = edges[i]
            above -= min(max(p[e], low[e]), high[e])
            norm += scale[e]
        if norm == 0.0:
            continue
        step = max(above / norm, -z[t])
        if step != 0.0:
            z[t] += step
            p[first] -= scale[first] * step
            for i in range(begin + 1, end):
                p[edges[i]] += scale[edges[i]] * step
            most = max(most, abs(step) * norm)
    return most


@njit(cache=True, nogil=True)
def scatter(edges, indptr, t0, t1, z, y):  # type: ignore[no-untyped-def]
    """Add A'z of rows t0..t1-1 to y."""
    if edges.size == 3 * (indptr.size - 1):
        for t in range(t0, t1):
            value = z[t]
            y[edges[3 * t]] += value
            y[edges[3 * t + 1]] -= value
            y[edges[3 * t + 2]] -= value
        return
    for t in range(t0, t1):
        begin, end = indptr[t], indptr[t + 1]
        value = z[t]
        y[edges[begin]] += value
        for p in range(begin + 1, end):
            y[edges[p]] -= value


@njit(cache=True, nogil=True)
def gather(edges, indptr, t0, t1, x, z, damping, above):  # type: ignore[no-untyped-def]
    """Write A x + damping z of rows t0..t1-1 to `above`; returns its product with z."""
    total = 0.0
    if edges.size == 3 * (indptr.size - 1):
        for t in range(t0, t1):
            value = x[edges[3 * t]] - x[edges[3 * t + 1]] - x[edges[3 * t + 2]]
            above[t] = value + damping * z[t]
            total += above[t] * z[t]
        return total
    for t in range(t0, t1):
        begin, end = indptr[t], indptr[t + 1]
        value = x[edges[begin]]
        for p in range(begin + 1, end):
            value -= x[edges[p]]
        above[t] = value + damping * z[t]
        total += above[t] * z[t]
    return total


@njit(cache=True, nogil=True)
def turn(t0, t1, residual, factor, direction):  # type: ignore[no-untyped-def]
    """The next direction of conjugate gradients: residual + factor direction."""
    for t in range(t0, t1):
        direction[t] = residual[t] + factor * direction[t]


@njit(cache=True, nogil=True)
def advance(t0, t1, length, direction, image, step, residual):  # type: ignore[no-untyped-def]
    """Go `length` along the direction; the square of the residual that is left."""
    square = 0.0
    for t in range(t0, t1):
        step[t] += length * direction[t]
        residual[t] -= length * image[t]
        square += residual[t] * residual[t]
    return square


@njit(cache=True, nogil=True)
def marks(edges, indptr):  # type: ignore[no-untyped-def]
    """uint64 (c,), odd: a hash of each row's first edge and of the others in any order."""
    found = np.empty(indptr.size - 1, np.uint64)
    for t in range(indptr.size - 1):
        total = np.uint64(0)
        for p in range(indptr[t], indptr[t + 1]):
            key = np.uint64(edges[p]) + np.uint64(1)
            key = (key ^ (key >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
            key = (key ^ (key >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
            key ^= key >> np.uint64(32)
            total += key if p > indptr[t] else key * np.uint64(0x94D049BB133111EB)
        found[t] = total | np.uint64(1)
    return found


@njit(cache=True, nogil=True)
def unknown(known, found):  # type: ignore[no-untyped-def]
    """bool (c,): which of the marks `found` are not among `known`; by open addressing."""
    size = 16
    while size < 2 * known.size:
        size *= 2
    mask, empty = np.uint64(size - 1), np.uint64(0)
    table = np.zeros(size, np.uint64)
    for mark in known:
        at = mark & mask
        while table[at] != empty:
            at = (at + np.uint64(1)) & mask
        table[at] = mark
    new = np.ones(found.size, np.bool_)
    for t in range(found.size):
        at = found[t] & mask
        while table[at] != empty:
            if table[at] == found[t]:
                new[t] = False
                break
            at = (at + np.uint64(1)) & mask
    return new
