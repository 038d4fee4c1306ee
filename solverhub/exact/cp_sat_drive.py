"""Drive CP-SAT over an encoded instance: one loop for every family that it serves.

CP-SAT runs in a thread of its own while this one watches the budget (`engine_thread`), which
keeps the deadline even where CP-SAT overruns it.

CP-SAT cannot take an incumbent while it runs.  One from elsewhere is adopted at once, and
where it is well ahead of CP-SAT's own and time remains, CP-SAT is restarted with it as a
complete hint and its own bound as a floor of the objective; the patience before the next
restart doubles, since each one costs a presolve and what the workers have learned.

Workers.  CP-SAT is a portfolio, and fewer than eight workers leave out parts of it: on two
cores eight give far better bounds than two, and better solutions of large programs.  So a run
with several threads gets at least eight, except on job shops (see there).  They are as nice as
makes them weigh as much as the threads of the budget together, and beside other arms of a race as
half of those that no other arm has: otherwise eight of them leave HiGHS, on two cores, a fifth of
one.  Half, since the scheduler spreads threads of equal weight unevenly, and what is left of all
cores is CP-SAT's anyway.  With one thread, or when equal runs must give equal answers, its
strategies take turns on one thread in an order that does not depend on the clock
(`interleave_search`).

One iteration of the budget is a millisecond of CP-SAT's deterministic time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Number, Reason, Result
from solverhub.engines import cp_sat
from solverhub.exact.cp_sat_params import CpSatParams
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.incoming import adopt
from solverhub.exact.solution_pool import SolutionPool

PORTFOLIO = 8
PATIENCE_S = 2.0
WORTH = 0.05


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """An instance as a CP-SAT model, with the way back.

    - `lift`: int64 (n_variables,) of the model to a solution of the instance.
    - `lower`: a solution to a value for every variable, or None where the model has no such point.
    - `bound`: a bound of the model's minimised objective (0 if it has none) to one of the instance.
    - `exact`: every solution of the instance has a point in the model.  If False the model is a
      part of the instance, and proves nothing about the whole.
    - `settings`: of CP-SAT, those that suit the model.
    """

    model: cp_sat.Model
    lift: Callable[[np.ndarray], np.ndarray]
    lower: Callable[[np.ndarray], np.ndarray | None]
    bound: Callable[[int], Number]
    exact: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)


def drive(
    problem: Problem,
    instance: Any,
    encoding: Encoding,
    recorder: Recorder,
    *,
    params: CpSatParams,
    seed: int,
    portfolio: int = PORTFOLIO,
) -> Result:
    """Solve within the recorder's budget; an incumbent already recorded is the warm start.

    `portfolio` is the least number of workers of a run with several threads.
    """
    return _Drive(problem, instance, encoding, recorder, params, seed, portfolio).solve()


class _Drive:
    def __init__(
        self,
        problem: Problem,
        instance: Any,
        encoding: Encoding,
        recorder: Recorder,
        params: CpSatParams,
        seed: int,
        portfolio: int,
    ) -> None:
        self.problem, self.instance, self.encoding = problem, instance, encoding
        self.recorder, self.budget = recorder, recorder.budget
        self.params, self.seed = params, seed
        self.workers, self.interleave = _workers(params, self.budget, portfolio)
        self.nice = 0 if params.workers else _nice(self.workers, self.budget)
        self.answer: cp_sat.Answer | None = None
        self.own: Number | None = None
        self.floor: int | None = None
        self.pool = SolutionPool(recorder.sense, params.pool)
        self.patience = PATIENCE_S
        self.told = self.restart = False
        self.started = 0.0

    def solve(self) -> Result:
        self._hear()
        self.restart = True
        while self.restart and self.recorder.limit() is None and not self.recorder.proved():
            self._attempt()
        limit = self.recorder.limit()
        reason = self._conclude()
        return self.recorder.finish(
            limit or self._engine_limit(),
            reason=reason,
            pool=self._further(),
            engines={"ortools": cp_sat.version()},
            deterministic=self.workers == 1,
        )

    # One run and its watch.

    def _attempt(self) -> None:
        """Run CP-SAT once, from the best solution known."""
        self.told = self.restart = False
        self.started = time.monotonic()
        thread = EngineThread[cp_sat.Answer]()

        def passed_on(tell: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda told: thread.tell(partial(tell, told))

        run = cp_sat.Run(
            self._hinted(),
            self._settings(),
            on_solution=passed_on(self._on_solution),
            on_bound=passed_on(self._on_bound),
            on_log=passed_on(self._on_log) if self.params.log else None,
            nice=self.nice,
        )
        self.answer = thread.watch(run, self._interrupted)

    def _interrupted(self) -> bool:
        self._hear()
        if self.recorder.limit() is not None or self.recorder.proved():
            return True
        self.restart = time.monotonic() - self.started >= self.patience and self._restart_pays()
        if self.restart:
            self.patience *= 2
        return self.restart

    def _hear(self) -> None:
        for event in self.budget.incoming():
            adopt(self.problem, self.instance, self.recorder, event)

    def _settings(self) -> Any:
        settings: dict[str, Any] = {
            **self.encoding.settings,
            "num_workers": self.workers,
            "interleave_search": self.interleave,
            "random_seed": self.seed % 2**31,
            "log_search_progress": self.params.log,
            "log_to_stdout": False,
        }
        if self.params.pool:
            settings["solution_pool_size"] = max(3, self.params.pool)
            settings["fill_additional_solutions_in_response"] = True
        if math.isfinite(self.budget.remaining_s):
            # A backstop: taking turns CP-SAT ends well before its limit, so the watch stops it.
            settings["max_time_in_seconds"] = 1 + 2 * self.budget.remaining_s
        if self.budget.iterations is not None:
            settings["max_deterministic_time"] = self.budget.iterations / 1000
        return cp_sat.parameters(self.params.native, **settings)

    def _hinted(self) -> cp_sat.Model:
        model, self.own = self.encoding.model, None
        if self.recorder.solution is not None:
            point = self.encoding.lower(self.recorder.solution)
            if point is not None:
                model.hint(point)
                self.own = self.recorder.objective
        if self.floor is not None:
            model.bound_objective(self.floor)
        return model

    # What CP-SAT tells.

    def _on_solution(self, point: np.ndarray) -> None:
        solution = self.encoding.lift(point)
        objective = self.problem.objective(self.instance, solution)
        self.told = True
        if self.own is None or self.recorder.sense.better(objective, self.own):
            self.own = objective
        self.pool.add(objective, solution)
        self.recorder.incumbent(objective, solution)

    def _on_bound(self, bound: int) -> None:
        self.told = True
        if self.encoding.exact:
            self.floor = bound if self.floor is None else max(self.floor, bound)
            self.recorder.bound(self.encoding.bound(bound))

    def _on_log(self, lines: str) -> None:
        for line in lines.splitlines():
            self.recorder.log(line, keep=True)

    def _restart_pays(self) -> bool:
        """Presolve is over, time is left, and the adopted incumbent is well ahead of CP-SAT's."""
        best, bound = self.recorder.objective, self.recorder.best_bound
        if best is None or self.recorder.solution is None or not self.told:
            return False
        if self.budget.remaining_s < self.patience:
            return False
        if self.own is None:
            lead = gap = 1.0
        else:
            lead = abs(float(best - self.own))
            gap = abs(float(self.own - bound)) if bound is not None else abs(float(self.own))
        ahead = lead > 0 and lead >= WORTH * gap
        return ahead and self.encoding.lower(self.recorder.solution) is not None

    # The end.

    def _conclude(self) -> Reason | None:
        """Take in the answer of the last run; a reason where it says more than the recorder."""
        if self.answer is None:
            return None
        if self.answer.status is cp_sat.Status.OPTIMAL and self.encoding.exact:
            self.recorder.bound(self.encoding.bound(self.answer.bound or 0))
        no_point = self.answer.status is cp_sat.Status.INFEASIBLE
        # A known solution that the model excludes broke a row within tolerance only.
        if no_point and self.encoding.exact and self.recorder.objective is None:
            return Reason.INFEASIBLE
        return None

    def _engine_limit(self) -> Limit | None:
        """The limit of the budget at which CP-SAT stopped by itself."""
        return None if self.budget.iterations is None else Limit.ITERATIONS

    def _further(self) -> tuple[np.ndarray, ...]:
        """Up to `pool` distinct further solutions, best first."""
        best = self.recorder.solution
        if self.params.pool and best is not None and self.answer is not None:
            for point in self.answer.pool:
                self._pooled(self.encoding.lift(point))
            lowered = self.encoding.lower(best)
            if self.recorder.proved() and lowered is not None:
                self._enumerate(lowered)
        return self.pool.further(best)

    def _pooled(self, solution: np.ndarray) -> None:
        self.pool.add(self.problem.objective(self.instance, solution), solution)

    def _enumerate(self, best: np.ndarray) -> None:
        """Search for further solutions as good as the point `best` in the time left."""
        model = self.encoding.model.copy()
        model.proto.clear_solution_hint()
        model.objective_as_row(best)
        settings = cp_sat.parameters(
            enumerate_all_solutions=True, num_workers=1, random_seed=self.seed % 2**31
        )
        seen = {self.encoding.lift(best).tobytes()}
        thread = EngineThread[cp_sat.Answer]()

        def collect(point: np.ndarray) -> None:
            solution = self.encoding.lift(point)
            if solution.tobytes() not in seen and len(seen) <= self.params.pool:
                seen.add(solution.tobytes())
                self._pooled(solution)

        def enough() -> bool:
            over = self.recorder.limit() not in (None, Limit.TARGET)
            return over or len(seen) > self.params.pool

        run = cp_sat.Run(model, settings, on_solution=lambda p: thread.tell(partial(collect, p)))
        thread.watch(run, enough)


def _workers(params: CpSatParams, budget: Budget, portfolio: int) -> tuple[int, bool]:
    """How many threads CP-SAT gets, and whether its strategies take turns on them."""
    if params.workers is not None and not budget.deterministic:
        return params.workers, False
    if budget.threads == 1 or budget.deterministic:
        return 1, params.workers is None
    return max(portfolio, budget.threads), False


def _nice(workers: int, budget: Budget) -> int:
    """By how much so many workers must yield to weigh what they should; a step is 1.25."""
    weight: float = budget.threads
    if budget.cores is not None and budget.cores < budget.threads:
        weight = budget.cores / 2
    return round(math.log(max(1.0, workers / weight)) / math.log(1.25))
