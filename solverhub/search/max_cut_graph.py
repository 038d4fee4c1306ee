"""A weighted graph as the kernels of maximum cut want it: small types, exact where they can be.

Weights are int32 where even twice the sum of all their sizes fits, else int64, else float64:
integer gains and cut values never overflow, also not of graphs contracted from this one.
Integers too large for int64 sums are searched in float64, and judged exactly elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solverhub.problems.graph import Graph, largest
from solverhub.search.max_cut_contract import cluster, contract


@dataclass(frozen=True, slots=True, eq=False)
class CutGraph:
    """CSR arrays: `indptr` int64 (n+1,), `indices` int32 (2E,), `weights` (2E,).

    `scale` is the typical size of a gain: the mean over vertices of sqrt(sum of w^2).
    """

    indptr: np.ndarray
    indices: np.ndarray
    weights: np.ndarray
    scale: float

    @property
    def n(self) -> int:
        """Number of vertices."""
        return int(self.indptr.size - 1)

    @property
    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The arrays in the order of the kernels."""
        return self.indptr, self.indices, self.weights

    def contracted(self, sides: np.ndarray) -> tuple[CutGraph, np.ndarray]:
        """The graph of what cuts int8 (k, n) agree on, and the cluster int32 (n,) of each vertex.

        A cut of it says which clusters of the first cut to turn over.
        """
        label, count = cluster(self.indptr, self.indices, sides)
        indptr, indices, weights = contract(*self.rows, sides[0], label, count)
        return CutGraph(indptr, indices, weights, self.scale), label


def cut_graph(graph: Graph) -> CutGraph:
    """The arrays of an instance."""
    weights = graph.weights_of_edges.astype(_kind(graph), copy=False)
    each = weights[graph.edge_ids]
    squares = np.square(each.astype(np.float64))
    owner = np.repeat(np.arange(graph.n), graph.degrees)
    sizes = np.sqrt(np.bincount(owner, squares, graph.n)) if graph.n else np.zeros(0)
    used = sizes[sizes > 0]
    scale = float(used.mean()) if used.size else 1.0
    return CutGraph(graph.indptr, graph.indices.astype(np.int32), each, scale)


def _kind(graph: Graph) -> type[Any]:
    weights = graph.weights_of_edges
    if weights.dtype.kind == "f":
        return np.float64
    most = largest(weights) * weights.size
    if most >= 2**61 or largest(weights) > 2**61:
        most = sum(abs(weight) for weight in weights.tolist())
    for kind in (np.int32, np.int64):
        if 2 * most <= np.iinfo(kind).max:
            return kind
    return np.float64
