"""An edge-coloured hypergraph as its kernels take it, and colourings from sets of edges.

A set of edges of which no two of different colours meet is what can be satisfied at once; the
kernels work on such sets, and vertices take the colours of their edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.search.coloured_fusion import LEFT, RIGHT, fuse
from solverhub.search.coloured_kernels import majority


@dataclass(frozen=True, eq=False)
class Incidence:
    """Edges by vertex beside vertices by edge.

    - `indptr`, `vertices`, `colour`: see `ColouredHypergraph`; `weights` float64 (m,).
    - `at` int64 (n + 1,), `edges` int64 (s,): the edges of v are `edges[at[v]:at[v + 1]]`, with
      `entries` int64 (s,) the places of v among `vertices`.
    - `vote` int64 (n,): the colour with the most weight at each vertex.
    """

    indptr: np.ndarray
    vertices: np.ndarray
    colour: np.ndarray
    weights: np.ndarray
    at: np.ndarray
    edges: np.ndarray
    entries: np.ndarray
    vote: np.ndarray

    @classmethod
    def of(cls, instance: ColouredHypergraph) -> Incidence:
        """The incidence of an instance."""
        at, entries = instance.by_vertex
        edges = instance.edge_of[entries]
        weights = instance.weights.astype(np.float64)
        vote = majority(at, edges, instance.colour, weights, max(1, instance.n_colours))
        return cls(
            instance.indptr, instance.vertices, instance.colour, weights, at, edges, entries, vote
        )

    @property
    def n_colours(self) -> int:
        """One more than the largest colour of an edge."""
        return int(self.colour.max(initial=-1)) + 1

    def value(self, chosen: np.ndarray) -> float:
        """Weight of a set of edges, bool (m,)."""
        return float(self.weights[chosen].sum())

    def fused(self, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The heaviest set among edges of two sides, and the flow; see `coloured_fusion`."""
        given = (*self.arrays, self.entries, side)
        chosen, flow = fuse(*given)
        return chosen, flow

    def expanded(self, chosen: np.ndarray, colour: int) -> np.ndarray:
        """The best set of edges of this colour and of chosen edges of others."""
        side = np.where(self.colour == colour, LEFT, np.where(chosen, RIGHT, 0))
        return self.fused(side.astype(np.int8))[0]

    def combined(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The best set of edges that are in either of two sets."""
        side = np.where(first & ~second, LEFT, np.where(second & ~first, RIGHT, 0))
        found: np.ndarray = self.fused(side.astype(np.int8))[0] | (first & second)
        return found

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What the kernels take first."""
        return self.indptr, self.vertices, self.colour, self.weights, self.at, self.edges

    def labels(self, chosen: np.ndarray) -> np.ndarray:
        """The colouring that satisfies the chosen edges, bool (m,); other vertices by vote."""
        labels = self.vote.copy()
        entries = np.repeat(chosen, np.diff(self.indptr))
        labels[self.vertices[entries]] = np.repeat(self.colour, np.diff(self.indptr))[entries]
        return labels

    def chosen(self, labels: np.ndarray) -> np.ndarray:
        """The edges that a colouring satisfies, bool (m,)."""
        if self.colour.size == 0:
            return np.zeros(0, np.bool_)
        right = labels[self.vertices] == np.repeat(self.colour, np.diff(self.indptr))
        whole: np.ndarray = np.logical_and.reduceat(right, self.indptr[:-1])
        return whole
