"""Clarabel for convex quadratic programs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.engines import clarabel
from solverhub.exact.qp_drive import (
    MakeRun,
    QpDrive,
    QpEngineParams,
    QpParams,
    refusal,
    require_continuous,
)
from solverhub.exact.qp_tolerances import tolerances
from solverhub.exact.warm_start import begin
from solverhub.problems.quadratic_program import QuadraticProgram


class ClarabelSolver:
    """Homogeneous interior point; one iteration of the budget is one of Clarabel's."""

    name: ClassVar[str] = "clarabel"
    title: ClassVar[str] = "Clarabel"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("clarabel",)
    Params: ClassVar[type[QpEngineParams]] = QpEngineParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: QuadraticProgram) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        return refusal(instance)

    def solve(
        self,
        instance: QuadraticProgram,
        budget: Budget,
        *,
        params: QpEngineParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `core.solver.Solver` for errors."""
        require_continuous(instance, self.name)
        params = params or QpEngineParams()
        clarabel.check(params.native)
        recorder = Recorder(budget, self.problem.sense(instance), observe)
        begin(self.problem, instance, recorder, warm_start)
        drive = QpDrive(self.problem, instance, recorder, params)
        for eps in tolerances(params, self.name):
            run_clarabel(drive, eps, params)
        return drive.finish({"clarabel": clarabel.version()}, deterministic=budget.threads == 1)


def run_clarabel(drive: QpDrive, eps: float, params: QpParams) -> bool:
    """One run to `eps`; True if nothing is left to ask."""
    return drive.attempt(clarabel_run(drive, eps, params))


def clarabel_run(
    drive: QpDrive, eps: float, params: QpParams, threads: int | None = None
) -> MakeRun:
    """Makes the run; `threads` None is those of the budget."""
    budget = drive.recorder.budget
    return lambda form: clarabel.Run(
        form,
        eps=eps,
        iterations=drive.remaining_iterations(),
        time_s=budget.remaining_s,
        threads=1 if budget.deterministic else threads or budget.threads,
        native=getattr(params, "native", None),
    )
