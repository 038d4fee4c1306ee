"""Graphs on which a search for subsets runs through its kernels, so that they are loaded."""

from __future__ import annotations

import numpy as np

from solverhub.problems.graph import Graph

WARMING_VERTICES = 24
_STEPS = (1, 2, 5, 9)


def warming_graphs() -> tuple[Graph, Graph]:
    """A circulant graph that no reduction makes smaller, without weights and with."""
    n = WARMING_VERTICES
    u = np.tile(np.arange(n), len(_STEPS))
    v = (u + np.repeat(_STEPS, n)) % n
    plain = Graph.from_edges(n, u, v)
    return plain, Graph(n, plain.edge_index, 1 + np.arange(n) % 3)
