"""`dominating-set-search`: dominating sets by row-weighting local search.

Exact reductions to a smaller set cover (`kernel_dominating_set`), a greedy start, then RWLS
(`dominating_set_weighting`), one chain a thread.  A step of the budget's `iterations` is one
exchange of a chain.  The bound is a packing: vertices pairwise further apart than 2.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from solverhub.core.events import Event
from solverhub.core.result import Limit
from solverhub.problems.graph import Graph
from solverhub.reductions.kernel_dominating_set import DominatingSetKernel, dominating_set_kernel
from solverhub.search.dominating_set_packing import greedy_packing
from solverhub.search.dominating_set_state import BEST, clear, enter, keep_best, row_state
from solverhub.search.dominating_set_weighting import cover_greedily, search
from solverhub.search.subset_chains import run_chains
from solverhub.search.subset_incumbents import SubsetIncumbents
from solverhub.search.subset_random import random_state
from solverhub.search.subset_search import SubsetSearchSolver

LARGE = 200_000
"""Vertices and edges beyond which a solution is told before the reductions."""


class DominatingSetSearchSolver(SubsetSearchSolver):
    """Row-weighting local search on what the reductions leave."""

    name: ClassVar[str] = "dominating-set-search"
    title: ClassVar[str] = "Row-weighting local search for dominating sets (RWLS)"

    def run(
        self, instance: Graph, known: SubsetIncumbents, threads: int, seed: int
    ) -> Limit | None:
        """On the rows and columns of the kernel."""
        recorder = known.recorder
        if recorder.solution is None and instance.n + instance.n_edges > LARGE:
            plain = dominating_set_kernel(instance, reduce=False)
            known.take(plain.lift(RowChain(plain, None, seed).best()))
        kernel = dominating_set_kernel(instance)
        start = None if recorder.solution is None else kernel.lower(recorder.solution)
        first = RowChain(kernel, start, seed, 0)
        known.take(kernel.lift(first.best()))
        if first.finished:
            known.prove_best()
        known.bound_by({"packing": greedy_packing(instance)})
        if recorder.proved() or recorder.limit() is not None:
            return recorder.limit()
        chains = [first, *(RowChain(kernel, start, seed, i) for i in range(1, threads))]

        def take(columns: np.ndarray) -> bool:
            return known.take(kernel.lift(columns))

        def hear(event: Event) -> np.ndarray | None:
            solution = known.hear(event)
            return None if solution is None else kernel.lower(solution)

        return run_chains(chains, recorder, take, hear, patience_s=known.patience_s)


class RowChain:
    """One run of `dominating_set_weighting`; solutions are columns of the kernel."""

    def __init__(self, kernel: DominatingSetKernel, start: np.ndarray | None, *seed: int) -> None:
        self.state = row_state(kernel.rows, kernel.cols, kernel.cost, random_state(*seed))
        self._begin(start)
        self.finished = self._least()

    def run(self, steps: int) -> bool:
        """Go on for this many exchanges."""
        if self.finished:
            return False
        improved = bool(search(self.state, steps))
        self.finished = self._least()
        return improved

    def _least(self) -> bool:
        """True if no rows are left, or one column of least cost covers them."""
        state = self.state
        if int(state.counts[BEST]) == 0:
            return True
        return int(state.counts[BEST]) == 1 and float(state.value[1]) <= float(state.cost.min())

    def best(self) -> np.ndarray:
        """The cheapest cover so far."""
        return self.state.best.copy()

    def adopt(self, solution: np.ndarray) -> None:
        """Go on from these columns, and what they leave open, if that is cheaper."""
        kept, value = self.state.best.copy(), float(self.state.value[1])
        self._begin(solution)
        if self.state.value[1] >= value:
            self._begin(kept)

    def _begin(self, columns: np.ndarray | None) -> None:
        clear(self.state)
        if columns is not None:
            for c in np.flatnonzero(columns):
                enter(self.state, c)
        cover_greedily(self.state)
        keep_best(self.state)
