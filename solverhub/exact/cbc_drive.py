"""Drive CBC: a process a run, objectives while it goes, the solution at its end.

Preprocessing of CBC 2.10 fixes columns of ranged rows wrongly now and then and calls the
result optimal (found by brute force over random programs), and without preprocessing CBC
crashes on some infeasible programs.  So programs with ranged rows are solved without it, all
others with it, and the other way round where care is asked for.

CBC cannot take a solution while it runs; what others find is kept beside its own.  With
several threads its answers differ from run to run, unless the budget asks for determinism:
then its threads wait for each other.  One thread is asked for too: without a number CBC goes
into deep dives between two looks at its time limit.

One iteration of the budget is a node of branch and bound, or of an LP a simplex iteration.
"""

from __future__ import annotations

import math
import time
from typing import Any, ClassVar

import numpy as np

from solverhub.core.result import Limit
from solverhub.engines import cbc
from solverhub.engines.ilp_answer import Answer
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.ilp_drive import IlpDrive
from solverhub.problems.integer_program import IntegerProgram

GRACE_S = 0.6
TARGET_PATIENCE_S = 3.0
HASTE_S = 0.1
_WITHOUT_PREPROCESSING = {"preprocess": "off", "presolve": "off"}
_IN_TURN = 100
"""CBC's thread counts from here on are deterministic, and so many more than they say."""


class CbcDrive(IlpDrive):
    """One solve of a program by CBC."""

    engine: ClassVar[str] = "cbc"

    def version(self) -> str:
        """Version of CBC."""
        return cbc.version()

    def deterministic(self) -> bool:
        """False for several threads that do not wait for each other."""
        return self.budget.threads == 1 or self.budget.deterministic

    def take(self, solution: np.ndarray) -> None:
        """CBC takes none."""

    def attempt(self, *, careful: bool = False, until: float = math.inf) -> Answer | None:
        """Run CBC on the program; None says that it had to be abandoned."""
        thread: EngineThread[Answer] = EngineThread()
        run = cbc.Run(
            self.program,
            self._settings(self.program, careful) + cbc.native_arguments(self.params.native),
            start=self.recorder.solution,
            on_objective=lambda value: thread.tell(lambda: self._claimed(value)),
            on_bound=lambda bound: thread.tell(lambda: self._bounded(bound)),
            on_log=lambda line: thread.tell(lambda: self._logged(line)),
            kill_after_s=self._patience_s,
        )
        stopped = lambda: self.stopped() or time.monotonic() > until  # noqa: E731
        return thread.watch(run, stopped, grace_s=TARGET_PATIENCE_S + GRACE_S)

    def _patience_s(self) -> float:
        """How long CBC may take to hand over: its solution at the target is worth a wait."""
        if self.recorder.limit() is Limit.TARGET:
            return max(cbc.KILL_AFTER_S, min(TARGET_PATIENCE_S, self.budget.remaining_s))
        return cbc.KILL_AFTER_S

    def aside(self, program: IntegerProgram, *, careful: bool = False) -> Answer | None:
        """Run CBC on another program within the same budget, in silence."""
        thread: EngineThread[Answer] = EngineThread()
        run = cbc.Run(program, self._settings(program, careful))
        return thread.watch(run, self.stopped, grace_s=GRACE_S)

    def _settings(self, program: IntegerProgram, careful: bool) -> list[str]:
        budget = self.budget
        in_turn = budget.deterministic and budget.threads > 1
        settings: dict[str, Any] = {
            "threads": budget.threads + (_IN_TURN if in_turn else 0),
            "timeMode": "elapsed",
            "log": 1,
            "ratioGap": budget.gap,
            "allowableGap": 0,
            # How much better than the incumbent a solution has to be; 1e-5 by default.
            "increment": 1e-9,
            # 0 would be the time of day.
            "randomCbcSeed": 1 + self.seed % (2**31 - 2),
            "randomSeed": 1 + self.seed % (2**31 - 2),
        }
        if budget.deadline is not None:
            settings["seconds"] = max(0.01, budget.remaining_s - HASTE_S)
        if budget.iterations is not None:
            most = min(budget.iterations, 2**31 - 1)
            settings["maxNodes" if self.is_mip else "maxIterations"] = most
        if careful != _is_doubtful(program):
            settings |= _WITHOUT_PREPROCESSING
        return cbc.arguments(settings)

    def _claimed(self, objective: float) -> None:
        self.recorder.claim(objective)

    def _bounded(self, bound: float) -> None:
        self.recorder.bound(bound)

    def _logged(self, line: str) -> None:
        if self.params.log:
            self.recorder.log(line, keep=True)


def _is_doubtful(program: IntegerProgram) -> bool:
    """True if CBC's preprocessing may get the program wrong: integer columns in ranged rows."""
    two_sided = np.isfinite(program.row_lower) & np.isfinite(program.row_upper)
    ranged = two_sided & (program.row_lower != program.row_upper)
    return bool(program.integer.any() and ranged.any())
