"""CP-SAT for job shops; importable where OR-Tools is not installed."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from solverhub.problems.job_shop_bound import lower_bound

PORTFOLIO = 2
"""On two cores and a short budget two workers find schedules 2 to 4 % shorter than eight do."""


@dataclass(frozen=True)
class JobShopCpSatParams(CpSatParams):
    """Parameters of CP-SAT, and its role.

    - `prove`: only look for schedules shorter than the best known, by the means that prove
      fastest, which suits a race with a search that finds schedules (`job_shop_proof`).
    """

    prove: bool = False


class JobShopCpSatSolver:
    """CP-SAT with interval variables."""

    name: ClassVar[str] = "cp-sat"
    title: ClassVar[str] = "CP-SAT (OR-Tools) on intervals"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("ortools",)
    Params: ClassVar[type[JobShopCpSatParams]] = JobShopCpSatParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Import the engine."""
        import solverhub.exact.job_shop_proof  # noqa: F401

    def solve(
        self,
        instance: ShopInstance,
        budget: Budget,
        *,
        params: JobShopCpSatParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve` and `job_shop_cp_sat_model`."""
        from solverhub.exact.cp_sat_drive import drive
        from solverhub.exact.job_shop_cp_sat_model import encode
        from solverhub.exact.job_shop_proof import REASONING, prove

        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=True)
        begin(self.problem, instance, recorder, warm_start, lambda: first(instance, warm_start))
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        floor = lower_bound(instance)
        recorder.bound(floor)
        if params.prove and recorder.objective is not None:
            return prove(self.problem, instance, recorder, params, seed)
        horizon = int(instance.duration.sum() if recorder.objective is None else recorder.objective)
        encoding = replace(encode(instance, horizon, floor), settings=REASONING)
        return drive(
            self.problem,
            instance,
            encoding,
            recorder,
            params=params,
            seed=seed,
            portfolio=PORTFOLIO,
        )
