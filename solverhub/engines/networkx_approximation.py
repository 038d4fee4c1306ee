"""The approximation algorithms of networkx for graph problems, for comparison.

They are Python, have no time limit and recurse as deep as a clique or a set is large, so a run
belongs in a process of its own.
"""

from __future__ import annotations

import sys

import networkx
import numpy as np
from networkx.algorithms import approximation

from solverhub.engines.selection import Rows, Selection

_DEPTH = 100_000


def version() -> str:
    """Version of the installed package."""
    return str(networkx.__version__)


class Run:
    """One run of the algorithm for a family of the catalog; `stop` cannot end it."""

    def __init__(self, rows: Rows, *, method: str, seed: int) -> None:
        self._rows = rows
        self._method = method
        self._seed = seed

    def stop(self) -> None:
        """Nothing: it does not look up."""

    def solve(self) -> Selection:
        """Run to the end."""
        sys.setrecursionlimit(_DEPTH)
        graph = _graph(self._rows)
        found = _run(graph, self._method, self._seed)
        chosen = np.zeros(self._rows.n, np.bool_)
        chosen[list(found)] = True
        return Selection(chosen)


def _run(graph: networkx.Graph, method: str, seed: int) -> set[int]:
    if method == "maximum-independent-set":
        found = approximation.maximum_independent_set(graph)
    elif method == "maximum-clique":
        found = approximation.max_clique(graph)
    elif method == "minimum-vertex-cover":
        found = approximation.min_weighted_vertex_cover(graph, "weight")
    elif method == "minimum-dominating-set":
        found = approximation.min_weighted_dominating_set(graph, "weight")
    else:
        found = approximation.one_exchange(graph, seed=seed, weight="weight")[1][0]
    return set(found)


def _graph(rows: Rows) -> networkx.Graph:
    graph = networkx.empty_graph(rows.n)
    if rows.weights is not None:
        networkx.set_node_attributes(graph, dict(enumerate(rows.weights.tolist())), "weight")
    heads = np.repeat(np.arange(rows.n), np.diff(rows.indptr))
    once = heads < rows.indices
    edges = [heads[once].tolist(), rows.indices[once].tolist()]
    if rows.edge_weights is None:
        graph.add_edges_from(zip(*edges, strict=True))
    else:
        weights = rows.edge_weights[once].tolist()
        graph.add_weighted_edges_from(zip(*edges, weights, strict=True))
    return graph
