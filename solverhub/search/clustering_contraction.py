"""Greedy additive edge contraction for correlation clustering (Keuper et al., ICCV 2015,
arXiv:1505.06973): join the two clusters that gain most by it, until none gain.

Everything here maximises sum over pairs within a cluster of w_uv - kappa s_u s_v.  With
kappa = 0 and w the signed weights that is the sparse problem; with kappa = 1, w = 2 on the
positive edges and sizes s = 1 the complete one, whose negative pairs are never stored.  The
sizes grow as vertices are contracted, so that a contracted problem has the same form.

Parallel edges meet by a hash table of vertex pairs; the heap keeps stale entries.  With
kappa = 1 a gain falls as clusters grow, so an entry is an upper end, checked when it is
popped.  O(m log^2 m) with the shorter list always merged into the longer.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_FREE, _GONE = -1, -2


@njit(cache=True, nogil=True)
def contract_greedily(n, u, v, weights, size, kappa):  # type: ignore[no-untyped-def]
    """int64 (n,): a vertex of its cluster for each vertex.

    `u`, `v` int64 (m,), distinct pairs; `weights` float64 (m,); `size` float64 (n,).
    """
    m = u.size
    eu, ev, w, mass = u.copy(), v.copy(), weights.copy(), size.copy()
    version = np.zeros(m, np.int64)
    alive = np.ones(m, np.bool_)
    head = np.full(n, -1, np.int64)
    tail = np.full(n, -1, np.int64)
    degree = np.zeros(n, np.int64)
    after = np.full(2 * m, -1, np.int64)
    table = _table(4 * m)
    for e in range(m):
        _append(head, tail, after, degree, eu[e], 2 * e)
        _append(head, tail, after, degree, ev[e], 2 * e + 1)
        _insert(table, n, eu, ev, e)
    filled = m
    parent = np.arange(n)
    capacity = max(16, 2 * m)
    key = np.empty(capacity, np.float64)
    item = np.empty(capacity, np.int64)
    stamp = np.empty(capacity, np.int64)
    count = 0
    for e in range(m):
        gain = w[e] - kappa * mass[eu[e]] * mass[ev[e]]
        if gain > 0:
            _push(key, item, stamp, count, gain, e, 0)
            count += 1
    while count > 0:
        told, e, at = key[0], item[0], stamp[0]
        count -= 1
        _sift_down(key, item, stamp, count)
        if not alive[e] or at != version[e]:
            continue
        gain = w[e] - kappa * mass[eu[e]] * mass[ev[e]]
        if gain < told:
            if gain > 0:
                _push(key, item, stamp, count, gain, e, at)
                count += 1
            continue
        kept, lost = eu[e], ev[e]
        if degree[kept] < degree[lost]:
            kept, lost = lost, kept
        alive[e] = False
        _remove(table, n, eu, ev, e)
        parent[lost] = kept
        mass[kept] += mass[lost]
        half = head[lost]
        while half >= 0:
            following = after[half]
            f = half // 2
            if alive[f]:
                other = ev[f] if eu[f] == lost else eu[f]
                _remove(table, n, eu, ev, f)
                twin = _find(table, n, eu, ev, kept, other)
                if twin >= 0:
                    alive[f] = False
                    w[twin] += w[f]
                    version[twin] += 1
                    degree[other] -= 1
                    changed = twin
                else:
                    if eu[f] == lost:
                        eu[f] = kept
                    else:
                        ev[f] = kept
                    _append(head, tail, after, degree, kept, half)
                    if filled > 3 * (table.size // 4):
                        filled = _rebuild(table, n, eu, ev, alive, f)
                    _insert(table, n, eu, ev, f)
                    filled += 1
                    version[f] += 1
                    changed = f
                gain = w[changed] - kappa * mass[kept] * mass[other]
                if gain > 0:
                    if count == key.size:
                        key, item, stamp = _grown(key), _grown(item), _grown(stamp)
                    _push(key, item, stamp, count, gain, changed, version[changed])
                    count += 1
            half = following
    for x in range(n):
        root = x
        while parent[root] != root:
            root = parent[root]
        while parent[x] != root:
            parent[x], x = root, parent[x]
    return parent


@njit(cache=True, nogil=True, inline="always")
def _append(head, tail, after, degree, x, half):  # type: ignore[no-untyped-def]
    after[half] = -1
    if head[x] < 0:
        head[x] = half
    else:
        after[tail[x]] = half
    tail[x] = half
    degree[x] += 1


@njit(cache=True, nogil=True)
def _table(least):  # type: ignore[no-untyped-def]
    size = 16
    while size < least:
        size *= 2
    return np.full(size, _FREE, np.int64)


@njit(cache=True, nogil=True, inline="always")
def _slot(table, n, a, b):  # type: ignore[no-untyped-def]
    """Where the search for a pair begins: Fibonacci hashing."""
    if a > b:
        a, b = b, a
    mixed = np.uint64(a * n + b) * np.uint64(11400714819323198485)
    return np.int64(mixed >> np.uint64(20)) & (table.size - 1)


@njit(cache=True, nogil=True)
def _find(table, n, eu, ev, a, b):  # type: ignore[no-untyped-def]
    at = _slot(table, n, a, b)
    while table[at] != _FREE:
        e = table[at]
        if e >= 0 and ((eu[e] == a and ev[e] == b) or (eu[e] == b and ev[e] == a)):
            return e
        at = (at + 1) & (table.size - 1)
    return -1


@njit(cache=True, nogil=True)
def _insert(table, n, eu, ev, e):  # type: ignore[no-untyped-def]
    at = _slot(table, n, eu[e], ev[e])
    while table[at] != _FREE:
        at = (at + 1) & (table.size - 1)
    table[at] = e


@njit(cache=True, nogil=True)
def _remove(table, n, eu, ev, e):  # type: ignore[no-untyped-def]
    at = _slot(table, n, eu[e], ev[e])
    while table[at] != e:
        at = (at + 1) & (table.size - 1)
    table[at] = _GONE


@njit(cache=True, nogil=True)
def _rebuild(table, n, eu, ev, alive, but):  # type: ignore[no-untyped-def]
    """Drop the marks of removed pairs; number of pairs left, without `but`."""
    table[:] = _FREE
    filled = 0
    for e in range(eu.size):
        if alive[e] and e != but:
            _insert(table, n, eu, ev, e)
            filled += 1
    return filled


@njit(cache=True, nogil=True)
def _grown(array):  # type: ignore[no-untyped-def]
    larger = np.empty(2 * array.size, array.dtype)
    larger[: array.size] = array
    return larger


@njit(cache=True, nogil=True)
def _push(key, item, stamp, count, gain, e, version):  # type: ignore[no-untyped-def]
    at = count
    while at > 0:
        above = (at - 1) // 2
        if key[above] >= gain:
            break
        key[at], item[at], stamp[at] = key[above], item[above], stamp[above]
        at = above
    key[at], item[at], stamp[at] = gain, e, version


@njit(cache=True, nogil=True)
def _sift_down(key, item, stamp, count):  # type: ignore[no-untyped-def]
    """Refill the root with the last entry, which was at `count`."""
    gain, e, version = key[count], item[count], stamp[count]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= count:
            break
        if below + 1 < count and key[below + 1] > key[below]:
            below += 1
        if key[below] <= gain:
            break
        key[at], item[at], stamp[at] = key[below], item[below], stamp[below]
        at = below
    if count > 0:
        key[at], item[at], stamp[at] = gain, e, version
