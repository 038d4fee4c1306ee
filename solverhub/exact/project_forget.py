"""Metric nearness by Project and Forget, with a bound from its multipliers.

Rounds of the oracle, sweeps and conjugate gradients (`project_forget_engine`).  The answer is the
closure of an iterate, the bound the dual value of its multipliers; a closure is only taken where
it may be worth its n^3 / 2 steps: where the violations, told from how they fell in the round
before, should be small enough for the gap asked for, or in three times the round of the last one.
An iteration is a round.

`sample` is the truly stochastic variant: a round looks at so many random triangles (in a sparse
instance at random pairs and their shortest paths), and the oracle is never asked for all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Reason, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.metric_pieces import conflict, require
from solverhub.exact.project_forget_oracle import Found, new_rows
from solverhub.exact.project_forget_space import space_of
from solverhub.exact.warm_start import begin
from solverhub.ops.crew import Crew
from solverhub.problems.metric_instance import MetricInstance

_SWEEPS, _STEPS = 5, 20
_RESIDUAL = 0.1
_EARLY = 0.1
"""Violation, relative to the largest distance, above which sweeps alone are worth it."""

_TIMES, _SAMPLED_TIMES = 3, 1.5
"""A closure is taken where the rounds since the start are so many times those before the last."""

_SAFE = 1 - 2.0**-40
"""Share of the dual value that its recomputation, which rounds down, does not fall below."""

_FINEST = 1e-14
"""Violation, relative to the largest distance, that counts as rounding."""


@dataclass(frozen=True)
class ProjectForgetParams(Params):
    """Parameters of the projections.

    - `sample`: cycles that a round looks at; None asks for all violated ones.
    """

    sample: int | None = None

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.sample is not None and self.sample < 1:
            raise InvalidParams(f"sample is {self.sample}", remedy="give at least 1")


class ProjectForgetSolver:
    """Metric nearness in the l2 norm, complete or sparse, with bounds on distances or without."""

    name: ClassVar[str] = "project-forget"
    title: ClassVar[str] = "Project and Forget with conjugate gradients"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = ProjectForgetParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: MetricInstance) -> str | None:
        """Why the instance is none of these, or None."""
        if instance.decrease_only:
            return "it does not hold distances down"
        return None if instance.norm == "l2" else f"it has no {instance.norm} norm"

    def solve(
        self,
        instance: MetricInstance,
        budget: Budget,
        *,
        params: ProjectForgetParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        require(self, instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe)
        begin(self.problem, instance, recorder, warm_start)
        recorder.bound(0.0)
        with Crew(budget.threads) as crew:
            run = _Rounds(self.problem, instance, recorder, crew, params, seed)
            cycle = conflict(instance, run.space.all_pairs)
            if cycle is not None:
                return recorder.finish(None, reason=Reason.INFEASIBLE, evidence={"cycle": cycle})
            limit = run.go()
            evidence = run.space.evidence()
        return recorder.finish(limit, evidence=evidence)


class _Rounds:
    """The rounds of one solve."""

    def __init__(
        self,
        problem: Problem,
        instance: MetricInstance,
        recorder: Recorder,
        crew: Crew,
        params: ProjectForgetParams,
        seed: int,
    ) -> None:
        self.problem, self.instance, self.recorder = problem, instance, recorder
        self.space = space_of(instance, crew, self._stopped)
        self.sample, self.rng = params.sample, np.random.default_rng(seed)
        self.rounds, self.steps = 0, _STEPS
        self.closed_in = 0
        self.lost = math.inf

    def go(self) -> Limit | None:
        """Rounds until a limit, a proof, or nothing is violated beyond rounding."""
        space = self.space
        self._close()
        while not self._ended():
            found = self._found()
            if self._ended():
                break
            self.rounds += 1
            self._take(found)
            self.recorder.bound(space.projection.value() * space.unit**2 * _SAFE)
            if self._worth_closing(found):
                self._close()
            if found.worst <= 2 * _FINEST and self.sample is None:
                self._close()
                break
        return self.recorder.limit(self.rounds)

    def _found(self) -> Found:
        if self.sample is None:
            return self.space.violated(_FINEST)
        return self.space.sampled(_FINEST, self.sample, self.rng)

    def _take(self, found: Found) -> None:
        """Add the rows, sweep, and near the end solve for the positive multipliers."""
        projection = self.space.projection
        projection.add(*new_rows(projection, found))
        change = projection.sweep(_SWEEPS)
        if found.worst < _EARLY:
            projection.newton(self.steps, _RESIDUAL)
            change = projection.sweep(projection.sweeps)
            more = change > _RESIDUAL * found.worst
            self.steps = min(projection.steps, 2 * self.steps) if more else self.steps
        projection.forget()

    def _worth_closing(self, found: Found) -> bool:
        """True where the closure may close the gap, or was last taken a third of the rounds ago.

        What the closure adds to the objective is at least 2 w (x - d) times the violations, here
        those that the round began with; what is left of them is told from how they fell before.
        A sample does not tell.
        """
        if self.sample is not None:
            return self.rounds >= _SAMPLED_TIMES * self.closed_in
        projection, unit = self.space.projection, self.space.unit
        closing = found.edges[found.indptr[:-1]]
        scale = projection.scale[closing]
        moved = projection.x[closing] - projection.d[closing]
        change = np.divide(moved, scale, out=np.zeros_like(moved), where=scale > 0)
        lost = 2 * float(np.maximum(-change, 0.0) @ found.excess) * unit**2
        left = lost * min(1.0, lost / self.lost) if self.lost > 0 else 0.0
        self.lost = lost
        known = self.recorder.best_bound or 0.0
        enough = left <= 3 * self.recorder.budget.gap * abs(float(known))
        return enough or self.rounds >= _TIMES * self.closed_in

    def _close(self) -> None:
        """Record the closure of the iterate."""
        closed = self.space.closed()
        if closed is not None:
            self.recorder.incumbent(self.problem.objective(self.instance, closed), closed)
        self.closed_in = max(1, self.rounds)

    def _stopped(self) -> bool:
        return self.recorder.limit() is not None

    def _ended(self) -> bool:
        return self.recorder.limit(self.rounds) is not None or self.recorder.proved()
