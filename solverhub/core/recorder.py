"""The notebook of one solve: keeps the best incumbent and bound, the trace, and tells the observer.

Every solver writes its finds here, so that traces are monotone, events carry one
clock, and the final `Result` is put together in one place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind, Observer, ignore
from solverhub.core.result import (
    Limit,
    Number,
    Reason,
    Result,
    Sense,
    Termination,
    TracePoint,
    relative_gap,
)


class Recorder:
    """Collects what one solver finds.

    `incumbent` and `bound` ignore what does not improve, so engines may report all they
    see.  `integral=True` says that every objective is an integer, so that a bound within
    rounding of the next integer proves optimality.
    """

    def __init__(
        self,
        budget: Budget,
        sense: Sense,
        observe: Observer = ignore,
        *,
        integral: bool = False,
    ) -> None:
        self.budget = budget
        self.sense = sense
        self.integral = integral
        self.objective: Number | None = None
        self.solution: np.ndarray | None = None
        self.claimed: Number | None = None
        self.best_bound: Number | None = None
        self._observe = observe
        self._trace: list[TracePoint] = []
        self._log: list[str] = []

    def incumbent(self, objective: Number, solution: np.ndarray) -> bool:
        """Keep the solution if it is the best so far; True if it was."""
        if self.objective is not None and not self.sense.better(objective, self.objective):
            return False
        self.objective, self.solution = objective, np.array(solution, copy=True)
        point = self._point()
        self._observe(
            Event(EventKind.INCUMBENT, point.wall_s, objective=objective, solution=self.solution)
        )
        return True

    def claim(self, objective: Number) -> bool:
        """Tell of an incumbent whose solution the engine keeps to itself for now.

        It goes to the observer and the trace, and can meet the target; True if it is the best
        so far.  The result never has it without its solution.
        """
        known = [value for value in (self.objective, self.claimed) if value is not None]
        if any(not self.sense.better(objective, value) for value in known):
            return False
        self.claimed = objective
        point = self._point()
        self._observe(Event(EventKind.INCUMBENT, point.wall_s, objective=objective))
        return True

    def bound(self, value: Number) -> bool:
        """Keep the bound if it is finite and the tightest so far; True if it was."""
        if not math.isfinite(value):
            return False
        if self.best_bound is not None and not self.sense.better(self.best_bound, value):
            return False
        self.best_bound = value
        point = self._point()
        self._observe(Event(EventKind.BOUND, point.wall_s, bound=value))
        return True

    def log(self, line: str, *, keep: bool = False) -> None:
        """Pass a line of the engine's log on; keep it in the result when asked to."""
        if keep:
            self._log.append(line)
        self._observe(Event(EventKind.LOG, self.budget.elapsed_s, message=line))

    def limit(self, iterations: int = 0) -> Limit | None:
        """The limit of the budget that has been reached, or None."""
        return self.budget.reached(self.sense, self._best_told(), iterations)

    def proved(self) -> bool:
        """True if the bound shows the incumbent to be optimal within the budget's gap."""
        if self.objective is None or self.best_bound is None:
            return False
        if self.integral and abs(float(self.objective - self.best_bound)) < 1 - 1e-6:
            return True
        if not self.sense.better(self.best_bound, self.objective):
            return True
        gap = relative_gap(self.objective, self.best_bound)
        return gap is not None and gap <= self.budget.gap

    def finish(
        self,
        limit: Limit | None,
        *,
        reason: Reason | None = None,
        evidence: Mapping[str, Any] | None = None,
        pool: tuple[np.ndarray, ...] = (),
        engines: Mapping[str, str] | None = None,
        deterministic: bool = True,
    ) -> Result:
        """The result of the solve.

        `reason` is derived (optimal, feasible or no solution) unless the solver knows better
        (infeasible, unbounded).  A proof overrides the limit: a solve that is proved optimal
        was not stopped by one.
        """
        if reason is None:
            reason = Reason.NO_SOLUTION if self.objective is None else Reason.FEASIBLE
            if self.proved():
                reason = Reason.OPTIMAL
        proved = reason in (Reason.OPTIMAL, Reason.INFEASIBLE, Reason.UNBOUNDED)
        return Result(
            termination=Termination(reason, None if proved else limit),
            solution=self.solution,
            objective=self.objective,
            bound=self.best_bound,
            evidence=evidence,
            pool=pool,
            trace=tuple(self._trace),
            engines=dict(engines or {}),
            deterministic=deterministic,
            log=tuple(self._log),
            wall_s=self.budget.elapsed_s,
        )

    def _point(self) -> TracePoint:
        point = TracePoint(self.budget.elapsed_s, self._best_told(), self.best_bound)
        self._trace.append(point)
        return point

    def _best_told(self) -> Number | None:
        if self.claimed is None or self.objective is None:
            return self.objective if self.claimed is None else self.claimed
        ahead = self.sense.better(self.claimed, self.objective)
        return self.claimed if ahead else self.objective
