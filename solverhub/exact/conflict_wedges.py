"""Violated wedges and stars: rows around one vertex that unlike neighbours share.

A wedge is a positive path u, s, w whose ends want to be apart: x_us + x_sw + y_uw >= 1, with
y = 1 for negative pairs in one cluster.  A star is a centre s with leaves T, pairwise apart:
at most one of them can keep s for nothing,

    x(s:T) + y(T) >= |T| - 1,

which the wedges alone push no further than |T| / 2.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MOST_LEAVES = 48
_NEAR = 0.999


@njit(cache=True, nogil=True)
def open_wedges(sources, indptr, indices, edge_ids, x, keys, joined, tolerance, most):  # type: ignore[no-untyped-def]
    """int64 (k, 3): violated wedges u, s, w with u < w and u in `sources`, all pairs counting.

    Pairs that are no edge want to be apart; `keys` are those with a column, sorted u n + w, and
    `joined` their y; others have y = 0.  `x` is raised along every wedge found.
    """
    n = indptr.size - 1
    near = np.zeros(n, np.bool_)
    found, rows = 0, np.empty((most, 3), np.int64)
    for u in sources:
        for k in range(indptr[u], indptr[u + 1]):
            near[indices[k]] = True
        for k in range(indptr[u], indptr[u + 1]):
            s, e = indices[k], edge_ids[k]
            for h in range(indptr[s], indptr[s + 1]):
                if x[e] > 1.0 - tolerance or found == most:
                    break
                w, f = indices[h], edge_ids[h]
                if w <= u or near[w] or x[e] + x[f] > 1.0 - tolerance:
                    continue
                lack = 1.0 - x[e] - x[f] - _of_pair(keys, joined, u * n + w)
                if lack > tolerance:
                    x[e] += lack / 2
                    x[f] += lack / 2
                    rows[found, 0], rows[found, 1], rows[found, 2] = u, s, w
                    found += 1
        for k in range(indptr[u], indptr[u + 1]):
            near[indices[k]] = False
    return rows[:found]


@njit(cache=True, nogil=True)
def open_stars(  # type: ignore[no-untyped-def]
    sources, indptr, indices, edge_ids, x, keys, joined, complete, tolerance, most, orders, noise
):
    """Violated stars around `sources`: (indptr, vertices), the centre first.

    Leaves are taken greedily by x, then in `orders - 1` other orders, x with up to `noise[i]`
    added; each must be apart from those before, and gain more than its y with them.  In a
    sparse instance pairs without a key are no leaves of one star.
    """
    ends = np.zeros(most + 1, np.int64)
    stars = np.empty((MOST_LEAVES + 1) * most, np.int64)
    found = 0
    for s in sources:
        draw = s * 31 % noise.size
        place = np.empty(indptr[s + 1] - indptr[s], np.int64)
        size = 0
        for k in range(indptr[s], indptr[s + 1]):
            if x[edge_ids[k]] < _NEAR:
                place[size] = k
                size += 1
        if size < 3:
            continue
        value = np.empty(size, np.float64)
        for turn in range(orders):
            if found == most:
                return ends[: found + 1], stars[: ends[found]]
            for i in range(size):
                value[i] = x[edge_ids[place[i]]]
                if turn > 0:
                    value[i] += noise[draw]
                    draw = draw + 1 if draw + 1 < noise.size else 0
            start = ends[found]
            stars[start] = s
            leaves, gain = _fill(
                np.argsort(value), place, indptr, indices, edge_ids, x, keys, joined, complete,
                stars[start + 1 :],
            )  # fmt: skip
            if leaves >= 3 and gain > 1.0 + tolerance:
                found += 1
                ends[found] = start + leaves + 1
            elif leaves < 3:
                break
    return ends[: found + 1], stars[: ends[found]]


@njit(cache=True, nogil=True)
def _fill(order, place, indptr, indices, edge_ids, x, keys, joined, complete, leaves):  # type: ignore[no-untyped-def]
    """Write leaves; (how many, sum of 1 - x less their y): above 1 the star is violated."""
    n = indptr.size - 1
    size, total = 0, 0.0
    for i in order:
        t = indices[place[i]]
        gain = 1.0 - x[edge_ids[place[i]]]
        for h in range(size):
            low, high = min(t, leaves[h]), max(t, leaves[h])
            if _adjacent(indptr, indices, low, high):
                gain = -1.0
            else:
                gain -= _of_pair(keys, joined, low * n + high, 0.0 if complete else 2.0)
            if gain <= 1e-3:
                break
        if gain > 1e-3 and size < MOST_LEAVES:
            leaves[size] = t
            size += 1
            total += gain
    return size, total


@njit(cache=True, nogil=True, inline="always")
def _of_pair(keys, values, key, otherwise=0.0):  # type: ignore[no-untyped-def]
    at = np.searchsorted(keys, key)
    return values[at] if at < keys.size and keys[at] == key else otherwise


@njit(cache=True, nogil=True, inline="always")
def _adjacent(indptr, indices, a, b):  # type: ignore[no-untyped-def]
    at = indptr[a] + np.searchsorted(indices[indptr[a] : indptr[a + 1]], b)
    return at < indptr[a + 1] and indices[at] == b
