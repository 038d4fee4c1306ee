"""SCIP for quadratic programs with integer columns.

SCIP holds rows to a tolerance only, the one with the curvature too.  So each point has its
integer columns rounded and fixed and is solved again for the others (Clarabel), and the
objective is always that of the program.  "Infeasible" is believed where the relaxation proves
it, else passed on as SCIP's claim; "unbounded" is not believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csc_array, eye_array, vstack

from solverhub.core.budget import Budget
from solverhub.core.events import EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Reason, Result
from solverhub.core.solver import Params
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.qp_clarabel import run_clarabel
from solverhub.exact.qp_drive import QpDrive, QpParams
from solverhub.exact.warm_start import begin
from solverhub.problems.qp_judge import rounded
from solverhub.problems.quadratic_program import QuadraticProgram

_EXACTLY = QpParams(eps=1e-9)


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
                if event.kind is EventKind.INCUMBENT and event.solution is not None:
                    self._keep(event.solution)
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
        completed = None if self.program.integer.all() else self._completed(whole)
        self._keep(rounded(self.program, whole) if completed is None else completed)

    def _keep(self, point: np.ndarray) -> None:
        if not self.problem.violations(self.program, point):
            self.recorder.incumbent(self.problem.objective(self.program, point), point)

    def _completed(self, whole: np.ndarray) -> np.ndarray | None:
        """The best point with these integers."""
        program, kept = self.program, self.program.integer
        fixed = QuadraticProgram(
            P=program.P,
            q=program.q,
            A=csc_array(vstack([program.A, eye_array(program.n, format="csr")[kept]])),
            l=np.concatenate([program.l, whole[kept]]),
            u=np.concatenate([program.u, whole[kept]]),
            r=program.r,
        )
        aside = Recorder(self.recorder.budget, self.recorder.sense)
        drive = QpDrive(self.problem, fixed, aside, _EXACTLY)
        run_clarabel(drive, 1e-10, _EXACTLY)
        if drive.best is None:
            return None
        return np.where(kept, whole, drive.best.x)

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
