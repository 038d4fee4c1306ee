"""Metric nearness by Project and Forget, with a bound from its multipliers.

Rounds of the oracle, sweeps and conjugate gradients (`project_forget_engine`).  The answer is the
closure of an iterate, the bound the dual value of its multipliers; a closure is only taken where
it may be worth its n^3 / 2 steps: where the violations, told from how they fell in the round
before, should be small enough for the gap asked for, or in three times the round of the last one.
An iteration is a round.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.metric_pieces import cycle_vertices, extended, positive_part, require
from solverhub.exact.project_forget_engine import Projection
from solverhub.exact.project_forget_oracle import Found, new_rows, oracle_of
from solverhub.exact.warm_start import begin
from solverhub.ops.crew import Crew
from solverhub.problems.metric_instance import MetricInstance

_SWEEPS, _SWEEPS_AFTER = 5, 3
_STEPS, _MOST_STEPS = 20, 320
_RESIDUAL = 0.1
_EARLY = 0.1
"""Violation, relative to the largest distance, above which sweeps alone are worth it."""

_SAFE = 1 - 2.0**-40
"""Share of the dual value that its recomputation, which rounds down, does not fall below."""

_FINEST = 1e-14
"""Violation, relative to the largest distance, that counts as rounding."""


class ProjectForgetSolver:
    """Metric nearness in the l2 norm, complete or sparse."""

    name: ClassVar[str] = "project-forget"
    title: ClassVar[str] = "Project and Forget with conjugate gradients"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("numba",)
    Params: ClassVar[type[Params]] = Params

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
        params: Any,
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
            run = _Rounds(self.problem, instance, recorder, crew)
            limit = run.go()
            evidence = run.evidence
        return recorder.finish(limit, evidence=evidence)


class _Rounds:
    """The rounds of one solve, on distances divided by a power of two near the largest."""

    def __init__(
        self, problem: Problem, instance: MetricInstance, recorder: Recorder, crew: Crew
    ) -> None:
        self.problem, self.instance, self.recorder = problem, instance, recorder
        self.part, self.kept = positive_part(instance)
        self.unit = 2.0 ** math.frexp(self.part.largest)[1]
        self.d = self.part.distances / self.unit
        self.oracle = oracle_of(self.part, crew, self._stopped)
        self.all_pairs = oracle_of(instance, crew, self._stopped)
        self.projection = Projection(self.d, 1.0 / self.part.pair_weights, crew, self._stopped)
        self.rounds, self.steps = 0, _STEPS
        self.closed_in = 0
        self.lost = math.inf

    def go(self) -> Limit | None:
        """Rounds until a limit, a proof, or nothing is violated beyond rounding."""
        projection = self.projection
        self._close()
        while not self._ended():
            found = self.oracle.violated(projection.x, _FINEST)
            if self._ended():
                break
            self.rounds += 1
            self._take(found)
            self.recorder.bound(projection.dual(projection.x) * self.unit**2 * _SAFE)
            if self._worth_closing(found):
                self._close()
            if found.worst <= 2 * _FINEST:
                self._close()
                break
        return self.recorder.limit(self.rounds)

    @property
    def evidence(self) -> dict[str, np.ndarray]:
        """The rows and their multipliers, as the judge wants them."""
        projection = self.projection
        projection.forget()
        u, v = self.part.edge_index
        return {
            "cycles": cycle_vertices(projection.edges, projection.indptr, u, v),
            "indptr": projection.indptr,
            "duals": projection.z * self.unit,
        }

    def _take(self, found: Found) -> None:
        """Add the rows, sweep, and near the end solve for the positive multipliers."""
        projection = self.projection
        projection.add(*new_rows(projection, found))
        change = projection.sweep(_SWEEPS)
        if found.worst < _EARLY:
            projection.newton(self.steps, _RESIDUAL)
            change = projection.sweep(_SWEEPS_AFTER)
            more = change > _RESIDUAL * found.worst
            self.steps = min(_MOST_STEPS, 2 * self.steps) if more else self.steps
        projection.forget()

    def _worth_closing(self, found: Found) -> bool:
        """True where the closure may close the gap, or was last taken a third of the rounds ago.

        What the closure adds to the objective is at least 2 w (x - d) times the violations, here
        those that the round began with; what is left of them is told from how they fell before.
        """
        closing = found.edges[found.indptr[:-1]]
        change = (self.projection.x[closing] - self.d[closing]) / self.projection.scale[closing]
        lost = 2 * float(np.maximum(-change, 0.0) @ found.excess) * self.unit**2
        left = lost * min(1.0, lost / self.lost) if self.lost > 0 else 0.0
        self.lost = lost
        known = self.recorder.best_bound or 0.0
        enough = left <= 3 * self.recorder.budget.gap * abs(float(known))
        return enough or self.rounds >= 3 * self.closed_in

    def _close(self) -> None:
        """Record the closure of the iterate."""
        closed = self.oracle.closure(self.projection.x)
        if closed is None:
            return
        full = extended(self.instance, self.kept, closed * self.unit, self.all_pairs)
        if full is not None:
            self.recorder.incumbent(self.problem.objective(self.instance, full), full)
        self.closed_in = self.rounds

    def _stopped(self) -> bool:
        return self.recorder.limit() is not None

    def _ended(self) -> bool:
        return self.recorder.limit(self.rounds) is not None or self.recorder.proved()
