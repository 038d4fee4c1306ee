"""PDLP for linear programs: `ilp` without integer columns.

Its points miss rows and bounds by its tolerance, its rays and bounds too: points are judged
with bounds exact, bounds recomputed from the multipliers, and "infeasible" counts only when
the multipliers prove it (OR-Tools #4874 has feasible programs that it called infeasible).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.core.solver import Params
from solverhub.engines import pdlp
from solverhub.engines.ilp_answer import Answer, Status
from solverhub.engines.process_run import ProcessRun
from solverhub.exact.engine_thread import EngineRun, EngineThread
from solverhub.exact.ilp_drive import EngineParams, IlpDrive
from solverhub.exact.warm_start import begin
from solverhub.problems.integer_program import IntegerProgram

QUICK_ENTRIES = 5_000
"""Entries of a program from where on PDLP, which lets no other thread run, gets a process."""

_KILLED = Answer(Status.STOPPED, words="killed")

AHEAD_S = 0.05
"""How much before the deadline PDLP is told to end, to have its point still counted."""


@dataclass(frozen=True)
class PdlpParams(Params):
    """`eps`: tolerance of PDLP, relative and absolute, on residuals and gap."""

    eps: float = 1e-8

    def __post_init__(self) -> None:
        if not (math.isfinite(self.eps) and self.eps > 0):
            raise InvalidParams(f"eps is {self.eps}", remedy="give a positive finite number")


class PdlpSolver:
    """First-order, for programs too large to factorise; one iteration is one of PDLP's."""

    name: ClassVar[str] = "pdlp"
    title: ClassVar[str] = "PDLP"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("ortools",)
    Params: ClassVar[type[PdlpParams]] = PdlpParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: IntegerProgram) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        if instance.integer.any():
            return f"{int(instance.integer.sum())} columns are integer"
        return None

    def solve(
        self,
        instance: IntegerProgram,
        budget: Budget,
        *,
        params: PdlpParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `core.solver.Solver` for errors."""
        why = self.serves(instance)
        if why is not None:
            raise InvalidInstance(f"pdlp cannot take this program: {why}", remedy="choose highs")
        recorder = Recorder(budget, instance.sense, observe)
        begin(self.problem, instance, recorder, warm_start)
        drive = _PdlpDrive(self.problem, instance, recorder, EngineParams(), seed)
        drive.eps = (params or PdlpParams()).eps
        return drive.solve()


class _PdlpDrive(IlpDrive):
    """One solve of a program by PDLP."""

    engine: ClassVar[str] = "pdlp"
    eps: float

    def version(self) -> str:
        return pdlp.version()

    def deterministic(self) -> bool:
        return self.budget.threads == 1 or self.budget.deterministic

    def attempt(self, *, careful: bool = False, until: float = math.inf) -> Answer | None:
        """PDLP has no presolve to go without: a second look would see the same."""
        if careful:
            return None
        answer = self.aside(self.program)
        if answer is None or answer.status in (Status.FAILED, Status.UNBOUNDED_OR_INFEASIBLE):
            return None
        if answer.status is Status.INFEASIBLE and not self._certified(answer):
            return None
        return answer

    def aside(self, program: IntegerProgram, *, careful: bool = False) -> Answer | None:
        settings: dict[str, Any] = {
            "eps": self.eps,
            "time_s": max(0.0, self.budget.remaining_s - AHEAD_S),
            "iterations": self.budget.iterations,
            "threads": 1 if self.budget.deterministic else self.budget.threads,
        }
        run: EngineRun[Answer] = pdlp.Run(program, **settings)
        if program.A.nnz > QUICK_ENTRIES:
            run = ProcessRun(pdlp.__name__, program, _KILLED, **settings)
        answer = EngineThread[Answer]().watch(run, self.stopped)
        return None if answer is _KILLED else answer

    def take(self, solution: np.ndarray) -> None:
        """Nothing: PDLP starts from where it likes."""
