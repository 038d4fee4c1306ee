"""The chain of the edge-weighting search, over independent sets of a graph."""

from __future__ import annotations

import numpy as np

from solverhub.problems.graph import Graph
from solverhub.search.subset_random import random_state
from solverhub.search.vertex_cover_state import BEST, CoverState, cover_state, restart
from solverhub.search.vertex_cover_weighting import search_costs, search_sizes


class CoverChain:
    """One run of `vertex_cover_weighting`; solutions are independent sets, bool (n,)."""

    def __init__(self, graph: Graph, cost: np.ndarray, start: np.ndarray, *seed: int) -> None:
        self.state: CoverState = cover_state(
            graph.indptr,
            graph.indices.astype(np.int32),
            graph.edge_ids.astype(np.int32),
            graph.edge_index.astype(np.int32),
            cost,
            ~start,
            random_state(*seed),
        )
        self.unit = graph.weights is None
        self.finished = graph.n_edges == 0

    def run(self, steps: int) -> bool:
        """Go on for this many exchanges."""
        if self.finished:
            return False
        search = search_sizes if self.unit else search_costs
        improved = bool(search(self.state, steps))
        self.finished = self.unit and int(self.state.counts[BEST]) <= 1
        return improved

    def best(self) -> np.ndarray:
        """The largest or heaviest independent set so far."""
        return ~self.state.best

    def adopt(self, solution: np.ndarray) -> None:
        """Go on from this independent set if it is better."""
        cost = self.state.cost
        if cost[solution].sum() > cost[~self.state.best].sum():
            restart(self.state, ~solution)
