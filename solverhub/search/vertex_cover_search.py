"""`vertex-cover-search`: independent set, clique and vertex cover by local search.

A greedy start, then edge-weighting search for vertex covers (`vertex_cover_weighting`), one
chain a thread.  A step of the budget's `iterations` is one exchange of a chain.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Event, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result
from solverhub.core.solver import Params
from solverhub.problems.graph import Graph
from solverhub.search.clique_start import greedy_clique
from solverhub.search.independent_set_start import degree_independent, quick_independent
from solverhub.search.independent_set_task import CLIQUE, IndependentSetTask, task_of
from solverhub.search.subset_chains import run_chains
from solverhub.search.subset_incumbents import SubsetIncumbents
from solverhub.search.vertex_cover_chain import CoverChain


class VertexCoverSearchSolver:
    """Edge-weighting local search for three families that are one."""

    name: ClassVar[str] = "vertex-cover-search"
    title: ClassVar[str] = "Edge-weighting local search for vertex covers (NuMVC)"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: Params | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        problem = self.problem
        integral = problem.integral(instance)
        recorder = Recorder(budget, problem.sense(instance), observe, integral=integral)
        known = SubsetIncumbents(problem, instance, recorder)
        known.begin(warm_start)
        threads = 1 if budget.deterministic else budget.threads
        limit = recorder.limit()
        if limit is None:
            limit = self._search(instance, known, threads, seed)
        return known.finish(limit, deterministic=threads == 1)

    def _search(
        self, instance: Graph, known: SubsetIncumbents, threads: int, seed: int
    ) -> Limit | None:
        if self.problem.name == CLIQUE:
            known.take(greedy_clique(instance))
        solution = known.recorder.solution
        task = task_of(self.problem.name, instance, solution)
        start = None if solution is None else task.lower(solution)
        return search_task(task, known, start, threads, seed)


def search_task(
    task: IndependentSetTask,
    known: SubsetIncumbents,
    start: np.ndarray | None,
    threads: int,
    seed: int,
) -> Limit | None:
    """Search the task from `start`, an independent set, or from a greedy one."""
    if start is None:
        start = quick_independent(task.graph, task.cost)
        known.take(task.lift(start))
        if task.graph.weights is None:
            start = degree_independent(task.graph)
            known.take(task.lift(start))
    if task.graph.n_edges == 0:
        known.prove(known.recorder.objective, None)
        return None
    chains = [CoverChain(task.graph, task.cost, start, seed, i) for i in range(threads)]

    def take(independent: np.ndarray) -> bool:
        return known.take(task.lift(independent))

    def hear(event: Event) -> np.ndarray | None:
        solution = known.hear(event)
        return None if solution is None else task.lower(solution)

    return run_chains(chains, known.recorder, take, hear)
