"""Drive SCIP over a program: watch the budget, stream, and doubt what needs doubt.

- A point counts once it is settled (bounds and integrality exact) and the judge of the family
  finds no violation.
- What SCIP calls infeasible, unbounded or either is asked again where that can be decided: an
  unbounded answer needs a feasible point, which the program without its costs gives or denies.
- The bound of an LP is recomputed from its row duals, for which all but the LP solver is off.

One iteration of the budget is a node.  SCIP runs on one thread, whatever the budget allows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from solverhub.core.errors import SolverFailed
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Reason, Result, Sense
from solverhub.engines import scip
from solverhub.engines.scip import Answer, Run, Status
from solverhub.exact import ilp_point
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.ilp_scip import ScipParams
from solverhub.exact.incoming import adopt
from solverhub.exact.solution_pool import SolutionPool
from solverhub.problems.dual_bound import proves_infeasible, safe_dual_bound
from solverhub.problems.integer_program import IntegerProgram

_LIMITS = {
    Status.TIME: Limit.TIME,
    Status.ITERATIONS: Limit.ITERATIONS,
    Status.MEMORY: Limit.MEMORY,
}


class ScipDrive:
    """One solve of a program; an incumbent of the recorder is the start."""

    def __init__(
        self,
        problem: Problem,
        program: IntegerProgram,
        recorder: Recorder,
        params: ScipParams,
        seed: int,
    ) -> None:
        self.problem, self.program = problem, program
        self.recorder, self.budget = recorder, recorder.budget
        self.params, self.seed = params, seed
        self.pool = SolutionPool(recorder.sense, params.pool)
        self.evidence: dict[str, np.ndarray] | None = None
        self.limit: Limit | None = None
        self.run: Run | None = None
        self.unsettled: np.ndarray | None = None

    def solve(self) -> Result:
        """Solve within the recorder's budget; raises `SolverFailed` if SCIP breaks down."""
        reason = None
        if proves_infeasible(self.program):
            reason = Reason.INFEASIBLE
        elif not self._stopped():
            reason = self._solve()
        return self.recorder.finish(
            self.recorder.limit() or self.limit,
            reason=reason,
            evidence=self.evidence,
            pool=self.pool.further(self.recorder.solution),
            engines=scip.versions(),
        )

    def _solve(self) -> Reason | None:
        answer = self._attempt(self.program)
        if answer is None:
            return None
        self._take_in(answer)
        self.limit = _LIMITS.get(answer.status)
        if self._stopped() or self.limit is not None:
            return None
        if answer.status in (Status.UNBOUNDED, Status.UNBOUNDED_OR_INFEASIBLE):
            return self._unbounded_or_infeasible()
        known = self.recorder.objective is not None
        if answer.status is Status.INFEASIBLE and not known:
            return self._infeasible(answer)
        if answer.status is Status.OPTIMAL and not known and self.unsettled is not None:
            # The judge will show which rows the point breaks that SCIP calls optimal.
            objective = self.problem.objective(self.program, self.unsettled)
            self.recorder.incumbent(objective, self.unsettled)
        elif not known and answer.status in (Status.OPTIMAL, Status.FAILED):
            raise SolverFailed(
                f"SCIP ended with status {answer.words!r} and no solution",
                remedy="rescale the model, or choose another solver",
            )
        return None

    def _take_in(self, answer: Answer) -> None:
        for values in answer.solutions:
            self._found(values)
        if answer.row_dual is not None:
            proved = safe_dual_bound(self.program, answer.row_dual)
            if math.isfinite(proved):
                self.recorder.bound(proved)
                self.evidence = {"row_dual": answer.row_dual}
        unproved = answer.status in (Status.UNBOUNDED, Status.UNBOUNDED_OR_INFEASIBLE)
        if answer.bound is not None and not self.recorder.proved() and not unproved:
            self.recorder.bound(answer.bound)
            if self.recorder.proved():
                # The multipliers prove less than optimality (an optimum of 0 and rounding).
                self.evidence = None

    def _infeasible(self, answer: Answer) -> Reason:
        """Look for a proof: SCIP's own multipliers, else those of the elastic relaxation."""
        proof = answer.farkas
        if (proof is None or not proves_infeasible(self.program, proof)) and not self._stopped():
            elastic = self._attempt(_elastic(self.program), {"limits/gap": 0.0})
            proof = None if elastic is None else elastic.row_dual
        if proof is not None and proves_infeasible(self.program, proof):
            self.evidence = {"farkas": proof}
        return Reason.INFEASIBLE

    def _unbounded_or_infeasible(self) -> Reason | None:
        """A ray of the relaxation is known; with a feasible point the program is unbounded."""
        if self.recorder.objective is not None:
            return Reason.UNBOUNDED
        question = ilp_point.without_costs(self.program)
        answer = self._attempt(question, {"limits/solutions": 1})
        if answer is None:
            return None
        if answer.status is Status.INFEASIBLE:
            return self._infeasible(answer)
        for values in answer.solutions:
            self._found(values)
        self.limit = _LIMITS.get(answer.status)
        return Reason.UNBOUNDED if self.recorder.objective is not None else None

    def _attempt(
        self, program: IntegerProgram, over: Mapping[str, Any] | None = None
    ) -> Answer | None:
        """Run SCIP on the program or, with `over`, in silence on a variant of it."""
        thread = EngineThread[Answer]()
        tell = thread.tell
        run = Run(
            program,
            {**self._settings(), **(over or {})},
            self.params.native,
            start=None if over else self.recorder.solution,
            solutions=self.params.pool + 1,
            duals=not program.integer.any(),
            on_solution=None if over else lambda values: tell(lambda: self._found(values)),
            on_bound=None if over else lambda bound: tell(lambda: self._bounded(bound)),
            on_log=(lambda line: tell(lambda: self.recorder.log(line, keep=True)))
            if self.params.log
            else None,
        )
        self.run = run
        try:
            return thread.watch(run, self._stopped)
        finally:
            self.run = None

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "randomization/randomseedshift": self.seed % (2**31 - 1),
            "limits/gap": 0.0,
        }
        if self.budget.deadline is not None:
            settings["limits/time"] = self.budget.remaining_s
        if self.budget.iterations is not None:
            settings["limits/totalnodes"] = self.budget.iterations
        if self.budget.memory_bytes is not None:
            settings["limits/memory"] = self.budget.memory_bytes / 2**20
        return settings

    def _stopped(self) -> bool:
        for event in self.budget.incoming():
            taken = adopt(self.problem, self.program, self.recorder, event)
            if taken and self.run is not None and event.solution is not None:
                self.run.offer(event.solution)
        return self.recorder.limit() is not None or self.recorder.proved()

    def _found(self, values: np.ndarray) -> None:
        point = ilp_point.settle(self.problem, self.program, values)
        if point is None and self.recorder.objective is None:
            point = self._repaired(values)
        if point is None:
            self.unsettled = values if np.isfinite(values).all() else None
            return
        objective = self.problem.objective(self.program, point)
        self.pool.add(objective, point)
        self.recorder.incumbent(objective, point)

    def _repaired(self, values: np.ndarray) -> np.ndarray | None:
        """The integers kept and the rest solved for again, if that makes a feasible point."""
        whole = self.program.integer
        if not whole.any() or whole.all() or not np.isfinite(values).all() or self._stopped():
            return None
        thread = EngineThread[Answer]()
        run = Run(ilp_point.with_integers_fixed(self.program, values), self._settings())
        answer = thread.watch(run, self._stopped)
        if answer is None or not answer.solutions:
            return None
        return ilp_point.settle(self.problem, self.program, answer.solutions[0])

    def _bounded(self, bound: float) -> None:
        self.recorder.bound(bound)


def _elastic(program: IntegerProgram) -> IntegerProgram:
    """The LP of the least total distance from the rows; its multipliers prove it positive."""
    n, m = program.n, program.m
    one = eye_array(m, format="csr")
    return replace(
        program,
        sense=Sense.MINIMISE,
        c=np.concatenate([np.zeros(n), np.ones(2 * m)]),
        offset=0.0,
        A=csr_array(hstack([program.A, one, -one])),
        lower=np.concatenate([program.lower, np.zeros(2 * m)]),
        upper=np.concatenate([program.upper, np.full(2 * m, np.inf)]),
        integer=np.zeros(n + 2 * m, bool),
    )
