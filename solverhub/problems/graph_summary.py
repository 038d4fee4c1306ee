"""Sizes and shape of a graph, for people and for routing."""

from __future__ import annotations

from typing import Any

from solverhub.problems.graph import Graph
from solverhub.problems.graph_kernels import components, degeneracy_order


def summarise(graph: Graph) -> dict[str, Any]:
    """JSON-ready statistics; linear time."""
    n, edges = graph.n, graph.n_edges
    degrees = graph.degrees
    count, bipartite = components(graph.indptr, graph.indices)
    return {
        "vertices": n,
        "edges": edges,
        "density": edges / (n * (n - 1) / 2) if n > 1 else 0.0,
        "degree_min": int(degrees.min()) if n else 0,
        "degree_mean": float(2 * edges / n) if n else 0.0,
        "degree_max": int(degrees.max()) if n else 0,
        "degeneracy": int(degeneracy_order(graph.indptr, graph.indices)[1]),
        "components": int(count),
        "bipartite": bool(bipartite),
        "weighted": graph.weights is not None,
        "edge_weighted": graph.edge_weights is not None,
        "negative_weights": any(
            w is not None and w.size > 0 and bool(w.min() < 0)
            for w in (graph.weights, graph.edge_weights)
        ),
    }
