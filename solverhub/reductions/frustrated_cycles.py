"""Cycles on which no cut can please every edge.

Call an edge pulled if it gains by being cut (positive weight) and pushed if it loses.  A cut
meets every cycle in an even number of edges, so on a cycle with an odd number of pulled edges
not all of them can be cut while no pushed one is: with y_e = 1 for cut edges,

    sum of y over the pulled - sum of y over the pushed <= number of pulled - 1,

the odd-cycle inequality for that cycle (Barahona and Mahjoub 1986, doi:10.1007/BF02592023).
Short cycles give the strong ones: triangles, a few for each of their lowest edges, and for
each edge in none of these what breadth-first searches over (vertex, parity of pulled edges so
far) find as a shortest such cycle through it, with the neighbours in different orders.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph

TRIANGLES = 4
"""Triangles listed an edge that is the lowest in them."""
ORDERS = 3
"""Searches an edge."""
MOST_STATES = 3_000
"""States after which a search gives up."""
LONGEST = 10
"""Edges of the longest cycle listed."""


def frustrated_cycles(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """(indptr, edges) int64: distinct simple cycles, each as its sorted edges."""
    if graph.n_edges < 3:
        return np.zeros(1, np.int64), np.empty(0, np.int64)
    pulled = (graph.weights_of_edges > 0).astype(np.int64)
    arrays = graph.indptr, graph.indices, graph.edge_ids, graph.edge_index, pulled
    three = _triangles(*arrays, TRIANGLES)
    alone = np.ones(graph.n_edges + 1, np.bool_)
    alone[three] = False
    table = np.concatenate([three, _search(*arrays, ORDERS, alone)])
    table = np.unique(table[table[:, 0] < graph.n_edges], axis=0)
    used = table < graph.n_edges
    return np.concatenate([[0], np.cumsum(used.sum(axis=1))]), table[used]


@njit(cache=True, nogil=True)
def _triangles(indptr, indices, edge_ids, edge_index, pulled, share):  # type: ignore[no-untyped-def]
    """As `_search`, up to `share` triangles an edge."""
    n_edges = edge_index.shape[1]
    table = np.full((n_edges * share, LONGEST), n_edges, np.int64)
    for e in range(n_edges):
        u, v = edge_index[0, e], edge_index[1, e]
        i, j, row = indptr[u], indptr[v], e * share
        while i < indptr[u + 1] and j < indptr[v + 1] and row < (e + 1) * share:
            if indices[i] < indices[j]:
                i += 1
            elif indices[i] > indices[j]:
                j += 1
            else:
                odd = (pulled[e] + pulled[edge_ids[i]] + pulled[edge_ids[j]]) % 2
                if indices[i] > v and odd:
                    table[row, 0], table[row, 1], table[row, 2] = e, edge_ids[i], edge_ids[j]
                    row += 1
                i += 1
                j += 1
    return table


@njit(cache=True, nogil=True)
def _search(indptr, indices, edge_ids, edge_index, pulled, orders, alone):  # type: ignore[no-untyped-def]
    """int64 (E * orders, LONGEST): sorted edges of a cycle a row, filled up with E."""
    n, n_edges = indptr.size - 1, edge_index.shape[1]
    table = np.full((n_edges * orders, LONGEST), n_edges, np.int64)
    stamp = np.full(2 * n, -1, np.int64)
    parent = np.empty(2 * n, np.int64)
    by = np.empty(2 * n, np.int64)
    depth = np.empty(2 * n, np.int64)
    queue = np.empty(2 * n, np.int64)
    for row in range(n_edges * orders):
        e = row // orders
        if not alone[e]:
            continue
        start, goal = 2 * edge_index[0, e], 2 * edge_index[1, e] + 1 - pulled[e]
        stamp[start], depth[start], queue[0] = row, 0, start
        head, tail = 0, 1
        while head < tail and stamp[goal] != row and tail < MOST_STATES:
            state = queue[head]
            head += 1
            if depth[state] == LONGEST - 1:
                break
            vertex, parity = state // 2, state % 2
            first, size = indptr[vertex], indptr[vertex + 1] - indptr[vertex]
            for k in range(size):
                at = first + (k + row * 7919) % size
                other = 2 * indices[at] + (parity ^ pulled[edge_ids[at]])
                if edge_ids[at] != e and stamp[other] != row:
                    stamp[other], depth[other] = row, depth[state] + 1
                    parent[other], by[other] = state, edge_ids[at]
                    queue[tail] = other
                    tail += 1
        if stamp[goal] == row:
            _record(table[row], goal, start, e, parent, by)
    return table


@njit(cache=True, nogil=True)
def _record(cycle, goal, start, closing, parent, by):  # type: ignore[no-untyped-def]
    """Write the edges of the path from start to goal and the closing one, if it is simple."""
    vertices, edges = [start // 2], [closing]
    state = goal
    while state != start:
        if state // 2 in vertices:
            return
        vertices.append(state // 2)
        edges.append(by[state])
        state = parent[state]
    found = np.sort(np.array(edges))
    cycle[: found.size] = found
