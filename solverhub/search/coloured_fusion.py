"""The best of two sets of edges without conflicts, exactly: a minimum cut.

Edges of a set L can be satisfied together, and so can those of a set R; only pairs between the
two are in conflict, which is a bipartite graph, and there a heaviest independent set comes of a
maximum flow.  Flow runs from the edges of L through the vertices that they share with edges of
R of another colour, so that the conflicts are never listed, by Dinic's algorithm.

With L all edges of one colour and R the satisfied edges of others this is the expansion move of
Boykov, Veksler and Zabih (2001, doi:10.1109/34.969114); with L and R two solutions it is the
fusion move of Lempitsky, Rother, Roth and Blake (2010, doi:10.1109/TPAMI.2009.143).
"""

from __future__ import annotations

import numpy as np
from numba import njit

LEFT, RIGHT = 1, 2


@njit(cache=True, nogil=True)
def fuse(indptr, vertices, colour, weights, at, edges, entries, side):  # type: ignore[no-untyped-def]
    """(bool (m,), float64 (s,)): the heaviest set without conflicts among the edges of `side` LEFT
    and RIGHT, and the flow between each edge and each of its vertices.

    `entries` int64 (s,): see `ColouredHypergraph.by_vertex`; `side` int8 (m,), 0 for neither.
    """
    n, m = at.size - 1, colour.size
    active = _meeting(n, at, edges, colour, side)
    flow = np.zeros(vertices.size, np.float64)
    left = np.zeros(m, np.float64)
    for e in range(m):
        if side[e] != 0:
            left[e] = weights[e]
    _greedy(indptr, vertices, at, edges, entries, side, active, flow, left)
    level = np.empty(m + n, np.int64)
    queue = np.empty(m + n, np.int64)
    while _levels(
        indptr, vertices, at, edges, entries, side, active, flow, left, weights, level, queue
    ):
        _block(indptr, vertices, at, edges, entries, side, active, flow, left, weights, level)
    chosen = np.zeros(m, np.bool_)
    for e in range(m):
        if side[e] == LEFT:
            chosen[e] = level[e] >= 0
        elif side[e] == RIGHT:
            chosen[e] = level[e] < 0
    return chosen, flow


@njit(cache=True, nogil=True)
def _meeting(n, at, edges, colour, side):  # type: ignore[no-untyped-def]
    """bool (n,): vertices where edges of both sides meet in different colours."""
    active = np.zeros(n, np.bool_)
    for v in range(n):
        first = second = -1
        for j in range(at[v], at[v + 1]):
            if side[edges[j]] == LEFT:
                first = colour[edges[j]]
            elif side[edges[j]] == RIGHT:
                second = colour[edges[j]]
        active[v] = first >= 0 and second >= 0 and first != second
    return active


@njit(cache=True, nogil=True, inline="always")
def _tiny(weight):  # type: ignore[no-untyped-def]
    """What counts as nothing left of a weight."""
    return 1e-12 * weight


@njit(cache=True, nogil=True)
def _greedy(indptr, vertices, at, edges, entries, side, active, flow, left):  # type: ignore[no-untyped-def]
    """Flow along paths of one vertex, as far as it goes."""
    for e in range(left.size):
        if side[e] != LEFT:
            continue
        for i in range(indptr[e], indptr[e + 1]):
            v = vertices[i]
            if not active[v]:
                continue
            for j in range(at[v], at[v + 1]):
                f = edges[j]
                if side[f] == RIGHT and left[f] > 0.0 and left[e] > 0.0:
                    more = min(left[e], left[f])
                    flow[i] += more
                    flow[entries[j]] += more
                    left[e] -= more
                    left[f] -= more


@njit(cache=True, nogil=True)
def _levels(  # type: ignore[no-untyped-def]
    indptr, vertices, at, edges, entries, side, active, flow, left, weights, level, queue
):
    """Distances from the source into `level`, -1 where there is no way; whether the sink has one.

    Edges are nodes 0..m-1, vertices follow.
    """
    m = left.size
    level[:] = -1
    tail = head = 0
    for e in range(m):
        if side[e] == LEFT and left[e] > _tiny(weights[e]):
            level[e] = 0
            queue[tail] = e
            tail += 1
    reached = False
    while head < tail:
        node = queue[head]
        head += 1
        if node < m:
            if side[node] == RIGHT and left[node] > _tiny(weights[node]):
                reached = True
            for i in range(indptr[node], indptr[node + 1]):
                v = vertices[i]
                forward = side[node] == LEFT or flow[i] > 0.0
                if active[v] and forward and level[m + v] < 0:
                    level[m + v] = level[node] + 1
                    queue[tail] = m + v
                    tail += 1
        else:
            for j in range(at[node - m], at[node - m + 1]):
                f = edges[j]
                forward = side[f] == RIGHT or (side[f] == LEFT and flow[entries[j]] > 0.0)
                if forward and level[f] < 0:
                    level[f] = level[node] + 1
                    queue[tail] = f
                    tail += 1
    return reached


@njit(cache=True, nogil=True)
def _block(indptr, vertices, at, edges, entries, side, active, flow, left, weights, level):  # type: ignore[no-untyped-def]
    """A blocking flow along the levels: depth-first, every arc left behind once."""
    m, n = left.size, at.size - 1
    arc = np.empty(m + n, np.int64)
    arc[:m] = indptr[:-1]
    arc[m:] = at[:-1]
    path = np.empty(m + n + 1, np.int64)
    via = np.empty(m + n + 1, np.int64)
    for root in range(m):
        while side[root] == LEFT and level[root] == 0 and left[root] > _tiny(weights[root]):
            path[0], depth = root, 0
            while depth >= 0:
                node = path[depth]
                if node < m and side[node] == RIGHT and left[node] > _tiny(weights[node]):
                    break
                found = _advance(
                    node, m, indptr, vertices, at, edges, entries, side, active, flow, level, arc
                )
                if found < 0:
                    level[node] = -2
                    depth -= 1
                    if depth >= 0:
                        arc[path[depth]] += 1
                    continue
                via[depth] = found
                depth += 1
                path[depth] = m + vertices[found] if node < m else edges[arc[node]]
            if depth < 0:
                break
            _push(root, path, via, depth, m, side, flow, left)


@njit(cache=True, nogil=True, inline="always")
def _advance(node, m, indptr, vertices, at, edges, entries, side, active, flow, level, arc):  # type: ignore[no-untyped-def]
    """The entry of the next arc from a node to the level after it, -1 if none is left."""
    if node < m:
        while arc[node] < indptr[node + 1]:
            i = arc[node]
            v = vertices[i]
            forward = side[node] == LEFT or flow[i] > 0.0
            if active[v] and forward and level[m + v] == level[node] + 1:
                return i
            arc[node] += 1
        return -1
    while arc[node] < at[node - m + 1]:
        j = arc[node]
        f = edges[j]
        forward = side[f] == RIGHT or (side[f] == LEFT and flow[entries[j]] > 0.0)
        if forward and level[f] == level[node] + 1:
            return entries[j]
        arc[node] += 1
    return -1


@njit(cache=True, nogil=True, inline="always")
def _push(root, path, via, depth, m, side, flow, left):  # type: ignore[no-untyped-def]
    """Send what fits along the path: arcs from L to v to R add flow, their reverses take it."""
    sink = path[depth]
    more = min(left[root], left[sink])
    for step in range(depth):
        if _reversed(path[step], path[step + 1], m, side):
            more = min(more, flow[via[step]])
    for step in range(depth):
        if _reversed(path[step], path[step + 1], m, side):
            flow[via[step]] -= more
        else:
            flow[via[step]] += more
    left[root] -= more
    left[sink] -= more


@njit(cache=True, nogil=True, inline="always")
def _reversed(node, following, m, side):  # type: ignore[no-untyped-def]
    if node < m:
        return side[node] == RIGHT
    return side[following] == LEFT
