"""CP-SAT that proves: schedules shorter than the best known are found or refuted.

The model asks for a makespan below the incumbent's, so that refuting it is a proof of
optimality, and nothing is spent on what the incumbent already is.  One worker learns clauses
without a linear relaxation, with CP-SAT's strong disjunctive reasoning and precedences made
while it searches: alone, these prove ft10 several times faster than its portfolio.

CP-SAT takes nothing in while it runs, so a shorter schedule from elsewhere starts it anew with
a tighter horizon.  The patience before the next start doubles, since each loses the clauses
learned.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Result
from solverhub.engines import cp_sat
from solverhub.exact.cp_sat_params import CpSatParams
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.incoming import adopt
from solverhub.exact.job_shop_cp_sat_model import encode
from solverhub.problems.job_shop import ShopInstance

PATIENCE_S = 0.5
REASONING = {
    "linearization_level": 0,
    "use_dynamic_precedence_in_disjunctive": True,
    "use_strong_propagation_in_disjunctive": True,
}


def prove(
    problem: Problem, shop: ShopInstance, recorder: Recorder, params: CpSatParams, seed: int
) -> Result:
    """Improve on the recorder's incumbent, which it must have, until none is shorter.

    `_Proof.below` is the longest makespan that CP-SAT still looks for.
    """
    return _Proof(problem, shop, recorder, params, seed).solve()


class _Proof:
    def __init__(
        self,
        problem: Problem,
        shop: ShopInstance,
        recorder: Recorder,
        params: CpSatParams,
        seed: int,
    ) -> None:
        self.problem, self.shop = problem, shop
        self.recorder, self.budget = recorder, recorder.budget
        self.params, self.seed = params, seed
        one = self.budget.deterministic or params.workers is None
        self.workers = 1 if one else int(params.workers or 1)
        self.patience, self.started, self.stopped = PATIENCE_S, 0.0, False
        self.horizon = self.below = 0

    def solve(self) -> Result:
        ended = False
        while not (ended or self.recorder.limit() or self.recorder.proved()):
            ended = self._attempt()
        limit = self.recorder.limit()
        if limit is None and self.budget.iterations is not None:
            limit = Limit.ITERATIONS
        return self.recorder.finish(
            limit,
            engines={"ortools": cp_sat.version()},
            deterministic=self.workers == 1,
        )

    def _attempt(self) -> bool:
        """Run CP-SAT below the incumbent; True if it ended by itself and has no more to say."""
        assert self.recorder.objective is not None
        self.horizon = self.below = int(self.recorder.objective) - 1
        self.stopped = False
        self.started = time.monotonic()
        floor = int(self.recorder.best_bound or 0)
        encoding = encode(self.shop, self.horizon, floor)
        thread = EngineThread[cp_sat.Answer]()

        def passed_on(tell: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda told: thread.tell(partial(tell, told))

        run = cp_sat.Run(
            encoding.model,
            self._settings(),
            on_solution=passed_on(lambda point: self._on_solution(encoding.lift(point))),
            on_bound=passed_on(self._on_bound),
            on_log=passed_on(self._on_log) if self.params.log else None,
        )
        answer = thread.watch(run, self._interrupted)
        if answer is None:
            return False
        if answer.status is cp_sat.Status.INFEASIBLE:
            self.recorder.bound(self.horizon + 1)
        elif answer.status is cp_sat.Status.OPTIMAL:
            self._on_bound(answer.bound or 0)
        return not self.stopped

    def _interrupted(self) -> bool:
        for event in self.budget.incoming():
            adopt(self.problem, self.shop, self.recorder, event)
        self.stopped = self.recorder.limit() is not None or self.recorder.proved()
        best = self.recorder.objective
        behind = best is not None and best <= self.below
        if behind and time.monotonic() - self.started >= self.patience:
            self.patience *= 2
            self.stopped = True
        return self.stopped

    def _settings(self) -> Any:
        settings: dict[str, Any] = {
            **REASONING,
            "num_workers": self.workers,
            "random_seed": self.seed % 2**31,
            "log_search_progress": self.params.log,
            "log_to_stdout": False,
        }
        if self.budget.iterations is not None:
            settings["max_deterministic_time"] = self.budget.iterations / 1000
        return cp_sat.parameters(self.params.native, **settings)

    def _on_solution(self, start: np.ndarray) -> None:
        makespan = self.problem.objective(self.shop, start)
        self.below = min(self.below, int(makespan) - 1)
        self.recorder.incumbent(makespan, start)

    def _on_bound(self, bound: int) -> None:
        """A bound of what is below the horizon bounds all, up to the horizon itself."""
        self.recorder.bound(min(bound, self.horizon + 1))

    def _on_log(self, lines: str) -> None:
        for line in lines.splitlines():
            self.recorder.log(line, keep=True)
