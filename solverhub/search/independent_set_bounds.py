"""Cheap bounds with evidence that the judge rechecks: clique covers and colourings, greedily."""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph
from solverhub.problems.graph_kernels import degeneracy_order

MOST_EDGES = 2_000_000
"""Edges above which no clique cover is tried: it is not cut in slices."""

ORDERS = 8
"""Covers tried on graphs of at most `MOST_EDGES / ORDERS` edges."""


def clique_cover_labels(graph: Graph, seed: int = 0) -> np.ndarray | None:
    """int64 (n,): equal labels form a clique, few or light ones; None for a large graph."""
    if graph.n_edges > MOST_EDGES:
        return None
    weights = graph.vertex_weights
    rng = np.random.default_rng(seed)
    found, least = None, np.inf
    for turn in range(ORDERS if graph.n_edges <= MOST_EDGES // ORDERS else 1):
        order = np.arange(graph.n) if turn == 0 else rng.permutation(graph.n)
        if turn % 2:
            order = order[np.argsort(graph.degrees[order], kind="stable")]
        order = order[np.argsort(-weights[order], kind="stable")]
        labels, value = _cover(graph.indptr, graph.indices, weights.astype(np.float64), order)
        if value < least:
            found, least = labels, value
    return found


def colour_labels(graph: Graph) -> np.ndarray:
    """int64 (n,): adjacent vertices have different labels, at most the degeneracy + 1 of them."""
    order, _ = degeneracy_order(graph.indptr, graph.indices)
    labels: np.ndarray = _colour(graph.indptr, graph.indices, order[::-1])
    return labels


@njit(cache=True, nogil=True)
def _cover(indptr, indices, weights, order):  # type: ignore[no-untyped-def]
    """Each vertex joins the largest clique that it can, else begins one with its weight."""
    n = order.size
    labels, sizes = np.full(n, -1, np.int64), np.zeros(n, np.int64)
    seen = np.zeros(n, np.int64)
    count, value = 0, 0.0
    for v in order:
        found = -1
        for k in range(indptr[v], indptr[v + 1]):
            label = labels[indices[k]]
            if label >= 0:
                seen[label] += 1
                if seen[label] == sizes[label] and (found < 0 or sizes[label] > sizes[found]):
                    found = label
        for k in range(indptr[v], indptr[v + 1]):
            if labels[indices[k]] >= 0:
                seen[labels[indices[k]]] = 0
        if found < 0:
            found = count
            count += 1
            value += max(0.0, weights[v])
        labels[v] = found
        sizes[found] += 1
    return labels, value


@njit(cache=True, nogil=True)
def _colour(indptr, indices, order):  # type: ignore[no-untyped-def]
    n = order.size
    labels, taken = np.full(n, -1, np.int64), np.full(n + 1, -1, np.int64)
    for v in order:
        for k in range(indptr[v], indptr[v + 1]):
            if labels[indices[k]] >= 0:
                taken[labels[indices[k]]] = v
        colour = 0
        while taken[colour] == v:
            colour += 1
        labels[v] = colour
    return labels
