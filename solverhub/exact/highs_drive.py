"""Drive HiGHS over a loaded program: watch the budget, stream, and doubt what needs doubt.

HiGHS's word is taken for little (the adapter lists why):

- A point counts once it is settled (bounds and integrality exact) and the judge of the
  family finds no violation; if only the rounding breaks rows, the integers are fixed and the
  continuous columns solved for again.
- "Optimal" from a suspect presolve, "infeasible" of an integer program that its LP relaxation
  does not prove, and every failure, are tried again without presolve.
- "Unbounded" needs a feasible point and an unbounded LP relaxation (for rational data these
  two suffice: Meyer 1974, doi 10.1007/BF01585506).

A bound of an LP is recomputed from its row duals, also when HiGHS was stopped: any
multipliers give a valid one.

One iteration of the budget is a node of branch and bound, or of an LP a simplex iteration.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidParams, SolverFailed
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Reason, Result
from solverhub.core.solver import Params
from solverhub.engines import highs
from solverhub.engines.highs import Answer, Model, Run, Status
from solverhub.exact import ilp_point
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.solution_pool import SolutionPool
from solverhub.problems.dual_bound import proves_infeasible, safe_dual_bound
from solverhub.problems.integer_program import IntegerProgram

CONFIRM_S = 1.0
CONFIRM_FACTOR = 10.0

_LIMITS = {
    Status.TIME: Limit.TIME,
    Status.ITERATIONS: Limit.ITERATIONS,
    Status.MEMORY: Limit.MEMORY,
    Status.STOPPED: Limit.TARGET,
}


@dataclass(frozen=True)
class HighsParams(Params):
    """Parameters of HiGHS.

    - `log`: keep HiGHS's log in the result.
    - `pool`: how many further solutions to return, of those that it comes across.
    - `native`: options of HiGHS, which override all of the above and the budget's gap.
    """

    log: bool = False
    pool: int = 0
    native: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.pool < 0:
            raise InvalidParams(f"pool is {self.pool}", remedy="give 0 or more")


class HighsDrive:
    """One solve of a program; an incumbent of the recorder is the start.

    `model` holds the program already, or is made when HiGHS is needed.  After an `abandoned`
    solve it is still in use and must not be touched.
    """

    def __init__(
        self,
        problem: Problem,
        program: IntegerProgram,
        recorder: Recorder,
        params: HighsParams,
        seed: int,
        model: Model | None = None,
    ) -> None:
        self.problem, self.program, self.model = problem, program, model
        self.is_mip = bool(program.integer.any())
        self.recorder, self.budget = recorder, recorder.budget
        self.params, self.seed = params, seed
        self.pool = SolutionPool(recorder.sense, params.pool)
        self.evidence: dict[str, np.ndarray] | None = None
        self.limit: Limit | None = None
        self.unsettled: np.ndarray | None = None
        self.run: Run | None = None
        self.abandoned = False

    def solve(self) -> Result:
        """Solve within the recorder's budget.

        Raises `SolverFailed` if HiGHS breaks down twice without any solution.
        """
        reason = None
        if proves_infeasible(self.program):
            reason = Reason.INFEASIBLE
        elif self.program.n == 0:
            self._found(np.zeros(0))
            self._bounded_by(np.zeros(self.program.m))
        elif not self._stopped():
            reason = self._solve()
        return self.recorder.finish(
            self.recorder.limit() or self.limit,
            reason=reason,
            evidence=self.evidence,
            pool=self.pool.further(self.recorder.solution),
            engines={"highs": highs.version()},
        )

    def _solve(self) -> Reason | None:
        started = time.monotonic()
        answer = self._attempt()
        if answer is None or self._done(answer):
            return None
        if self._certain(answer):
            return self._conclude(answer)
        if answer.status is Status.INFEASIBLE:
            return self._doubt_infeasible(answer, time.monotonic() - started)
        if answer.status in (Status.UNBOUNDED, Status.UNBOUNDED_OR_INFEASIBLE):
            return self._doubt_unbounded()
        return self._without_presolve()

    def _without_presolve(self) -> Reason | None:
        answer = self._attempt({"presolve": "off"})
        return None if answer is None or self._done(answer) else self._conclude(answer)

    def _done(self, answer: Answer) -> bool:
        """Take in a run; True if nothing remains to be asked, because a limit or proof ended it."""
        if answer.values is not None and answer.status is not Status.SUSPECT:
            self._found(answer.values)
        if answer.row_dual is not None:
            self._bounded_by(answer.row_dual)
        if answer.bound is not None and not self.recorder.proved():
            self.recorder.bound(answer.bound)
            if self.recorder.proved():
                # The multipliers prove less than optimality (an optimum of 0 and rounding).
                self.evidence = None
        self.limit = _LIMITS.get(answer.status)
        return self._stopped() or self.limit is not None

    def _certain(self, answer: Answer) -> bool:
        if answer.status is Status.OPTIMAL:
            return self.recorder.objective is not None
        proof = answer.farkas
        certain = answer.status is Status.INFEASIBLE and self.recorder.objective is None
        return certain and proof is not None and proves_infeasible(self.program, proof)

    def _conclude(self, answer: Answer) -> Reason | None:
        """The last word, where no further run would add any."""
        if answer.status is Status.INFEASIBLE and self.recorder.objective is None:
            if answer.farkas is not None:
                self.evidence = {"farkas": answer.farkas}
            return Reason.INFEASIBLE
        if answer.status is Status.OPTIMAL and self.recorder.objective is None:
            self._leave_to_judge()
        if self.recorder.objective is None and answer.status is not Status.OPTIMAL:
            raise SolverFailed(
                f"HiGHS ended with status {answer.words!r}",
                remedy="rescale the model, or choose another solver",
            )
        return None

    # What HiGHS says, doubted.

    def _doubt_infeasible(self, answer: Answer, took_s: float) -> Reason | None:
        if self.is_mip and self.recorder.objective is None:
            relaxation = self._aside(ilp_point.relaxed(self.program))
            if relaxation is not None and relaxation.status is Status.INFEASIBLE:
                return self._conclude(relaxation)
        if self._stopped():
            return self._conclude(answer)
        # What presolve sees at once the tree may never: the confirmation is worth a while only.
        patience = CONFIRM_S + CONFIRM_FACTOR * took_s
        end = time.monotonic() + patience
        again = self._attempt({"presolve": "off"}, until=end)
        if again is not None and again.status is not Status.INFEASIBLE and not self._done(again):
            return self._conclude(again)
        self.limit = None
        return Reason.INFEASIBLE if self.recorder.objective is None else None

    def _doubt_unbounded(self) -> Reason | None:
        if self.recorder.objective is None:
            answer = self._aside(ilp_point.without_costs(self.program))
            if answer is None:
                return None
            if answer.status is Status.INFEASIBLE:
                return self._doubt_infeasible(answer, 0.0)
            if answer.values is not None:
                self._found(answer.values)
        if self.recorder.objective is None or self._stopped():
            return None
        relaxation = self._aside(ilp_point.relaxed(self.program), {"presolve": "off"})
        if relaxation is not None and relaxation.status is Status.UNBOUNDED:
            return Reason.UNBOUNDED
        return None if self._stopped() else self._without_presolve()

    # Runs.

    def _attempt(
        self, over: Mapping[str, Any] | None = None, until: float = float("inf")
    ) -> Answer | None:
        """Run HiGHS on the program; `over` overrides all settings.  None: it was abandoned."""
        self.model = model = self.model or Model(self.program)
        model.configure(self._settings(model), {**self.params.native, **(over or {})})
        if self.is_mip and self.recorder.solution is not None:
            model.start_from(self.recorder.solution)
        thread: EngineThread[Answer] = EngineThread()
        self.run = Run(
            model,
            on_solution=lambda values: thread.tell(lambda: self._found(values)),
            on_bound=lambda bound: thread.tell(lambda: self._bounded(bound)),
            on_log=(lambda line: thread.tell(lambda: self._logged(line)))
            if self.params.log
            else None,
            every=self.params.pool > 0,
            trust_presolve=bool(over),
        )
        answer = thread.watch(self.run, lambda: self._stopped() or time.monotonic() > until)
        self.abandoned = answer is None
        self.run = None
        return answer

    def _aside(
        self, program: IntegerProgram, over: Mapping[str, Any] | None = None
    ) -> Answer | None:
        """Run HiGHS on another program within the same budget, in silence."""
        model = Model(program)
        model.configure(self._settings(model), over or {})
        thread: EngineThread[Answer] = EngineThread()
        return thread.watch(Run(model), self._stopped)

    def _settings(self, model: Model) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "random_seed": self.seed % (2**31 - 1),
            "threads": self.budget.threads,
            "mip_rel_gap": self.budget.gap,
            "mip_abs_gap": 0.0,
        }
        if self.budget.deadline is not None:
            settings["time_limit"] = model.elapsed_s() + self.budget.remaining_s
        if self.budget.iterations is not None:
            most = min(self.budget.iterations, 2**31 - 1)
            names = ["mip_max_nodes"]
            if not model.is_mip:
                names = ["simplex_iteration_limit", "ipm_iteration_limit", "pdlp_iteration_limit"]
            settings |= dict.fromkeys(names, most)
        return settings

    def _stopped(self) -> bool:
        for event in self.budget.incoming():
            self._adopt(event)
        return self.recorder.limit() is not None or self.recorder.proved()

    def _adopt(self, event: Event) -> None:
        if event.kind is EventKind.BOUND and event.bound is not None:
            self.recorder.bound(event.bound)
        elif event.kind is EventKind.INCUMBENT and event.solution is not None:
            objective = self.problem.objective(self.program, event.solution)
            known = self.recorder.objective
            better = known is None or self.recorder.sense.better(objective, known)
            if better and not self.problem.violations(self.program, event.solution):
                self.recorder.incumbent(objective, event.solution)
                if self.run is not None:
                    self.run.offer(event.solution)

    # What HiGHS tells.

    def _found(self, values: np.ndarray) -> None:
        point = ilp_point.settle(self.problem, self.program, values)
        if point is None and self.recorder.objective is None:
            point = self._repaired(values)
        if point is None:
            self.unsettled = values
            return
        objective = self.problem.objective(self.program, point)
        self.pool.add(objective, point)
        self.recorder.incumbent(objective, point)

    def _repaired(self, values: np.ndarray) -> np.ndarray | None:
        """The integers kept and the rest solved for again, if that makes a feasible point."""
        mixed = self.is_mip and not self.program.integer.all()
        if not (mixed and np.isfinite(values).all()) or self._stopped():
            return None
        answer = self._aside(ilp_point.with_integers_fixed(self.program, values))
        if answer is None or answer.status is not Status.OPTIMAL or answer.values is None:
            return None
        return ilp_point.settle(self.problem, self.program, answer.values)

    def _bounded(self, bound: float) -> None:
        self.recorder.bound(bound)

    def _bounded_by(self, row_dual: np.ndarray) -> None:
        proved = safe_dual_bound(self.program, row_dual)
        if np.isfinite(proved):
            self.recorder.bound(proved)
            self.evidence = {"row_dual": row_dual}

    def _logged(self, line: str) -> None:
        self.recorder.log(line, keep=True)

    def _leave_to_judge(self) -> None:
        """Show the point that HiGHS calls optimal although it breaks rows."""
        if self.unsettled is not None and np.isfinite(self.unsettled).all():
            objective = self.problem.objective(self.program, self.unsettled)
            self.recorder.incumbent(objective, self.unsettled)
