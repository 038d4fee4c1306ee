"""`surco-zero`: the costs of a linear surrogate are fitted to the one instance at hand.

Importable where torch is not installed; `surco` has the method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result
from solverhub.core.solver import Params
from solverhub.exact.warm_start import begin


@dataclass(frozen=True)
class SurcoParams(Params):
    """Parameters of the steps on the costs; see `surco.Steps`."""

    gradient: Literal["blackbox", "perturbed", "straight-through"] = "blackbox"
    reach: float = 0.5
    draws: int = 4
    rate: float = 0.05
    patience: int = 50

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("reach", "rate"):
            if not 0 < getattr(self, name) <= 1000:
                raise InvalidParams(f"{name} is {getattr(self, name)}", remedy="give 0 to 1000")
        for name in ("draws", "patience"):
            if not 1 <= getattr(self, name) <= 1_000_000:
                raise InvalidParams(f"{name} is {getattr(self, name)}", remedy="give 1 or more")


@dataclass(frozen=True)
class SurcoDesignParams(SurcoParams):
    """Those of the steps, with defaults for designs.

    Of 1600 pixels a second solve or a few draws tell too little: `blackbox` and `perturbed` are
    behind `straight-through` there.  Costs are kept small and Adam's memory short, for a pixel
    with a large cost takes many steps to change.
    """

    gradient: Literal["blackbox", "perturbed", "straight-through"] = "straight-through"
    rate: float = 0.3
    patience: int = 100
    apart: bool = True
    momentum: float = 0.8
    memory: float = 0.95
    most: float = 2.0
    last_rate: float = 0.2
    fall: int = 200

    def __post_init__(self) -> None:
        """Check ranges."""
        super().__post_init__()
        for name in ("momentum", "memory"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidParams(f"{name} is {getattr(self, name)}", remedy="give 0 to below 1")
        if not 0 < self.most <= 1000:
            raise InvalidParams(f"most is {self.most}", remedy="give 0 to 1000")
        if not 0 < self.last_rate <= 1:
            raise InvalidParams(f"last_rate is {self.last_rate}", remedy="give 0 to 1")
        if self.fall < 1:
            raise InvalidParams(f"fall is {self.fall}", remedy="give 1 or more")


class SurcoZeroSolver:
    """Gradient steps on surrogate costs; one iteration of the budget is one step."""

    name: ClassVar[str] = "surco-zero"
    title: ClassVar[str] = "Learned linear surrogate, fitted to the instance (SurCo)"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("torch",)
    Params: ClassVar[type[SurcoParams]] = SurcoParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Import torch, which takes a second or two."""
        import solverhub.learned.surco_run  # noqa: F401

    def solve(
        self,
        instance: Any,
        budget: Budget,
        *,
        params: SurcoParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        recorder = Recorder(budget, self.problem.sense(instance), observe)
        begin(self.problem, instance, recorder, warm_start)
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        if self.problem.check_infeasible(instance, None):
            return recorder.finish(None, reason=Reason.INFEASIBLE)
        from solverhub.learned.surco import Steps
        from solverhub.learned.surco_run import search

        steps = Steps(**params.to_mapping())
        return search(self.problem, instance, recorder, steps, seed)


class SurcoDesignSolver(SurcoZeroSolver):
    """The same with the steps of designs, each one simulation."""

    Params: ClassVar[type[SurcoParams]] = SurcoDesignParams
