"""Swapping the sides of one component leaves its cut as it is: fix one vertex of each."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from solverhub.problems.graph import Graph


def components(graph: Graph) -> np.ndarray:
    """Component of each vertex, int (n,), numbered from 0."""
    u, v = graph.edge_index
    links = csr_array((np.ones(graph.n_edges), (u, v)), shape=(graph.n, graph.n))
    return np.asarray(connected_components(links, directed=False)[1])


def anchors(graph: Graph) -> np.ndarray:
    """The vertex of largest degree of each component, int64."""
    label = components(graph)
    order = np.lexsort((-graph.degrees, label))
    return order[np.unique(label[order], return_index=True)[1]]


def anchored(graph: Graph, side: np.ndarray) -> np.ndarray:
    """The same cut with every anchor on side 0."""
    label, fixed = components(graph), anchors(graph)
    swap = np.zeros(len(fixed), side.dtype)
    swap[label[fixed]] = side[fixed]
    flipped: np.ndarray = side ^ swap[label]
    return flipped
