"""Sizes and shape of a graph, for people and for routing."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from solverhub.problems.graph import Graph
from solverhub.problems.graph_kernels import degeneracy


def summarise(graph: Graph) -> dict[str, Any]:
    """JSON-ready statistics; linear time."""
    n, edges = graph.n, graph.n_edges
    degrees = graph.degrees
    components, bipartite = _components(graph)
    return {
        "vertices": n,
        "edges": edges,
        "density": edges / (n * (n - 1) / 2) if n > 1 else 0.0,
        "degree_min": int(degrees.min()) if n else 0,
        "degree_mean": float(2 * edges / n) if n else 0.0,
        "degree_max": int(degrees.max()) if n else 0,
        "degeneracy": int(degeneracy(graph.indptr, graph.indices)),
        "components": components,
        "bipartite": bipartite,
        "weighted": graph.weights is not None,
        "edge_weighted": graph.edge_weights is not None,
        "negative_weights": any(
            w is not None and w.size > 0 and bool(w.min() < 0)
            for w in (graph.weights, graph.edge_weights)
        ),
    }


def _components(graph: Graph) -> tuple[int, bool]:
    """Number of components, and whether all are bipartite.

    A connected graph is bipartite exactly if its double cover (each edge joins opposite
    copies) falls into two components.
    """
    n = graph.n
    if n == 0:
        return 0, True
    u, v = graph.edge_index
    ones = np.ones(u.size, np.int8)
    single = csr_array((ones, (u, v)), shape=(n, n))
    cover = csr_array((np.tile(ones, 2), (np.append(u, v), np.append(v, u) + n)), (2 * n, 2 * n))
    count = int(connected_components(single, directed=False, return_labels=False))
    doubled = int(connected_components(cover, directed=False, return_labels=False))
    return count, doubled == 2 * count
