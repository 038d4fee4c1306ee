"""Maximum cut by annealing and recombination on all threads.

Sparse graphs are reduced first (`reductions.kernel_max_cut`), and what is left is searched; a
kernel of few vertices is enumerated, which proves the best.  The search starts from a
breadth-first colouring, which is optimal wherever some cut pleases all edges (bipartite graphs,
balanced signed ones): the sum of the positive weights is then reached, and the solve ends with
that as its bound.  Otherwise chains (`max_cut_chain`) run until a limit, one a thread, sharing
the best of what they find.  An iteration is a sweep of a chain: as many tried flips as the graph
at hand, whole or contracted, has vertices, in each of the cuts that it anneals at once.
"""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.graph import Graph
from solverhub.reductions.kernel_max_cut import cut_kernel
from solverhub.search.max_cut_chain import Chain
from solverhub.search.max_cut_graph import CutGraph, cut_graph
from solverhub.search.max_cut_share import EVIDENCE, CutShare


class MaxCutSearchSolver:
    """Annealing with recombination of elites."""

    name: ClassVar[str] = "max-cut-search"
    title: ClassVar[str] = "Annealing and recombination by contraction"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Load the compiled kernels, so that they cost a forked solve no time."""
        few = Budget.start(iterations=1500, threads=1, deterministic=True)
        rng = np.random.default_rng(0)
        u, v = np.triu_indices(60, 1)
        weights = rng.integers(-9, 10, u.size)
        for unit in (1, 2**40, 1.5):
            graph = Graph.from_edges(60, u, v, edge_weights=weights * unit)
            self.solve(graph, few, params=self.Params(), seed=0)

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, Sense.MAXIMISE, observe, integral=integral)
        kernel = cut_kernel(instance)
        graph = cut_graph(instance if kernel is None else kernel.graph)
        share = CutShare(self.problem, instance, graph, recorder, kernel)
        share.begin(warm_start)
        threads = 1 if budget.deterministic else budget.threads
        if not share.over(0):
            run_chains(graph, share, threads, seed, budget.iterations)
        return recorder.finish(
            share.limit,
            evidence=EVIDENCE,
            deterministic=threads == 1,
        )


def run_chains(
    graph: CutGraph, share: CutShare, threads: int, seed: int, limit: int | None
) -> None:
    """One chain a thread; this one runs the first and alone listens to others."""
    seeds = np.random.SeedSequence(seed).spawn(threads)
    chains = [Chain(graph, share, each, limit) for each in seeds]
    others = [
        threading.Thread(target=share.guard, args=(chain,), daemon=True) for chain in chains[1:]
    ]
    for thread in others:
        thread.start()
    try:
        chains[0].run()
    finally:
        share.stop()
        for thread in others:
            thread.join()
    if share.error is not None:
        raise share.error
