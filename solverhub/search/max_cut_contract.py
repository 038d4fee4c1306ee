"""Join what several cuts agree on into single vertices: recombination of elite solutions.

Two neighbours that lie the same way to one another (together, or apart) in every given cut
are one cluster, transitively.  The graph of the clusters, with s_v the side of v in the first
cut relative to its cluster, has the weights

    W_AB = sum over edges uv between A and B of w_uv s_u s_v,

and a cut of it, read as "which clusters of the first cut are turned over", is a cut of the
graph; all given cuts are among them.  Searching the small graph joins the good parts of the
cuts, at the scale of clusters, where single flips no longer get anywhere: the genetic
renormalisation of Houdayer and Martin (1999, doi:10.1103/PhysRevLett.83.1030).  Of two cuts it
contains the choice of the better side of each part where they differ.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def cluster(indptr, indices, sides):  # type: ignore[no-untyped-def]
    """(labels int32 (n,), number of clusters) of cuts `sides`, int8 (k, n)."""
    n = indptr.size - 1
    label = np.full(n, -1, np.int32)
    stack = np.empty(n, np.int32)
    count = 0
    for root in range(n):
        if label[root] >= 0:
            continue
        label[root] = count
        stack[0], top = root, 1
        while top:
            top -= 1
            v = stack[top]
            for k in range(indptr[v], indptr[v + 1]):
                u = indices[k]
                if label[u] >= 0:
                    continue
                relation = sides[0, u] ^ sides[0, v]
                agreed = True
                for c in range(1, sides.shape[0]):
                    if sides[c, u] ^ sides[c, v] != relation:
                        agreed = False
                        break
                if agreed:
                    label[u] = count
                    stack[top] = u
                    top += 1
        count += 1
    return label, count


@njit(cache=True, nogil=True)
def contract(indptr, indices, weights, side, label, count):  # type: ignore[no-untyped-def]
    """(indptr, indices, weights) of the graph of clusters, without edges of weight 0.

    A cluster turned over is a vertex of it on side 1; all on side 0 is the cut `side`.  Where
    two turned vertices are apart the sign of their edge has changed, so that the cut of the
    small graph is what turning gains.
    """
    n = indptr.size - 1
    start = np.zeros(count + 1, np.int64)
    for v in range(n):
        start[label[v] + 1] += 1
    for a in range(count):
        start[a + 1] += start[a]
    fill = start[:-1].copy()
    member = np.empty(n, np.int32)
    for v in range(n):
        member[fill[label[v]]] = v
        fill[label[v]] += 1
    rows = np.zeros(count + 1, np.int64)
    columns = np.empty(indices.size, np.int32)
    values = np.empty(indices.size, weights.dtype)
    place = np.full(count, -1, np.int64)
    top = 0
    for a in range(count):
        first = top
        for i in range(start[a], start[a + 1]):
            v = member[i]
            for k in range(indptr[v], indptr[v + 1]):
                u = indices[k]
                b = label[u]
                if b == a:
                    continue
                if place[b] < 0:
                    place[b] = top
                    columns[top] = b
                    values[top] = 0
                    top += 1
                values[place[b]] += weights[k] if side[u] == side[v] else -weights[k]
        kept = first
        for k in range(first, top):
            place[columns[k]] = -1
            if values[k] != 0:
                columns[kept], values[kept] = columns[k], values[k]
                kept += 1
        top = kept
        rows[a + 1] = top
    return rows, columns[:top].copy(), values[:top].copy()
