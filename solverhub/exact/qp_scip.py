"""SCIP for quadratic programs with integer columns.

SCIP holds rows to a tolerance only, the one with the curvature too.  So each point has its
integer columns rounded and fixed and is solved again for the others (Clarabel), and the
objective is always that of the program.  Without a feasible warm start it begins from what a
short multi-start splitting finds.  "Infeasible" is believed where the relaxation proves
it, else passed on as SCIP's claim; "unbounded" is not believed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Reason, Result
from solverhub.core.solver import Params
from solverhub.exact.binary_admm import BinaryAdmmParams, BinarySearch
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.integer_completion import completed
from solverhub.exact.qp_clarabel import run_clarabel
from solverhub.exact.qp_drive import QpDrive, QpParams
from solverhub.exact.warm_start import begin
from solverhub.problems.column_points import rounded
from solverhub.problems.quadratic_program import QuadraticProgram

_FIRST_S, _FIRST_SHARE = 1.0, 0.05
_FIRST_STARTS = 16
"""What many starts may take before SCIP begins: seconds, share of the time, or starts."""


@dataclass(frozen=True)
class QpScipParams(Params):
    """`log`: keep SCIP's log; `native`: parameters of SCIP by their full names."""

    log: bool = False
    native: Mapping[str, Any] = field(default_factory=dict)


class QpScipSolver:
    """Spatial branch and bound; one iteration of the budget is a node."""

    name: ClassVar[str] = "scip"
    title: ClassVar[str] = "SCIP"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("pyscipopt", "clarabel")
    Params: ClassVar[type[QpScipParams]] = QpScipParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: QuadraticProgram,
        budget: Budget,
        *,
        params: QpScipParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `core.solver.Solver` for errors."""
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, self.problem.sense(instance), observe, integral=integral)
        begin(self.problem, instance, recorder, warm_start)
        return _QpScip(self.problem, instance, recorder, params or QpScipParams(), seed).solve()


class _QpScip:
    """One solve."""

    def __init__(
        self,
        problem: Problem,
        program: QuadraticProgram,
        recorder: Recorder,
        params: QpScipParams,
        seed: int,
    ) -> None:
        self.problem, self.program, self.recorder = problem, program, recorder
        self.params, self.seed = params, seed
        self.limit: Limit | None = None

    def solve(self) -> Result:
        from solverhub.engines import scip

        reason, evidence = None, None
        if self.recorder.limit() is None:
            relaxed = self._relaxation()
            reason, evidence = relaxed.verdict or (None, None)
            if reason is Reason.UNBOUNDED:
                reason = None
            if reason is None and self.recorder.limit() is None:
                if self.program.integer.any() and self.recorder.solution is None:
                    self._begin()
                reason = self._branch()
        return self.recorder.finish(
            self.recorder.limit() or self.limit,
            reason=reason,
            evidence=evidence,
            engines=scip.versions(),
        )

    def _relaxation(self) -> QpDrive:
        """Solved on the side, for a proof of infeasibility."""
        budget = self.recorder.budget
        aside = Recorder(budget, self.recorder.sense)
        relaxed = replace(self.program, integer=np.zeros(self.program.n, bool))
        drive = QpDrive(self.problem, relaxed, aside, QpParams())
        run_clarabel(drive, 1e-7, drive.params)
        return drive

    def _branch(self) -> Reason | None:
        from solverhub.engines.scip import Status
        from solverhub.engines.scip_quadratic import QuadraticRun

        thread: EngineThread[Any] = EngineThread()
        budget = self.recorder.budget

        def later(call: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: thread.tell(lambda: call(value))

        run = QuadraticRun(
            self.program,
            self._settings(),
            self.params.native,
            start=self.recorder.solution,
            on_solution=later(self.found),
            on_bound=later(self._bounded),
            on_log=later(self._logged) if self.params.log else None,
        )

        def stopped() -> bool:
            for event in budget.incoming():
                found = event.solution if event.kind is EventKind.INCUMBENT else None
                if found is not None and self._keep(found):
                    run.offer(found)
            return self.recorder.limit() is not None or self.recorder.proved()

        answer = thread.watch(run, stopped)
        if answer is None:
            return None
        for point in answer.solutions:
            self.found(point)
        if answer.status is Status.ITERATIONS:
            self.limit = Limit.ITERATIONS
        if answer.status is Status.INFEASIBLE and self.recorder.objective is None:
            return Reason.INFEASIBLE
        if answer.bound is not None and answer.status is not Status.FAILED:
            self.recorder.bound(answer.bound)
        return None

    def found(self, values: np.ndarray) -> None:
        """Keep a point of SCIP's once its integers are whole and the rest fits them."""
        values = np.asarray(values[: self.program.n], dtype=np.float64)
        whole = np.where(self.program.integer, np.rint(values), values)
        fitted = completed(self.problem, self.program, whole, self.recorder.budget)
        self._keep(rounded(self.program, whole) if fitted is None else fitted)

    def _keep(self, point: np.ndarray) -> bool:
        """Keep a feasible point; True if it is the best so far."""
        if self.problem.violations(self.program, point):
            return False
        return self.recorder.incumbent(self.problem.objective(self.program, point), point)

    def _begin(self) -> None:
        """A moment of many starts (`binary_admm`), whose best SCIP begins from."""
        budget, now = self.recorder.budget, time.monotonic()
        if budget.deterministic:
            short = budget.replace(iterations=_FIRST_STARTS)
        else:
            share = min(_FIRST_S, _FIRST_SHARE * budget.remaining_s)
            short = budget.replace(iterations=None, deadline=now + share, threads=1)
        aside = Recorder(short, self.recorder.sense)
        BinarySearch(self.problem, self.program, aside, BinaryAdmmParams(), self.seed).run()
        if aside.solution is not None:
            self._keep(aside.solution)

    def _settings(self) -> dict[str, Any]:
        budget = self.recorder.budget
        settings: dict[str, Any] = {
            "randomization/randomseedshift": self.seed % (2**31 - 1),
            "limits/gap": budget.gap / 2,
            "numerics/feastol": 1e-9,
        }
        if budget.deadline is not None:
            settings["limits/time"] = max(0.0, min(budget.remaining_s, 1e20))
        if budget.iterations is not None:
            settings["limits/nodes"] = max(1, budget.iterations)
        return settings

    def _bounded(self, bound: float) -> None:
        self.recorder.bound(bound)

    def _logged(self, line: str) -> None:
        self.recorder.log(line, keep=True)
