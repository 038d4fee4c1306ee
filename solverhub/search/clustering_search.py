"""Correlation clustering by greedy contraction, annealing and recombination, on all threads.

An iteration is `clustering_chain.TRIALS` tried moves of a vertex.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_chain import ClusteringChain
from solverhub.search.clustering_reduced import Reduced
from solverhub.search.subset_chains import run_chains

NO_CYCLES = {
    "cycles": np.zeros(0, np.int64),
    "indptr": np.zeros(1, np.int64),
    "duals": np.zeros(0),
}
"""Evidence for the bound 0."""


class ClusteringSearchSolver:
    """Annealing from a greedy contraction, with recombination of elites."""

    name: ClassVar[str] = "clustering-search"
    title: ClassVar[str] = "Greedy contraction, annealing and recombination"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: SignedGraph,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=integral)
        recorder.bound(0)

        reduced = Reduced.of(instance)
        recorder.log(reduced.told(), keep=True)

        def take(labels: np.ndarray) -> bool:
            return keep(reduced.lift(labels))

        def keep(solution: np.ndarray) -> bool:
            return recorder.incumbent(self.problem.objective(instance, solution), solution)

        def hear(event: Event) -> np.ndarray | None:
            if event.kind is EventKind.BOUND and event.bound is not None:
                recorder.bound(event.bound)
            if event.kind is EventKind.INCUMBENT and event.solution is not None:
                keep(event.solution)
                return reduced.lower(event.solution)
            return None

        form = reduced.form
        start = form.greedy()
        take(start)
        threads = 1 if budget.deterministic else budget.threads
        seeds = np.random.SeedSequence(seed).spawn(threads)
        chains = [ClusteringChain(form, start, each) for each in seeds]
        if warm_start is not None:
            keep(warm_start)
            for chain in chains:
                chain.adopt(reduced.lower(warm_start))
        limit = recorder.limit()
        if limit is None and not recorder.proved():
            every_s = instance.n * 1e-6
            limit = run_chains(chains, recorder, take, hear, every_s=every_s)
        return recorder.finish(limit, evidence=NO_CYCLES, deterministic=threads == 1)
