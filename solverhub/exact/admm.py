"""`admm`: operator splitting with acceleration, polish and Newton steps for convex programs.

The engine is in `admm_engine`, without budgets and judges; `QpSession` keeps one between
problems that differ in q, l and u.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result
from solverhub.exact.admm_engine import Answer, Start, Status, Workspace
from solverhub.exact.admm_linear import library_version
from solverhub.exact.admm_settings import AdmmParams
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.qp_drive import QpDrive, refusal, require_continuous
from solverhub.exact.warm_start import begin
from solverhub.problems.quadratic_program import QuadraticProgram

_TELL_AGAIN = 0.1


class AdmmSolver:
    """Operator splitting; an iteration of the budget is one solve of a linear system.

    A warm start gives x, of which the rows at a side are taken as active; `QpSession` keeps
    multipliers too.  Budgets with device "cuda" solve the linear systems there.
    """

    name: ClassVar[str] = "admm"
    title: ClassVar[str] = "Operator splitting (ADMM)"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")
    requires: ClassVar[tuple[str, ...]] = ("qdldl",)
    Params: ClassVar[type[AdmmParams]] = AdmmParams

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
        params: AdmmParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `core.solver.Solver` for errors."""
        require_continuous(instance, self.name)
        params = params or AdmmParams()
        recorder = Recorder(budget, self.problem.sense(instance), observe)
        begin(self.problem, instance, recorder, warm_start)
        drive = QpDrive(self.problem, instance, recorder, params)
        if not drive.done:
            device = "cuda" if budget.device == "cuda" else "cpu"
            space = Workspace(instance, params, device)
            run_engine(drive, space, None if warm_start is None else (warm_start, None))
        return drive.finish({"qdldl": library_version()})


def run_engine(drive: QpDrive, space: Workspace, warm: Start | None) -> bool:
    """Solve the problem of `space` from `warm`, and have `drive` measure what is found.

    False if the engine did not end in time: its thread is then still in `space`.
    """
    thread: EngineThread[Answer] = EngineThread()
    told = [np.inf]

    def improved(x: np.ndarray, y: np.ndarray, error: float) -> None:
        if error <= _TELL_AGAIN * told[0]:
            told[0] = error
            thread.tell(partial(_consider, drive, x, y))

    answer = thread.watch(
        _Run(space, warm, drive.recorder.budget.iterations, improved), drive.stopped
    )
    if answer is None:
        return False
    drive.iterations = answer.iterations
    if answer.status is Status.INFEASIBLE and answer.certificate is not None:
        drive.verdict = Reason.INFEASIBLE, {"farkas": answer.certificate}
        return True
    drive.consider(answer.x, answer.y)
    if answer.status is Status.UNBOUNDED and answer.certificate is not None:
        evidence = {"ray": answer.certificate, "point": answer.x}
        drive.verdict = Reason.UNBOUNDED, evidence
    return True


def _consider(drive: QpDrive, x: np.ndarray, y: np.ndarray) -> None:
    drive.consider(x, y)


class _Run:
    """The engine as a run of `EngineThread`."""

    def __init__(
        self,
        space: Workspace,
        warm: Start | None,
        iterations: int | None,
        improved: Callable[[np.ndarray, np.ndarray, float], None],
    ) -> None:
        self._space, self._warm = space, warm
        self._most = np.inf if iterations is None else iterations
        self._improved = improved
        self._stop = threading.Event()

    def solve(self) -> Answer:
        """Run to the end."""
        return self._space.solve(
            self._warm,
            stopped=lambda steps: self._stop.is_set() or steps >= self._most,
            improved=self._improved,
        )

    def stop(self) -> None:
        """Ask for the end."""
        self._stop.set()
