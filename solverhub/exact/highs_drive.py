"""Drive HiGHS: stream its finds, hand it those of others, and keep the deadline.

One iteration of the budget is a node of branch and bound, or of an LP a simplex iteration.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.engines import highs
from solverhub.engines.highs import Model, Run
from solverhub.engines.ilp_answer import Answer
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.ilp_drive import EngineParams, IlpDrive
from solverhub.problems.integer_program import IntegerProgram

_CAREFUL = {"presolve": "off"}


class HighsDrive(IlpDrive):
    """One solve of a program by HiGHS.

    `model` holds the program already, or is made when HiGHS is needed.  After an `abandoned`
    solve it is still in use and must not be touched.
    """

    engine: ClassVar[str] = "highs"

    def __init__(
        self,
        problem: Problem,
        program: IntegerProgram,
        recorder: Recorder,
        params: EngineParams,
        seed: int,
        model: Model | None = None,
    ) -> None:
        super().__init__(problem, program, recorder, params, seed)
        self.model = model
        self.abandoned = False
        self._run: Run | None = None

    def version(self) -> str:
        """Version of HiGHS."""
        return highs.version()

    def attempt(self, *, careful: bool = False, until: float = math.inf) -> Answer | None:
        """Run HiGHS on the program; None says that it had to be abandoned."""
        self.model = model = self.model or Model(self.program)
        native: Mapping[str, Any] = {**self.params.native, **(_CAREFUL if careful else {})}
        model.configure(self._settings(model), native)
        if self.is_mip and self.recorder.solution is not None:
            model.start_from(self.recorder.solution)
        thread: EngineThread[Answer] = EngineThread()
        self._run = run = Run(
            model,
            on_solution=lambda values: thread.tell(lambda: self.found(values)),
            on_bound=lambda bound: thread.tell(lambda: self._bounded(bound)),
            on_log=(lambda line: thread.tell(lambda: self._logged(line)))
            if self.params.log
            else None,
            every=self.params.pool > 0,
            trust_presolve=careful,
        )
        try:
            answer = thread.watch(run, lambda: self.stopped() or time.monotonic() > until)
        finally:
            self._run = None
        self.abandoned = answer is None
        return answer

    def aside(self, program: IntegerProgram, *, careful: bool = False) -> Answer | None:
        """Run HiGHS on another program within the same budget, in silence."""
        model = Model(program)
        model.configure(self._settings(model), _CAREFUL if careful else {})
        thread: EngineThread[Answer] = EngineThread()
        return thread.watch(Run(model), self.stopped)

    def take(self, solution: np.ndarray) -> None:
        """Offer the solution to the running solve."""
        if self._run is not None:
            self._run.offer(solution)

    def _settings(self, model: Model) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "random_seed": self.seed % (2**31 - 1),
            "threads": self.budget.threads,
            "mip_rel_gap": self.budget.gap,
            "mip_abs_gap": 0.0,
        }
        if self.budget.deadline is not None:
            settings["time_limit"] = model.elapsed_s() + self.budget.remaining_s
        if self.budget.iterations is not None:
            most = min(self.budget.iterations, 2**31 - 1)
            names = ["mip_max_nodes"]
            if not model.is_mip:
                names = ["simplex_iteration_limit", "ipm_iteration_limit", "pdlp_iteration_limit"]
            settings |= dict.fromkeys(names, most)
        return settings

    def _bounded(self, bound: float) -> None:
        self.recorder.bound(bound)

    def _logged(self, line: str) -> None:
        self.recorder.log(line, keep=True)
