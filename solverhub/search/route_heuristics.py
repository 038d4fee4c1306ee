"""Routes by one shortest path each: the rules of thumb to measure other methods against.

`least-expected-time` weighs an edge by its mean, `mean-plus-deviation` by mean plus half the
deviation, the heuristic of Ferber et al. (ICML 2023, arXiv:2210.12547).  Neither looks at the
deadline.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import as_solution, distances_to_target, follow


class LeastExpectedTimeSolver:
    """The path of least mean."""

    name: ClassVar[str] = "least-expected-time"
    title: ClassVar[str] = "Path of least expected time"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("numba",)
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def weights(self, instance: RouteInstance) -> np.ndarray:
        """float64 (E,): what an edge costs."""
        return instance.mean

    def solve(
        self,
        instance: RouteInstance,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        recorder = Recorder(budget, Sense.MAXIMISE, observe)
        if warm_start is not None and not self.problem.violations(instance, warm_start):
            recorder.incumbent(self.problem.objective(instance, warm_start), warm_start)
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        path = follow(instance, distances_to_target(instance, self.weights(instance))[1])
        if path is None:
            return recorder.finish(None, reason=Reason.INFEASIBLE)
        solution = as_solution(instance, path)
        recorder.incumbent(self.problem.objective(instance, solution), solution)
        return recorder.finish(recorder.limit(1))


class MeanPlusDeviationSolver(LeastExpectedTimeSolver):
    """The path of least mean plus half the deviation, edge by edge."""

    name: ClassVar[str] = "mean-plus-deviation"
    title: ClassVar[str] = "Path of least mean plus half the deviation"

    def weights(self, instance: RouteInstance) -> np.ndarray:
        """float64 (E,): mean and half the standard deviation; common factors count too."""
        variance = instance.variance + (instance.loadings**2).sum(axis=1)
        cost: np.ndarray = instance.mean + np.sqrt(variance) / 2
        return cost
