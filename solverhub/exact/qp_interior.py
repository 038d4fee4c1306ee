"""The interior point solver that `auto` takes: PIQP and Clarabel in turn.

PIQP is quicker on most programs and exact to more digits; Clarabel, homogeneous, survives
where PIQP diverges, and its parallel supernodal factorisation is the only one of the two that
copes with factors that fill.  By the size of the factor they run one after the other, PIQP
first; or beside each other; or Clarabel first.  An engine that misses the criterion on the
original program is asked for more digits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import zip_longest
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.engines import clarabel, piqp
from solverhub.exact.qp_clarabel import clarabel_run, run_clarabel
from solverhub.exact.qp_drive import QpDrive, QpParams, refusal, require_continuous
from solverhub.exact.qp_piqp import SHORT_S, piqp_run, run_piqp
from solverhub.exact.qp_tolerances import tolerances
from solverhub.exact.warm_start import begin
from solverhub.problems.quadratic_program import QuadraticProgram

HEAVY_S = 0.5
"""Estimated seconds of a simplicial factorisation from where on PIQP has no chance."""

PIQP_SHARE = 0.5
"""Of the time left, the most that a run of PIQP may use while Clarabel has not run."""


class InteriorPointSolver:
    """PIQP and Clarabel together; one iteration of the budget is one of either."""

    name: ClassVar[str] = "interior-point"
    title: ClassVar[str] = "Interior point by PIQP and Clarabel"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("piqp", "clarabel")
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
        alone = budget.deterministic or budget.threads < 2
        if not drive.done:
            _solve(drive, params, alone)
        engines = {"piqp": piqp.version(), "clarabel": clarabel.version()}
        return drive.finish(engines, deterministic=alone)


def _solve(drive: QpDrive, params: QpParams, alone: bool) -> None:
    step_s = clarabel.factor_seconds(drive.form)
    wanted = {
        name: tolerances(params, name, quick=step_s <= SHORT_S) for name in ("piqp", "clarabel")
    }
    if SHORT_S < step_s <= HEAVY_S and not alone:
        rest = drive.recorder.budget.threads - 1
        for first, second in zip_longest(wanted["piqp"], wanted["clarabel"]):
            makes = []
            if first is not None:
                makes.append(piqp_run(drive, first, params, step_s))
            if second is not None:
                makes.append(clarabel_run(drive, second, params, rest))
            drive.attempt_together(makes)
        return
    order = ("clarabel", "piqp") if step_s > HEAVY_S else ("piqp", "clarabel")
    for engine in order:
        for eps in wanted[engine]:
            if engine == "clarabel":
                run_clarabel(drive, eps, params)
            elif not drive.done:
                until = _share_spent(drive.recorder.budget)
                run_piqp(drive, eps, params, step_s, until=until)


def _share_spent(budget: Budget) -> Callable[[], bool]:
    """Tells when a run of PIQP that starts now must end."""
    end = time.monotonic() + PIQP_SHARE * budget.remaining_s
    return lambda: time.monotonic() > end
