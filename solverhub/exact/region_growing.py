"""Clusters as balls in the distances of a relaxed clustering.

x in [0, 1] is the distance of the ends of a positive edge, 1 - d that of a negative pair with
disagreement d.

- `balls` (region growing; Demaine et al. 2006, doi:10.1016/j.tcs.2006.05.008):
  around a vertex grow a ball along positive edges, up to radius 1/2, and cut it off at the radius
  with the least weight of cut edges over the ball's volume; on a solution of the metric
  relaxation the clusters cost O(log n) times the optimum.
- `pivots` (Chawla, Makarychev, Schramm and Yaroslavtsev, STOC 2015, arXiv:1412.0681): the next
  vertex takes each vertex left with chance 1 - f(x), f rising from 0 at .19 to 1 at .5095 for
  positive edges and f(x) = x for negative pairs; on complete instances 2.06 times in expectation.

Points that have not converged keep no such promise; the value of the clusters is what counts.
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numba import njit

RADIUS = 0.5
_LOW, _HIGH = 0.19, 0.5095


@njit(cache=True, nogil=True)
def balls(indptr, indices, edge_ids, x, cost, order):  # type: ignore[no-untyped-def]
    """Labels int64 (n,) of balls around the vertices of `order` that are left.

    CSR rows of the positive edges, `x` and `cost` float64 (E,).
    """
    n = indptr.size - 1
    labels = np.full(n, -1, np.int64)
    reach = np.full(n, np.inf)
    floor = 0.0
    for e in range(x.size):
        floor += x[e] * cost[e]
    floor = max(floor, 1e-9) / max(1, n)
    ball = np.empty(n, np.int64)
    for centre in order:
        if labels[centre] >= 0:
            continue
        size, best_size, best_ratio, settled = 0, 1, np.inf, 0.0
        inner, cut, outgoing = floor, 0.0, 0.0  # volume is inner + sum over cut edges c (r - reach)
        heap = [(0.0, centre)]
        reach[centre] = 0.0
        while len(heap) > 0:
            radius, u = heappop(heap)
            if labels[u] >= 0 or radius > reach[u]:
                continue
            if radius > settled:  # a ball has all vertices of its radius
                ratio = cut / (inner + cut * radius - outgoing)
                if ratio < best_ratio:
                    best_ratio, best_size = ratio, size
            settled = radius
            labels[u] = centre
            ball[size] = u
            size += 1
            for k in range(indptr[u], indptr[u + 1]):
                v, e = indices[k], edge_ids[k]
                if labels[v] == centre and v != u:
                    cut -= cost[e]
                    outgoing -= cost[e] * reach[v]
                    inner += cost[e] * x[e]
                elif labels[v] < 0:
                    cut += cost[e]
                    outgoing += cost[e] * radius
                    through = radius + x[e]
                    if through < reach[v] and through < RADIUS:
                        reach[v] = through
                        heappush(heap, (through, v))
        if cut / (inner + cut * RADIUS - outgoing) <= best_ratio:
            best_size = size
        for i in range(best_size, size):
            labels[ball[i]] = -1
        for i in range(size):
            u = ball[i]
            reach[u] = np.inf
            for k in range(indptr[u], indptr[u + 1]):
                reach[indices[k]] = np.inf
    return labels


@njit(cache=True, nogil=True)
def pivots(  # type: ignore[no-untyped-def]
    indptr, indices, edge_ids, x, pair_ptr, pair_to, apart, order, draws
):
    """Labels int64 (n,) of the vertices that pivots in `order` take.

    Positive edges as in `balls`; negative pairs in CSR rows `pair_ptr`, `pair_to` with distance
    `apart`; `draws` float64 in [0, 1), one for each entry of both rows.
    """
    n = indptr.size - 1
    labels = np.full(n, -1, np.int64)
    for centre in order:
        if labels[centre] >= 0:
            continue
        labels[centre] = centre
        for k in range(indptr[centre], indptr[centre + 1]):
            away = min(1.0, max(0.0, (x[edge_ids[k]] - _LOW) / (_HIGH - _LOW)))
            if labels[indices[k]] < 0 and draws[k] >= away * away:
                labels[indices[k]] = centre
        for k in range(pair_ptr[centre], pair_ptr[centre + 1]):
            if labels[pair_to[k]] < 0 and draws[indices.size + k] >= apart[k]:
                labels[pair_to[k]] = centre
    return labels
