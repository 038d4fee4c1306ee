"""Numba kernels on canonical edges: adjacency rows, components and degeneracy."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def adjacency(n, u, v):  # type: ignore[no-untyped-def]
    """(indptr, indices, edge_ids) of edges sorted with u < v; each row comes out sorted.

    Row x first gets its smaller neighbours (edges (y, x), which precede every edge that
    starts at x), in order, then its larger ones: one pass sorts it.
    """
    indptr = np.zeros(n + 1, np.int64)
    for e in range(u.size):
        indptr[u[e] + 1] += 1
        indptr[v[e] + 1] += 1
    for x in range(n):
        indptr[x + 1] += indptr[x]
    fill = indptr[:-1].copy()
    indices = np.empty(2 * u.size, np.int64)
    edge_ids = np.empty(2 * u.size, np.int64)
    for e in range(u.size):
        a, b = u[e], v[e]
        indices[fill[a]], edge_ids[fill[a]] = b, e
        fill[a] += 1
        indices[fill[b]], edge_ids[fill[b]] = a, e
        fill[b] += 1
    return indptr, indices, edge_ids


@njit(cache=True, nogil=True)
def components(indptr, indices):  # type: ignore[no-untyped-def]
    """Number of components, and whether all are bipartite: neighbours get opposite sides."""
    n = indptr.size - 1
    side = np.zeros(n, np.int8)
    waiting = np.empty(n, np.int64)
    count = 0
    bipartite = True
    for first in range(n):
        if side[first] != 0:
            continue
        count += 1
        side[first] = 1
        waiting[0] = first
        size = 1
        while size > 0:
            size -= 1
            x = waiting[size]
            for k in range(indptr[x], indptr[x + 1]):
                y = indices[k]
                if side[y] == 0:
                    side[y] = -side[x]
                    waiting[size] = y
                    size += 1
                elif side[y] == side[x]:
                    bipartite = False
    return count, bipartite


@njit(cache=True, nogil=True)
def degeneracy_order(indptr, indices):  # type: ignore[no-untyped-def]
    """(order, degeneracy): always the vertex with the fewest neighbours among those left, and the
    largest minimum degree of a subgraph, in linear time.

    Matula and Beck 1983 (doi:10.1145/2402.322385), in the array form of Batagelj and
    Zaversnik (arXiv:cs/0310049).
    """
    n = indptr.size - 1
    degree = np.empty(n, np.int64)
    for x in range(n):
        degree[x] = indptr[x + 1] - indptr[x]
    bin_start = np.zeros(degree.max() + 2 if n else 2, np.int64)
    for x in range(n):
        bin_start[degree[x] + 1] += 1
    for d in range(bin_start.size - 1):
        bin_start[d + 1] += bin_start[d]
    place = np.empty(n, np.int64)
    order = np.empty(n, np.int64)
    fill = bin_start.copy()
    for x in range(n):
        place[x] = fill[degree[x]]
        order[place[x]] = x
        fill[degree[x]] += 1
    core = 0
    for i in range(n):
        x = order[i]
        core = max(core, degree[x])
        for k in range(indptr[x], indptr[x + 1]):
            y = indices[k]
            if degree[y] > degree[x]:
                # y moves to the front of its bin, whose start then moves past it
                front = bin_start[degree[y]]
                z = order[front]
                order[front], order[place[y]] = y, z
                place[z], place[y] = place[y], front
                bin_start[degree[y]] += 1
                degree[y] -= 1
    return order, core
