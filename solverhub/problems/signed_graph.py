"""Graphs whose pairs want to be together or apart: the instances of the clustering families.

A pair of weight w > 0 wants one cluster, one of w < 0 wants two.  A *sparse* instance has
the listed pairs alone, each with its weight.  A *complete* one has every pair: the listed
ones weigh +1, all others -1, and these are never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.problems.graph import Graph


@dataclass(frozen=True, eq=False)
class SignedGraph:
    """A graph with signed edge weights; build it with `SignedGraph.of`.

    - `graph`: listed pairs; in a complete instance the positive ones, without weights.
    - `complete`: whether the pairs that are not listed weigh -1 (else 0).
    """

    graph: Graph
    complete: bool

    @classmethod
    def of(cls, graph: Graph, complete: bool | None = None) -> SignedGraph:
        """The instance of a graph; `complete=None` means: if no edge weighs less than 0.

        In a complete instance edges of weight -1 are dropped and positive ones count as 1.
        Raises `InvalidInstance` for `complete=True` with weights other than 1 and -1.
        """
        weights = graph.weights_of_edges
        if complete is None:
            complete = not bool((weights < 0).any())
            if complete:
                weights = np.sign(weights)
        if not complete:
            kept = graph.weights_of_edges != 0
            return cls(graph if kept.all() else _part(graph, kept, weights[kept]), False)
        if not np.isin(weights, (-1, 0, 1)).all():
            raise InvalidInstance(
                "a complete instance has edges of weights other than 1 and -1",
                remedy='give "complete": false, in which a missing pair costs nothing',
            )
        return cls(_part(graph, weights > 0, None), True)

    @property
    def n(self) -> int:
        """Number of vertices."""
        return self.graph.n

    @property
    def n_edges(self) -> int:
        """Number of listed pairs."""
        return self.graph.n_edges

    @property
    def weights(self) -> np.ndarray:
        """Signed weights of the listed pairs, int64 or float64 (E,)."""
        return self.graph.weights_of_edges

    @cached_property
    def negative_pairs(self) -> int:
        """Number of pairs that want to be apart."""
        if self.complete:
            return self.n * (self.n - 1) // 2 - self.n_edges
        return int(np.count_nonzero(self.weights < 0))

    def weights_of(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Weight of each pair (u[k], v[k]), u != v, int64 or float64 (k,)."""
        missing = -1 if self.complete else 0
        if self.n_edges == 0:
            return np.full(u.size, missing, np.int64)
        first, second = self.graph.edge_index
        listed = first * self.n + second
        key = np.minimum(u, v) * self.n + np.maximum(u, v)
        at = np.minimum(np.searchsorted(listed, key), listed.size - 1)
        found: np.ndarray = np.where(listed[at] == key, self.weights[at], missing)
        return found


def _part(graph: Graph, kept: np.ndarray, weights: np.ndarray | None) -> Graph:
    return Graph(graph.n, np.ascontiguousarray(graph.edge_index[:, kept]), None, weights)
