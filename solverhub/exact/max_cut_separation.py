"""Violated odd-cycle inequalities of a fractional cut, by shortest paths.

The inequality of a cycle C and an odd set F of its edges reads

    sum over F of (1 - y_e) + sum over C without F of y_e >= 1,

so the most violated one through v is a shortest path from (v, 0) to (v, 1) in the graph of
pairs (vertex, parity of edges of F so far), where each edge may keep the parity at cost y_e or
change it at cost 1 - y_e (Barahona and Mahjoub 1986, doi:10.1007/BF02592023).  That graph looks
the same from (v, 1) with all parities swapped, so that half of the way is enough: a path to s,
an arc from s to t, and the path to the mirror of t read backwards.

A vertex of the relaxation has many edges at 0 and 1, along which long ways cost nothing, and
inequalities of a hundred edges say little and fill the linear program.  So each edge of a walk
costs `step` on top: a large one finds the short violated cycles among the many (the toroidal G32
of Gset is proved in a twentieth of the time), one next to nothing leaves none out.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def separate(indptr, indices, edge_ids, y, starts, seen, share, least, step):  # type: ignore[no-untyped-def]
    """Cycles (sizes, edges, odd) through `starts` that are violated by more than `least`.

    Found are those that cost less than 1 - `least` with `step` an edge on top.  `seen`, int64
    (n,), counts the cycles found at each vertex; one with `share` is skipped.
    """
    n = indptr.size - 1
    distance = np.full(2 * n, np.inf)
    parent = np.empty(2 * n, np.int64)
    by = np.empty(2 * n, np.int64)
    touched = np.empty(2 * n, np.int64)
    mark = np.full(n, -1, np.int64)
    sizes = [0][:0]
    edges = [0][:0]
    odd = [False][:0]
    for start in starts:
        if seen[start] >= share:
            continue
        count, s, e, t = _meet(
            indptr, indices, edge_ids, y, start, distance, parent, by, touched, 1.0 - least, step
        )
        if e >= 0:
            first = len(edges)
            simple = _write(s, e, t, parent, by, mark, edges, odd)
            cost = 0.0
            for i in range(first, len(edges)):
                cost += 1.0 - y[edges[i]] if odd[i] else y[edges[i]]
            if simple and cost < 1.0 - least:
                sizes.append(len(edges) - first)
                _count(s, t, start, parent, seen)
            else:
                while len(edges) > first:
                    edges.pop()
                    odd.pop()
        for i in range(count):
            distance[touched[i]] = np.inf
    return np.array(sizes), np.array(edges), np.array(odd)


@njit(cache=True, nogil=True)
def _meet(indptr, indices, edge_ids, y, start, distance, parent, by, touched, limit, step):  # type: ignore[no-untyped-def]
    """(states touched, s, edge, mirror of t) of the cheapest closed walk; edge -1 for none."""
    source = 2 * start
    distance[source] = 0.0
    parent[source] = -1
    touched[0] = source
    count = 1
    best, best_s, best_e, best_t = limit, -1, -1, -1
    heap = [(0.0, source)]
    while heap:
        far, state = heapq.heappop(heap)
        if 2.0 * far >= best:
            break
        if far > distance[state]:
            continue
        vertex, parity = state // 2, state % 2
        for k in range(indptr[vertex], indptr[vertex + 1]):
            e = edge_ids[k]
            for turn in range(2):
                cost = far + step + (1.0 - y[e] if turn else y[e])
                to = 2 * indices[k] + (parity ^ turn)
                mirror = to ^ 1
                # the arc that reached the mirror from here would close a walk along one edge
                if cost + distance[mirror] < best and not (
                    parent[mirror] == state and by[mirror] == e
                ):
                    best, best_s, best_e, best_t = cost + distance[mirror], state, e, mirror
                if cost < distance[to] and 2.0 * cost < best:
                    if distance[to] == np.inf:
                        touched[count] = to
                        count += 1
                    distance[to] = cost
                    parent[to] = state
                    by[to] = e
                    heapq.heappush(heap, (cost, to))
    return count, best_s, best_e, best_t


@njit(cache=True, nogil=True)
def _count(s, t, start, parent, seen):  # type: ignore[no-untyped-def]
    seen[start] += 1
    for end in (s, t):
        state = end
        while parent[state] >= 0:
            seen[state // 2] += 1
            state = parent[state]


@njit(cache=True, nogil=True)
def _write(s, e, t, parent, by, mark, edges, odd):  # type: ignore[no-untyped-def]
    """Append the cycle source..s, e, t..source without the part both ways share.

    False if what is left meets a vertex twice.  A state s that is reached together with t by
    one path counts its vertex once, at the fork.
    """
    state = s
    while state >= 0:
        mark[state // 2] = state
        state = parent[state]
    fork = t
    while mark[fork // 2] != fork:
        fork = parent[fork]
    state = s
    while state >= 0:
        mark[state // 2] = -1
        state = parent[state]
    simple = True
    for end in (s, t):
        state = end
        while state != fork:
            if mark[state // 2] >= 0:
                simple = False
            mark[state // 2] = 0
            edges.append(by[state])
            odd.append(bool((state ^ parent[state]) & 1))
            state = parent[state]
    if mark[fork // 2] >= 0:
        simple = False
    edges.append(e)
    odd.append(bool((s ^ t ^ 1) & 1))
    for end in (s, t):
        state = end
        while state != fork:
            mark[state // 2] = -1
            state = parent[state]
    return simple
