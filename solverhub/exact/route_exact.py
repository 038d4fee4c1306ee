"""Routes proved most likely to arrive on time: parametric shortest paths, then enumeration.

With independent times and a deadline beyond the least expected time the best path is a corner of
the hull of (variance, mean), which `Hull` finds by a few shortest paths.  With a tighter deadline
a path with more variance is better, the best one may lie inside the hull, and `Enumeration` looks
at what the lines leave between bound and incumbent.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Reason, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.incoming import adopt
from solverhub.exact.route_enumeration import Enumeration
from solverhub.exact.route_lines import Hull
from solverhub.exact.warm_start import begin
from solverhub.problems.route_bound import chance, path_score
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import as_solution

_CHUNK = 20_000
"""Prefixes between two looks at the budget: some milliseconds."""
_MOST_LINES = 8


class RouteExactSolver:
    """Parametric shortest paths with enumeration."""

    name: ClassVar[str] = "parametric-paths"
    title: ClassVar[str] = "Parametric shortest paths and enumeration"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: RouteInstance) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        return None if instance.independent else "its travel times are correlated"

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
        refusal = self.serves(instance)
        if refusal:
            raise InvalidInstance(f"{self.name}: {refusal}", remedy="use surco-zero or auto")
        recorder = Recorder(budget, Sense.MAXIMISE, observe)
        begin(self.problem, instance, recorder, warm_start)
        if self.problem.check_infeasible(instance, None):
            return recorder.finish(None, reason=Reason.INFEASIBLE)
        return _Run(self.problem, instance, recorder).run()


class _Run:
    """One solve: lines first, then what they leave."""

    def __init__(self, problem: Problem, instance: RouteInstance, recorder: Recorder) -> None:
        self.problem, self.instance, self.recorder = problem, instance, recorder
        self.evidence: dict[str, Any] = {}
        self.iterations = 0

    def run(self) -> Result:
        hull = Hull(self.instance, self._told)
        more = True
        while more and self._limit() is None:
            more = not self._closed(hull) and hull.refine(hull.best()[1])
        self.evidence["multipliers"] = [t.slope for t in hull.touching]
        self.recorder.bound(self.problem.bound_value(self.instance, self.evidence))  # type: ignore[attr-defined]
        if not self.recorder.proved() and self._limit() is None:
            self._enumerate(hull)
        return self.recorder.finish(self._limit(), evidence=self.evidence)

    def _closed(self, hull: Hull) -> bool:
        """True if the lines leave less than the budget's gap."""
        known = self.recorder.objective
        return known is not None and chance(hull.best()[0]) <= known * (1 + self._gap / 2)

    @property
    def _gap(self) -> float:
        return max(self.recorder.budget.gap, 1e-8)

    def _told(self, path: np.ndarray) -> None:
        self.iterations += 1
        solution = as_solution(self.instance, path)
        self.recorder.incumbent(self.problem.objective(self.instance, solution), solution)

    def _enumerate(self, hull: Hull) -> None:
        lines = hull.near(_MOST_LINES)
        search = Enumeration(
            self.instance,
            np.array([t.slope for t in lines]),
            np.array([t.reach for t in lines]),
            hull.least.reach,
            self._score(),
        )
        while self._limit() is None:
            done = search.advance(_CHUNK)
            if done is False:
                self._told(search.path)
            if done:
                self.evidence["enumerate"] = True
                self.recorder.bound(min(1.0, float(self.recorder.objective or 0.0) * (1 + 1e-8)))
                return
            for event in self.recorder.budget.incoming():
                if adopt(self.problem, self.instance, self.recorder, event):
                    search.score = max(search.score, self._score())

    def _score(self) -> float:
        solution = self.recorder.solution
        if solution is None:
            return -math.inf
        return path_score(self.instance.deadline, *self.instance.moments(solution))

    def _limit(self) -> Limit | None:
        return self.recorder.limit(self.iterations)
