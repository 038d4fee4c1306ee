"""Packings that bound dominating sets: vertices pairwise further apart than 2, greedily."""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph


def greedy_packing(graph: Graph) -> np.ndarray:
    """int64 vertices with disjoint closed neighbourhoods, from the fewest neighbours on."""
    order = np.argsort(graph.degrees, kind="stable")
    found: np.ndarray = _pack(graph.indptr, graph.indices, order)
    return found


@njit(cache=True, nogil=True)
def _pack(indptr, indices, order):  # type: ignore[no-untyped-def]
    reached = np.zeros(order.size, np.bool_)
    packed = np.empty(order.size, np.int64)
    count = 0
    for v in order:
        free = not reached[v]
        for k in range(indptr[v], indptr[v + 1]):
            free = free and not reached[indices[k]]
        if not free:
            continue
        packed[count] = v
        count += 1
        reached[v] = True
        for k in range(indptr[v], indptr[v + 1]):
            reached[indices[k]] = True
    return packed[:count]
