"""Quick cliques: grown from the vertices of most neighbours."""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph

STARTS = 64


def greedy_clique(graph: Graph) -> np.ndarray:
    """bool (n,): the heaviest of cliques grown from the `STARTS` vertices of most neighbours.

    Each time the common neighbour of most weight times degree is added; vertices of no positive
    weight are left out, so the clique may be empty.
    """
    order = np.argsort(-graph.degrees, kind="stable")[:STARTS]
    cost = graph.vertex_weights.astype(np.float64)
    found: np.ndarray = _grow(graph.indptr, graph.indices, cost, order)
    return found


@njit(cache=True, nogil=True)
def _grow(indptr, indices, cost, order):  # type: ignore[no-untyped-def]
    n = cost.size
    best, best_cost = np.zeros(n, np.bool_), 0.0
    seen = np.zeros(n, np.int64)
    for start in order:
        total, size = 0.0, 0
        members = np.empty(indptr[start + 1] - indptr[start] + 1, np.int64)
        v = start
        while v >= 0 and cost[v] > 0:
            members[size] = v
            size += 1
            total += cost[v]
            following, rank = -1, 0.0
            for k in range(indptr[v], indptr[v + 1]):
                w = indices[k]
                seen[w] += 1
                if seen[w] == size and cost[w] * (indptr[w + 1] - indptr[w] + 1) > rank:
                    following, rank = w, cost[w] * (indptr[w + 1] - indptr[w] + 1)
            v = following
        for i in range(size):
            for k in range(indptr[members[i]], indptr[members[i] + 1]):
                seen[indices[k]] = 0
        if total > best_cost:
            best_cost = total
            best[:] = False
            best[members[:size]] = True
    return best
