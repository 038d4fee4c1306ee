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
from solverhub.problems.graph import EXACT_FLOAT, Graph

ROUNDING = 1e-12
"""Relative to the sum of all weights: what reductions and searches in float64 may lose."""


class SubsetIncumbents:
    """Takes in selections of vertices, the caller's, the search's and those of others."""

    def __init__(
        self,
        problem: Problem,
        instance: Graph,
        recorder: Recorder,
        patience_s: float | None = None,
    ) -> None:
        self.problem = problem
        self.instance = instance
        self.recorder = recorder
        self.patience_s = patience_s
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

    def bound_by(self, evidence: Mapping[str, Any]) -> None:
        """Record the bound that the family's judge reads from this evidence."""
        bound = self.problem.bound_value(self.instance, evidence)  # type: ignore[attr-defined]
        if bound is not None:
            self.prove(bound, evidence)

    def prove_best(self) -> None:
        """Record that the best known is optimal, but for the rounding of float weights."""
        best = self.recorder.objective
        if best is None:
            return
        total = float(np.abs(self.instance.vertex_weights.astype(np.float64)).sum())
        if not self.problem.integral(self.instance) or total > EXACT_FLOAT:
            slack = ROUNDING * total
            best = float(best) - self.recorder.sense.sign * slack
        self.prove(best, None)

    def finish(self, limit: Limit | None, *, deterministic: bool) -> Result:
        """The result of the solve."""
        return self.recorder.finish(limit, evidence=self.evidence, deterministic=deterministic)
