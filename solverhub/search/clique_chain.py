"""Chains that prove: branch and bound for cliques, and its turns with a local search."""

from __future__ import annotations

import numpy as np

from solverhub.problems.graph import Graph
from solverhub.search.clique_branching import DONE, BranchState, branch_state, search
from solverhub.search.subset_chains import Chain


class BranchChain:
    """One run of `clique_branching`; solutions are cliques of the graph, bool (n,).

    It is `finished` once the best is proved.
    """

    def __init__(self, graph: Graph, cost: np.ndarray, start: np.ndarray) -> None:
        self.state: BranchState = branch_state(graph.indptr, graph.indices, cost, start)
        self.finished = False

    def run(self, steps: int) -> bool:
        """Go on for this many nodes of the tree."""
        improved = bool(search(self.state, steps))
        self.finished = bool(self.state.counts[DONE])
        return improved

    def best(self) -> np.ndarray:
        """The heaviest clique so far."""
        return self.state.best.copy()

    def adopt(self, solution: np.ndarray) -> None:
        """Cut off what cannot beat this clique."""
        weight = float(self.state.cost[solution].sum())
        if weight > self.state.value[0]:
            self.state.value[0] = weight
            self.state.best[:] = solution


class TurnChain:
    """A proving chain and a searching one by turns, each told what the other finds.

    The proof gets one step in `SHARE` (its steps are about as long), and once it ends the whole
    is `finished`.
    """

    SHARE = 4

    def __init__(self, proof: BranchChain, searching: Chain) -> None:
        self.proof = proof
        self.searching = searching
        self.finished = False

    def run(self, steps: int) -> bool:
        """Go on for this many steps, both together."""
        turn = -(-steps // self.SHARE)
        better = self.proof.run(turn)
        if better:
            self.searching.adopt(self.proof.best())
        if self.proof.finished:
            self.finished = True
            return better
        found = not self.searching.finished and self.searching.run(max(1, steps - turn))
        if found:
            self.proof.adopt(self.searching.best())
        return better or found

    def best(self) -> np.ndarray:
        """The better of both."""
        return self.proof.best()

    def adopt(self, solution: np.ndarray) -> None:
        """Tell both."""
        self.proof.adopt(solution)
        self.searching.adopt(solution)
