"""Violated wedges: positive paths u, s, w whose ends want to be apart.

x_us + x_sw + y_uw >= 1, with y = 1 for negative pairs in one cluster.
"""

from __future__ import annotations

import numpy as np
from numba import njit


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


@njit(cache=True, nogil=True, inline="always")
def _of_pair(keys, values, key):  # type: ignore[no-untyped-def]
    at = np.searchsorted(keys, key)
    return values[at] if at < keys.size and keys[at] == key else 0.0
