"""Edges of a sparse graph that a path beats, with the path: Dijkstra from every vertex.

A search ends at the length of the longest edge that its source has to check, so that it stays near
its source wherever the lengths are close to a metric.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.binary_heap import pop, push


@njit(cache=True, nogil=True)
def shortcuts(indptr, indices, ids, lengths, limits, s0, s1, tolerance):  # type: ignore[no-untyped-def]
    """Cycles of edges of the sources s0..s1-1 to later vertices that a shorter path avoids.

    `indptr`, `indices`, `ids`: int64, neighbours of each vertex and the edges to them;
    `lengths` and `limits` float64 (E,), the first from 0 and the second nowhere above it: a path
    beats an edge if it is shorter than the edge's limit by more than the tolerance.  Returns
    `edges` int32 (k,) and `rows` int64 (c + 1,), row t being an edge and then its path,
    `edges[rows[t]:rows[t + 1]]`, and `saved` float64 (c,), limit less path.
    """
    n = indptr.size - 1
    reach = np.full(n, np.inf)
    via, before = np.empty(n, np.int64), np.empty(n, np.int64)
    touched = np.empty(n, np.int64)
    heap_keys, heap_items = np.empty(indices.size + 1), np.empty(indices.size + 1, np.int64)
    edges, rows, saved = np.empty(1024, np.int32), np.zeros(257, np.int64), np.empty(256)
    count = 0
    for source in range(s0, s1):
        horizon = -1.0
        for at in range(indptr[source], indptr[source + 1]):
            if indices[at] > source:
                horizon = max(horizon, limits[ids[at]])
        if horizon <= tolerance:
            continue
        reach[source] = 0.0
        touched[0] = source
        reached = 1
        heap_keys[0], heap_items[0], size = 0.0, source, 1
        while size:
            key, vertex = heap_keys[0], heap_items[0]
            size -= 1
            pop(heap_keys, heap_items, size)
            if key > reach[vertex]:
                continue
            if key >= horizon:
                break
            for at in range(indptr[vertex], indptr[vertex + 1]):
                other, length = indices[at], key + lengths[ids[at]]
                if length < reach[other] and length < horizon:
                    if reach[other] == np.inf:
                        touched[reached] = other
                        reached += 1
                    reach[other], via[other], before[other] = length, ids[at], vertex
                    push(heap_keys, heap_items, size, length, other)
                    size += 1
        for at in range(indptr[source], indptr[source + 1]):
            edge, vertex = ids[at], indices[at]
            if vertex <= source or not reach[vertex] < limits[edge] - tolerance:
                continue
            if count == saved.size:
                saved = np.append(saved, np.empty(count))
                rows = np.append(rows, np.empty(count, np.int64))
            end = rows[count]
            member = edge
            while True:
                if end == edges.size:
                    edges = np.append(edges, np.empty(end, np.int32))
                edges[end] = member
                end += 1
                if vertex == source:
                    break
                member, vertex = via[vertex], before[vertex]
            saved[count] = limits[edge] - reach[indices[at]]
            count += 1
            rows[count] = end
        for at in range(reached):
            reach[touched[at]] = np.inf
    return edges[: rows[count]].copy(), rows[: count + 1].copy(), saved[:count].copy()
