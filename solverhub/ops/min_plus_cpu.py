"""The CPU form of `min_plus`: tiles that stay in the first cache, vector units kept busy.

Both kernels use the symmetry of the matrix, which halves the work.  Floyd-Warshall goes by blocks
of pivots (Venkataraman, Sahni and Mukhopadhyaya 2003, doi:10.1145/996546.996553): the pivots'
own block, their panel of rows, whose transpose is the panel of columns, then all other tiles, four
pivots at a time so that a tile is loaded and stored once for four.  The two-step product keeps
sixteen minima in registers over a run through four rows and four others.
"""

from __future__ import annotations

import numpy as np
from numba import njit

PIVOTS = 64
_TILE = 256
_STEP = 4
_FAST = {"nnan", "nsz", "reassoc"}


@njit(cache=True, nogil=True, fastmath=_FAST)
def pivot_panels(D, k0, k1):  # type: ignore[no-untyped-def]
    """Close the pivots k0..k1-1 and their panels, of which D holds the upper triangle."""
    n = D.shape[0]
    for k in range(k0, k1):
        for j in range(k):
            D[k, j] = D[j, k]
    for k in range(k0, k1):
        for i in range(k0, k1):
            first = D[i, k]
            for j in range(k0, k1):
                D[i, j] = min(D[i, j], first + D[k, j])
    for j0 in range(0, n, _TILE):
        j1 = min(n, j0 + _TILE)
        for k in range(k0, k1):
            for i in range(k0, k1):
                first = D[i, k]
                for j in range(j0, j1):
                    D[i, j] = min(D[i, j], first + D[k, j])
    for i in range(n):
        for k in range(k0, k1):
            D[i, k] = D[k, i]


@njit(cache=True, nogil=True, fastmath=_FAST)
def relax_rows(D, k0, k1, i0, i1):  # type: ignore[no-untyped-def]
    """Take the pivots k0..k1-1 into rows i0..i1-1, from their diagonal tile on."""
    n = D.shape[0]
    for j0 in range(i0 - i0 % _TILE, n, _TILE):
        j1 = min(n, j0 + _TILE)
        for i in range(i0, i1):
            row = D[i]
            k = k0
            while k + 3 < k1:
                a, b, c, d = row[k], row[k + 1], row[k + 2], row[k + 3]
                p, q, r, s = D[k], D[k + 1], D[k + 2], D[k + 3]
                for j in range(j0, j1):
                    near = min(min(a + p[j], b + q[j]), min(c + r[j], d + s[j]))
                    row[j] = min(row[j], near)
                k += 4
            while k < k1:
                a, p = row[k], D[k]
                for j in range(j0, j1):
                    row[j] = min(row[j], a + p[j])
                k += 1


@njit(cache=True, nogil=True)
def mirror(D):  # type: ignore[no-untyped-def]
    """Copy the upper triangle to the lower."""
    for i in range(D.shape[0]):
        for j in range(i):
            D[i, j] = D[j, i]


@njit(cache=True, nogil=True, fastmath=_FAST)
def two_steps(X, n, i0, i1, k0, k1, tolerance, triples, excess):  # type: ignore[no-untyped-def]
    """Pairs i < j, i0 <= i < i1, with X[i, j] > min of X[i, k] + X[j, k] + tolerance, k0 <= k < k1.

    X (m, m) is symmetric with m >= n a multiple of 4, infinite on its diagonal and beyond n.
    Writes (i, j, the least k) to `triples`, the difference to `excess`; returns their number.
    """
    least = np.empty(16)
    count = 0
    for j0 in range(i0, X.shape[0], 64):
        for i in range(i0, i1, _STEP):
            a, b, c, d = X[i], X[i + 1], X[i + 2], X[i + 3]
            for j in range(max(j0, i), min(j0 + 64, X.shape[0]), _STEP):
                p, q, r, s = X[j], X[j + 1], X[j + 2], X[j + 3]
                m0 = m1 = m2 = m3 = m4 = m5 = m6 = m7 = np.inf
                m8 = m9 = ma = mb = mc = md = me = mf = np.inf
                for k in range(k0, k1):
                    w = p[k]
                    m0, m1 = min(m0, a[k] + w), min(m1, b[k] + w)
                    m2, m3 = min(m2, c[k] + w), min(m3, d[k] + w)
                    w = q[k]
                    m4, m5 = min(m4, a[k] + w), min(m5, b[k] + w)
                    m6, m7 = min(m6, c[k] + w), min(m7, d[k] + w)
                    w = r[k]
                    m8, m9 = min(m8, a[k] + w), min(m9, b[k] + w)
                    ma, mb = min(ma, c[k] + w), min(mb, d[k] + w)
                    w = s[k]
                    mc, md = min(mc, a[k] + w), min(md, b[k] + w)
                    me, mf = min(me, c[k] + w), min(mf, d[k] + w)
                least[0], least[4], least[8], least[12] = m0, m1, m2, m3
                least[1], least[5], least[9], least[13] = m4, m5, m6, m7
                least[2], least[6], least[10], least[14] = m8, m9, ma, mb
                least[3], least[7], least[11], least[15] = mc, md, me, mf
                for at in range(16):
                    u, v = i + at // 4, j + at % 4
                    if u < v and v < n and X[u, v] > least[at] + tolerance:
                        triples[count, 0] = u
                        triples[count, 1] = v
                        triples[count, 2] = _midpoint(X[u], X[v], k0, k1, least[at])
                        excess[count] = X[u, v] - least[at]
                        count += 1
    return count


@njit(cache=True, nogil=True, fastmath=_FAST)
def _midpoint(first, second, start, end, least):  # type: ignore[no-untyped-def]
    """The first k, start <= k < end, with first[k] + second[k] at most `least`."""
    for k0 in range(start, end, 32):
        near = np.inf
        for k in range(k0, min(end, k0 + 32)):
            near = min(near, first[k] + second[k])
        if near <= least:
            for k in range(k0, min(end, k0 + 32)):
                if first[k] + second[k] <= least:
                    return k
    return -1
