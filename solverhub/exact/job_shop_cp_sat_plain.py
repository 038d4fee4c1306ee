"""CP-SAT on a job shop as anyone would write it, to be measured against.

The textbook model (intervals, no overlap on a machine, minimise the latest end) with the sum
of all durations as its horizon: no start of our own, no bound of our own, CP-SAT's default
strategies on as many workers as the budget has threads.  The solver `cp-sat` has all of these.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.exact.cp_sat_params import CpSatParams
from solverhub.exact.job_shop_start import first
from solverhub.exact.warm_start import begin
from solverhub.problems.job_shop import ShopInstance


class JobShopPlainCpSatSolver:
    """CP-SAT without help; a warm start of the caller's is its hint."""

    name: ClassVar[str] = "cp-sat-plain"
    title: ClassVar[str] = "Plain CP-SAT (OR-Tools) on intervals, to measure against"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("ortools",)
    Params: ClassVar[type[CpSatParams]] = CpSatParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Import the engine."""
        import solverhub.exact.job_shop_cp_sat_model  # noqa: F401

    def solve(
        self,
        instance: ShopInstance,
        budget: Budget,
        *,
        params: CpSatParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        from solverhub.exact.cp_sat_drive import drive
        from solverhub.exact.job_shop_cp_sat_model import encode

        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=True)
        if warm_start is not None:
            begin(self.problem, instance, recorder, warm_start, lambda: first(instance, warm_start))
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        if params.workers is None:
            params = replace(params, workers=budget.threads)
        encoding = encode(instance, int(instance.duration.sum()), 0)
        return drive(self.problem, instance, encoding, recorder, params=params, seed=seed)
