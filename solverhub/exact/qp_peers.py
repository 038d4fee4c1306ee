"""OSQP, ProxQP and SCS for convex quadratic programs: peers, which `auto` never takes.

They get the program as it is and the tolerance that is asked for, as their users would call
them; what they answer is measured like any other answer.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result
from solverhub.engines.process_run import ProcessRun
from solverhub.engines.qp_answer import KILLED, QpAnswer, Status
from solverhub.exact.engine_thread import EngineRun, EngineThread
from solverhub.exact.qp_drive import QpDrive, QpParams, refusal, require_continuous
from solverhub.exact.warm_start import begin
from solverhub.problems.quadratic_program import QuadraticProgram

SAYS = "the engine says "
"""Before the status by an engine's own word, in the log of the result."""

AHEAD_S = 0.05
"""How much before the deadline an engine is told to end, to have its point still counted."""


class PeerSolver(ABC):
    """What the peers have in common; an iteration of the budget is one of the engine's."""

    name: ClassVar[str]
    title: ClassVar[str]
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]]
    Params: ClassVar[type[QpParams]] = QpParams

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
        params: QpParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `core.solver.Solver` for errors."""
        require_continuous(instance, self.name)
        params = params or QpParams()
        recorder = Recorder(budget, self.problem.sense(instance), observe)
        begin(self.problem, instance, recorder, warm_start)
        drive = QpDrive(self.problem, instance, recorder, params)
        engine = importlib.import_module(f"solverhub.engines.{self.name}")
        if not drive.done:
            settings = {"eps": params.eps, "relative": params.criterion == "relative"}
            run = self.run(engine, instance, budget, settings)
            answer = EngineThread[QpAnswer]().watch(run, drive.stopped)
            if answer is not None:
                _take(drive, answer)
        return drive.finish({self.requires[0]: engine.version()})

    @abstractmethod
    def run(
        self,
        engine: ModuleType,
        program: QuadraticProgram,
        budget: Budget,
        settings: dict[str, Any],
    ) -> EngineRun[QpAnswer]:
        """The engine's run of the program."""


class OsqpSolver(PeerSolver):
    """Operator splitting with polishing."""

    name: ClassVar[str] = "osqp"
    title: ClassVar[str] = "OSQP"
    requires: ClassVar[tuple[str, ...]] = ("osqp",)

    def run(
        self,
        engine: ModuleType,
        program: QuadraticProgram,
        budget: Budget,
        settings: dict[str, Any],
    ) -> EngineRun[QpAnswer]:
        """In a thread of this process, which OSQP's own time limit ends."""
        return _timed(engine, program, budget, settings)


class ScsSolver(PeerSolver):
    """Operator splitting on a homogeneous embedding."""

    name: ClassVar[str] = "scs"
    title: ClassVar[str] = "SCS"
    requires: ClassVar[tuple[str, ...]] = ("scs",)

    def run(
        self,
        engine: ModuleType,
        program: QuadraticProgram,
        budget: Budget,
        settings: dict[str, Any],
    ) -> EngineRun[QpAnswer]:
        """In a thread of this process, which SCS's own time limit ends."""
        return _timed(engine, program, budget, settings)


class ProxQpSolver(PeerSolver):
    """Proximal augmented Lagrangian."""

    name: ClassVar[str] = "proxqp"
    title: ClassVar[str] = "ProxQP"
    requires: ClassVar[tuple[str, ...]] = ("proxsuite",)

    def run(
        self,
        engine: ModuleType,
        program: QuadraticProgram,
        budget: Budget,
        settings: dict[str, Any],
    ) -> EngineRun[QpAnswer]:
        """In a process, since nothing else ends it."""
        return ProcessRun(
            engine.__name__, program, KILLED, iterations=budget.iterations, **settings
        )


def _timed(
    engine: ModuleType, program: QuadraticProgram, budget: Budget, settings: dict[str, Any]
) -> EngineRun[QpAnswer]:
    time_s = max(0.0, budget.remaining_s - AHEAD_S)
    run: EngineRun[QpAnswer] = engine.Run(
        program, iterations=budget.iterations, time_s=time_s, **settings
    )
    return run


def _take(drive: QpDrive, answer: QpAnswer) -> None:
    drive.recorder.log(f"{SAYS}{answer.status.value}", keep=True)
    if answer.status is Status.ITERATIONS:
        drive.limit = Limit.ITERATIONS
    x, y = answer.x, answer.rows
    if y is None or not np.isfinite(y).all():
        return
    if answer.status is Status.INFEASIBLE:
        drive.refute(y)
    elif x is not None and np.isfinite(x).all():
        drive.consider(x, y)
