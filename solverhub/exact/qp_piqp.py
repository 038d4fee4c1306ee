"""PIQP for convex quadratic programs.

While it runs, PIQP neither looks up nor lets other threads of the process go on.  So short
solves, by the size of their factor, run here, and the others in a process that can be killed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.engines import piqp
from solverhub.engines.clarabel import factor_seconds
from solverhub.engines.process_run import ProcessRun
from solverhub.engines.qp_answer import KILLED, QpAnswer, QpForm
from solverhub.exact.engine_thread import EngineRun
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

SHORT_S = 0.02
"""Estimated seconds an iteration up to which PIQP runs in this process."""

MOST_ITERATIONS = 250


class PiqpSolver:
    """Proximal interior point; one iteration of the budget is one of PIQP's."""

    name: ClassVar[str] = "piqp"
    title: ClassVar[str] = "PIQP"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("piqp", "clarabel")
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
        piqp.check(params.native)
        recorder = Recorder(budget, self.problem.sense(instance), observe)
        begin(self.problem, instance, recorder, warm_start)
        drive = QpDrive(self.problem, instance, recorder, params)
        for eps in tolerances(params, self.name):
            if not drive.done:
                run_piqp(drive, eps, params, factor_seconds(drive.form))
        return drive.finish({"piqp": piqp.version()})


def run_piqp(
    drive: QpDrive,
    eps: float,
    params: QpParams,
    step_s: float,
    *,
    until: Callable[[], bool] = lambda: False,
) -> bool:
    """One run to `eps`, `step_s` being an estimate of the seconds that an iteration takes.

    True if nothing is left to ask.
    """
    return drive.attempt(piqp_run(drive, eps, params, step_s), until=until)


def piqp_run(drive: QpDrive, eps: float, params: QpParams, step_s: float) -> MakeRun:
    """Makes the run, here or in a process."""
    native = dict(getattr(params, "native", {}))

    def make(form: QpForm) -> EngineRun[QpAnswer]:
        allowed = drive.remaining_iterations()
        if step_s > SHORT_S:
            return ProcessRun(
                piqp.__name__, form, KILLED, eps=eps, iterations=allowed, native=native
            )
        return piqp.Run(form, eps=eps, iterations=_affordable(drive, step_s), native=native)

    return make


def _affordable(drive: QpDrive, step_s: float) -> int:
    """Iterations that end before the deadline, since nothing else would end them."""
    left = drive.recorder.budget.remaining_s
    affordable = MOST_ITERATIONS if math.isinf(left) else int(left / step_s) + 1
    allowed = drive.remaining_iterations()
    return min(MOST_ITERATIONS, affordable, MOST_ITERATIONS if allowed is None else allowed)
