"""What a subset search knows and has told: its recorder, the judge of its family, and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidSolution
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Number, Result
from solverhub.problems.graph import Graph


class SubsetIncumbents:
    """Takes in selections of vertices, the caller's, the search's and those of others."""

    def __init__(self, problem: Problem, instance: Graph, recorder: Recorder) -> None:
        self.problem = problem
        self.instance = instance
        self.recorder = recorder
        self.evidence: Mapping[str, Any] | None = None

    def begin(self, warm_start: np.ndarray | None) -> None:
        """Record a warm start that is feasible; `InvalidSolution` for one of the wrong form."""
        if warm_start is None:
            return
        dtype, shape = self.problem.solution_form(self.instance)
        found = getattr(warm_start, "dtype", None), getattr(warm_start, "shape", None)
        if found != (dtype, shape):
            raise InvalidSolution(
                f"the warm start is {found[0] or type(warm_start).__name__} {found[1]}",
                remedy=f"give {dtype} {shape}",
            )
        if not self.problem.violations(self.instance, warm_start):
            self.take(warm_start)

    def take(self, selected: np.ndarray) -> bool:
        """Record a feasible selection; True if it is the best so far."""
        return self.recorder.incumbent(self.problem.objective(self.instance, selected), selected)

    def hear(self, event: Event) -> np.ndarray | None:
        """Take in what others found; the solution if it is feasible and the best so far."""
        if event.kind is EventKind.BOUND and event.bound is not None:
            self.recorder.bound(event.bound)
        selected = event.solution
        if event.kind is not EventKind.INCUMBENT or selected is None:
            return None
        objective, known = self.problem.objective(self.instance, selected), self.recorder.objective
        if known is not None and not self.recorder.sense.better(objective, known):
            return None
        if self.problem.violations(self.instance, selected):
            return None
        return selected if self.recorder.incumbent(objective, selected) else None

    def prove(self, bound: Number, evidence: Mapping[str, Any] | None) -> None:
        """Record a bound with its evidence, unless a tighter one is known."""
        if self.recorder.bound(bound):
            self.evidence = evidence

    def finish(self, limit: Limit | None, *, deterministic: bool) -> Result:
        """The result of the solve."""
        return self.recorder.finish(limit, evidence=self.evidence, deterministic=deterministic)
