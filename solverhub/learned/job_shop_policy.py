"""Learned improvement for job shops: a trained network chooses the swaps of many walks.

The policy of arXiv:2211.10936 (`job_shop_network`), with better starts, a recency mask and
several walks at once.  Importable where torch is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.warm_start import begin
from solverhub.problems.job_shop import ShopInstance
from solverhub.problems.job_shop_bound import lower_bound


@dataclass(frozen=True)
class JobShopPolicyParams(Params):
    """Parameters of the walks.

    - `model`: name of an installed model, or a folder with one.
    - `samples`: walks at once; None takes as many as a step has time for (1 to 16).
    - `temperature`: of the sampling; 0 takes the likeliest swap.
    - `tenure`: steps for which a swap may not be undone; None goes by the shop's shape.
    - `noise`: of the first schedules of all walks but one.
    - `patience`: steps without a better schedule after which a walk goes back to its best.
    """

    model: str = "job-shop-policy-small"
    samples: int | None = None
    temperature: float = 0.3
    tenure: int | None = None
    noise: float = 0.3
    patience: int = 1000

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.samples is not None and not 1 <= self.samples <= 65_536:
            raise InvalidParams(f"samples is {self.samples}", remedy="give 1 to 65536")
        if self.tenure is not None and not 0 <= self.tenure <= 10_000:
            raise InvalidParams(f"tenure is {self.tenure}", remedy="give 0 to 10000")
        for name in ("temperature", "noise"):
            if not 0 <= getattr(self, name) <= 1000:
                raise InvalidParams(f"{name} is {getattr(self, name)}", remedy="give 0 to 1000")
        if self.patience < 1:
            raise InvalidParams(f"patience is {self.patience}", remedy="give 1 or more")


class JobShopPolicySolver:
    """Walks by a trained policy; one iteration of the budget is one step of every walk."""

    name: ClassVar[str] = "job-shop-policy"
    title: ClassVar[str] = "Learned improvement: a trained policy swaps critical operations"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")
    requires: ClassVar[tuple[str, ...]] = ("torch", "safetensors")
    Params: ClassVar[type[JobShopPolicyParams]] = JobShopPolicyParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Import torch, which takes a second or two."""
        import solverhub.learned.job_shop_search  # noqa: F401

    def solve(
        self,
        instance: ShopInstance,
        budget: Budget,
        *,
        params: JobShopPolicyParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve` and `job_shop_search`."""
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=True)
        begin(self.problem, instance, recorder, warm_start)
        limit = recorder.limit()
        if limit is not None:
            return recorder.finish(limit)
        from solverhub.learned.job_shop_search import search

        recorder.bound(lower_bound(instance))
        return search(self.problem, instance, recorder, params, seed, warm_start)
