"""What solvers share that apply one rule once and end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result
from solverhub.core.solver import Params


class OnePassSolver(ABC):
    """A rule, whose only solution `answer` gives; `floor` bounds every objective of the family."""

    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params
    floor: ClassVar[int | None] = None

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    @abstractmethod
    def answer(self, instance: Any, params: Any, seed: int) -> np.ndarray | None:
        """The rule's feasible solution, None where it finds none."""

    def solve(
        self,
        instance: Any,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        sense, integral = self.problem.sense(instance), self.problem.integral(instance)
        recorder = Recorder(budget, sense, observe, integral=integral)
        if self.floor is not None:
            recorder.bound(self.floor)
        if warm_start is not None and not self.problem.violations(instance, warm_start):
            recorder.incumbent(self.problem.objective(instance, warm_start), warm_start)
        limit = recorder.limit()
        if limit is not None:
            return recorder.finish(limit)
        found = self.answer(instance, params, seed)
        if found is not None:
            recorder.incumbent(self.problem.objective(instance, found), found)
        elif self.problem.check_infeasible(instance, None):
            return recorder.finish(None, reason=Reason.INFEASIBLE)
        return recorder.finish(recorder.limit(1))
