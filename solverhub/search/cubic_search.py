"""Cubic correlation clustering by greedy growth, annealing and recombination, on all threads.

An iteration is `cubic_chain.DRAWS` draws of a vertex.  The bound is that of a little message
passing (`cubic_root`), for subproblems too large for it the sum of the negative costs.
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
from solverhub.problems.cubic_instance import CubicInstance
from solverhub.problems.triple_bound import negative_total
from solverhub.search.cubic_chain import CubicChain, start_of
from solverhub.search.cubic_form import CubicForm
from solverhub.search.cubic_root import Root
from solverhub.search.subset_chains import run_chains

_ROUNDS = 10
"""Of message passing."""


class CubicSearchSolver:
    """Heat-bath annealing from a greedy start, with recombination of elites."""

    name: ClassVar[str] = "cubic-search"
    title: ClassVar[str] = "Greedy growth, heat-bath annealing and recombination"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: CubicInstance,
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
        recorder.bound(negative_total(instance))

        def take(labels: np.ndarray) -> bool:
            return recorder.incumbent(self.problem.objective(instance, labels), labels)

        def hear(event: Event) -> np.ndarray | None:
            if event.kind is EventKind.BOUND and event.bound is not None:
                recorder.bound(event.bound)
            if event.kind is EventKind.INCUMBENT and event.solution is not None:
                take(event.solution)
                return event.solution
            return None

        form = CubicForm.of(instance)
        start = start_of(form)
        take(start)
        threads = 1 if budget.deterministic else budget.threads
        seeds = np.random.SeedSequence(seed).spawn(threads)
        chains = [CubicChain(form, start, each) for each in seeds]
        if warm_start is not None:
            take(warm_start)
            for chain in chains:
                chain.adopt(warm_start)
        root = Root(instance)
        root.run(recorder, lambda: recorder.limit() is not None or recorder.proved(), _ROUNDS)
        limit = recorder.limit()
        if limit is None and not recorder.proved():
            limit = run_chains(chains, recorder, take, hear, every_s=instance.n * 1e-6)
        return recorder.finish(limit, evidence=root.evidence(), deterministic=threads == 1)
