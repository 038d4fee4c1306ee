"""What the local searches for subsets of vertices share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result
from solverhub.problems.graph import Graph
from solverhub.search.subset_incumbents import SubsetIncumbents
from solverhub.search.subset_params import SubsetSearchParams
from solverhub.search.subset_warming import warming_graphs


class SubsetSearchSolver(ABC):
    """Reductions and chains of a local search, one a thread; `run` is the whole of it."""

    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[SubsetSearchParams]] = SubsetSearchParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Load the compiled kernels, which takes a third of a second or more."""
        few = Budget.start(iterations=64, threads=1, deterministic=True)
        for graph in warming_graphs():
            self.solve(graph, few)

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: SubsetSearchParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        problem = self.problem
        integral = problem.integral(instance)
        recorder = Recorder(budget, problem.sense(instance), observe, integral=integral)
        patience_s = None if params is None else params.patience_s
        known = SubsetIncumbents(problem, instance, recorder, patience_s)
        known.begin(warm_start)
        threads = 1 if budget.deterministic else budget.threads
        limit = recorder.limit()
        if limit is None:
            limit = self.run(instance, known, threads, seed)
        return known.finish(limit, deterministic=threads == 1)

    @abstractmethod
    def run(
        self, instance: Graph, known: SubsetIncumbents, threads: int, seed: int
    ) -> Limit | None:
        """Search from what is known until a proof, None, or a limit."""
