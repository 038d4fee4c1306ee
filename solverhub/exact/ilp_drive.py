"""Drive an engine of integer programs through one solve, and doubt what needs doubt.

An engine's word is taken for little:

- A point counts once it is settled (bounds and integrality exact) and the judge of the
  family finds no violation; if only the rounding breaks rows, the integers are fixed and the
  continuous columns solved for again.
- "Infeasible" of an integer program that its LP relaxation does not prove, "optimal" without
  a point that holds, a suspect run, and every failure, are tried again with care: without
  the engine's presolve, where most wrong answers come from.
- "Unbounded" needs a feasible point and a direction of improvement without end, which two
  further programs find; "infeasible" of a program that might be unbounded is asked for a point
  too, since CBC confuses the two.

A bound of an LP is recomputed from its row duals, also when the engine was stopped: any
multipliers give a valid one.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidParams, SolverFailed
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Reason, Result
from solverhub.core.solver import Params
from solverhub.engines.ilp_answer import Answer, Status
from solverhub.exact import ilp_point
from solverhub.exact.solution_pool import SolutionPool
from solverhub.problems.dual_bound import proves_infeasible, safe_dual_bound
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.unbounded_ray import whole_ray

CONFIRM_S = 1.0
CONFIRM_FACTOR = 10.0
NEARLY_S = 0.2

_LIMITS = {
    Status.TIME: Limit.TIME,
    Status.ITERATIONS: Limit.ITERATIONS,
    Status.MEMORY: Limit.MEMORY,
    Status.STOPPED: Limit.TARGET,
}

_NO_POINT = (Status.INFEASIBLE, Status.UNBOUNDED, Status.UNBOUNDED_OR_INFEASIBLE)


@dataclass(frozen=True)
class EngineParams(Params):
    """Parameters of an engine.

    - `log`: keep the engine's log in the result.
    - `pool`: how many further solutions to return, of those that it comes across.
    - `native`: the engine's own options, which override all of the above and the budget's gap.
    """

    log: bool = False
    pool: int = 0
    native: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.pool < 0:
            raise InvalidParams(f"pool is {self.pool}", remedy="give 0 or more")


class IlpDrive(ABC):
    """One solve of a program; an incumbent of the recorder is the start."""

    engine: ClassVar[str]

    def __init__(
        self,
        problem: Problem,
        program: IntegerProgram,
        recorder: Recorder,
        params: EngineParams,
        seed: int,
    ) -> None:
        self.problem, self.program = problem, program
        self.recorder, self.budget = recorder, recorder.budget
        self.params, self.seed = params, seed
        self.is_mip = bool(program.integer.any())
        self.is_mixed = self.is_mip and not bool(program.integer.all())
        self.pool = SolutionPool(recorder.sense, params.pool)
        self.evidence: dict[str, np.ndarray] | None = None
        self.limit: Limit | None = None
        self.unsettled: np.ndarray | None = None

    @abstractmethod
    def version(self) -> str:
        """Version of the engine."""

    @abstractmethod
    def attempt(self, *, careful: bool = False, until: float = math.inf) -> Answer | None:
        """Run the engine on the program, streaming, until the instant `until` at most.

        `careful` is without presolve.  None says that the run was cut off without an answer.
        """

    @abstractmethod
    def aside(self, program: IntegerProgram, *, careful: bool = False) -> Answer | None:
        """Run the engine on another program within the same budget, in silence."""

    def deterministic(self) -> bool:
        """True if an equal run gives the equal answer."""
        return True

    @abstractmethod
    def take(self, solution: np.ndarray) -> None:
        """Hand a feasible solution of others to a running engine, if it can take one."""

    def solve(self) -> Result:
        """Solve within the recorder's budget.

        Raises `SolverFailed` if the engine breaks down twice without any solution.
        """
        reason = None
        if proves_infeasible(self.program):
            reason = Reason.INFEASIBLE
        elif self.program.n == 0:
            self.found(np.zeros(0))
            self._bounded_by(np.zeros(self.program.m))
        elif not self.stopped():
            reason = self._solve()
        return self.recorder.finish(
            self.recorder.limit() or self.limit,
            reason=reason,
            evidence=self.evidence,
            pool=self.pool.further(self.recorder.solution),
            engines={self.engine: self.version()},
            deterministic=self.deterministic(),
        )

    def _solve(self) -> Reason | None:
        started = time.monotonic()
        careful = False
        answer = self.attempt()
        if answer is None or self._done(answer):
            return None
        if self._worthless(answer):
            careful = True
            answer = self.attempt(careful=True)
            if answer is None or self._done(answer):
                return None
        if answer.status in (Status.UNBOUNDED, Status.UNBOUNDED_OR_INFEASIBLE):
            return self._doubt_unbounded()
        if answer.status is Status.INFEASIBLE and not (careful or self._certified(answer)):
            return self._doubt_infeasible(answer, time.monotonic() - started)
        return self._conclude(answer)

    def _worthless(self, answer: Answer) -> bool:
        pointless = answer.status is Status.OPTIMAL and self.recorder.objective is None
        return pointless or answer.status in (Status.SUSPECT, Status.FAILED)

    def _done(self, answer: Answer) -> bool:
        """Take in a run; True if a limit or a proof leaves nothing to be asked."""
        if answer.values is not None and answer.status is not Status.SUSPECT:
            self.found(answer.values)
        if answer.row_dual is not None:
            self._bounded_by(answer.row_dual)
        if answer.bound is not None and not self.recorder.proved():
            self.recorder.bound(answer.bound)
            if self.recorder.proved():
                # The multipliers prove less than optimality (an optimum of 0 and rounding).
                self.evidence = None
        self.limit = _LIMITS.get(answer.status)
        if self.limit is Limit.ITERATIONS and self.budget.remaining_s < NEARLY_S:
            # CBC gives this name to its time limit at times.
            self.limit = Limit.TIME
        return self.stopped() or self.limit is not None

    def _certified(self, answer: Answer) -> bool:
        return answer.farkas is not None and proves_infeasible(self.program, answer.farkas)

    def _conclude(self, answer: Answer) -> Reason | None:
        """The last word, where no further run would add any."""
        if answer.status in _NO_POINT and self.recorder.objective is None:
            if answer.farkas is not None:
                self.evidence = {"farkas": answer.farkas}
            return Reason.INFEASIBLE
        self.limit = _LIMITS.get(answer.status)
        if answer.status is Status.OPTIMAL and self.recorder.objective is None:
            self._leave_to_judge()
        elif self.limit is None and self.recorder.objective is None:
            raise SolverFailed(
                f"{self.engine} ended with status {answer.words!r}",
                remedy="rescale the model, or choose another solver",
            )
        return None

    # What the engine says, doubted.

    def _doubt_infeasible(
        self, answer: Answer, took_s: float, *, asked: bool = False
    ) -> Reason | None:
        if not asked and self.recorder.objective is None:
            if ilp_point.may_be_unbounded(self.program):
                self._ask_for_a_point()
            if self.recorder.objective is not None:
                return self._doubt_unbounded()
        if self.is_mip and self.recorder.objective is None:
            relaxation = self.aside(ilp_point.relaxed(ilp_point.without_costs(self.program)))
            if relaxation is not None and relaxation.status is Status.INFEASIBLE:
                return self._conclude(relaxation)
        if self.stopped():
            return self._conclude(answer)
        # What presolve sees at once the tree may never: the confirmation is worth a while only.
        end = time.monotonic() + CONFIRM_S + CONFIRM_FACTOR * took_s
        again = self.attempt(careful=True, until=end)
        upheld = again is None or again.status in (*_NO_POINT, Status.FAILED)
        if again is not None and not upheld and not self._done(again):
            return self._conclude(again)
        self.limit = None
        return Reason.INFEASIBLE if self.recorder.objective is None else None

    def _doubt_unbounded(self) -> Reason | None:
        if self.recorder.objective is None:
            answer = self._ask_for_a_point()
            if answer is not None and answer.status in _NO_POINT:
                return self._doubt_infeasible(answer, 0.0, asked=True)
            if answer is not None and self.recorder.objective is None and not self.stopped():
                return self._conclude(answer)
        if self.stopped():
            return None
        ray = self.aside(ilp_point.recession(self.program))
        if ray is not None and ray.values is not None and self._is_endless(ray.values):
            proof = whole_ray(self.program, ray.values)
            self.evidence = None if proof is None else {"ray": proof}
            return Reason.UNBOUNDED
        if not self.stopped():
            again = self.attempt(careful=True)
            if again is not None:
                self._done(again)
        return None

    def _ask_for_a_point(self) -> Answer | None:
        """Solve without costs, where nothing is unbounded, and take in what comes of it."""
        question = ilp_point.without_costs(self.program)
        answer = self.aside(question)
        if answer is not None and answer.status in (Status.FAILED, Status.SUSPECT):
            answer = self.aside(question, careful=True)
        if answer is not None and answer.values is not None:
            self.found(answer.values)
        return answer

    def _is_endless(self, direction: np.ndarray) -> bool:
        cone = ilp_point.recession(self.program)
        settled = ilp_point.settle(self.problem, cone, direction)
        return settled is not None and ilp_point.improves(self.program, settled)

    # What the engine and others tell.

    def stopped(self) -> bool:
        """Look at the budget, and take in what others found."""
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
                self.take(event.solution)

    def found(self, values: np.ndarray) -> None:
        """Take in a point of the engine, float64 (n,)."""
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
        if not (self.is_mixed and np.isfinite(values).all()) or self.stopped():
            return None
        answer = self.aside(ilp_point.with_integers_fixed(self.program, values))
        if answer is None or answer.status is not Status.OPTIMAL or answer.values is None:
            return None
        return ilp_point.settle(self.problem, self.program, answer.values)

    def _bounded_by(self, row_dual: np.ndarray) -> None:
        proved = safe_dual_bound(self.program, row_dual)
        if math.isfinite(proved):
            self.recorder.bound(proved)
            self.evidence = {"row_dual": row_dual}

    def _leave_to_judge(self) -> None:
        """Show the point that the engine calls optimal although it breaks rows."""
        if self.unsettled is not None and np.isfinite(self.unsettled).all():
            objective = self.problem.objective(self.program, self.unsettled)
            self.recorder.incumbent(objective, self.unsettled)
