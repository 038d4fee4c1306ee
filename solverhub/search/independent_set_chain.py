"""The chain of the swap search."""

from __future__ import annotations

import numpy as np

from solverhub.problems.graph import Graph
from solverhub.search.independent_set_swaps import SwapState, begin, search, swap_state
from solverhub.search.subset_random import random_state


class SwapChain:
    """One run of `independent_set_swaps`; solutions are independent sets, bool (n,)."""

    def __init__(self, graph: Graph, cost: np.ndarray, start: np.ndarray, *seed: int) -> None:
        indices = graph.indices.astype(np.int32)
        self.state: SwapState = swap_state(graph.indptr, indices, cost, start, random_state(*seed))
        self.finished = False

    def run(self, steps: int) -> bool:
        """Go on for this many rounds."""
        return bool(search(self.state, steps))

    def best(self) -> np.ndarray:
        """The set as it is: it never gets worse."""
        return self.state.inside.copy()

    def adopt(self, solution: np.ndarray) -> None:
        """Go on from this independent set if it is better."""
        if self.state.cost[solution].sum() > self.state.value[0]:
            begin(self.state, solution)
