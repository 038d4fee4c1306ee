"""`surco-prior` and `surco-hybrid`: a trained network gives the costs of a linear surrogate.

The network was trained on the objective itself, through the linear solver, without optimal labels
(`training.surco_prior`).  Importable where torch is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result
from solverhub.core.solver import Params
from solverhub.exact.warm_start import begin
from solverhub.learned.surco_zero import SurcoDesignParams, SurcoParams
from solverhub.problems.photonic_instance import PhotonicInstance


@dataclass(frozen=True)
class SurcoPriorParams(Params):
    """`model`: an installed model or a folder with one; None takes the family's own."""

    model: str | None = None


@dataclass(frozen=True)
class SurcoHybridParams(SurcoParams):
    """Those of the steps, and the model that gives the first costs."""

    model: str | None = None


@dataclass(frozen=True)
class SurcoDesignHybridParams(SurcoDesignParams):
    """Those of the steps on designs, shorter ones, and the model that gives the first costs."""

    rate: float = 0.2
    model: str | None = None


def own_model(problem: str) -> str:
    """The name of the shipped model of a family."""
    return f"surco-prior-{problem}"


class SurcoPriorSolver:
    """One linear solve at the costs of the network."""

    name: ClassVar[str] = "surco-prior"
    title: ClassVar[str] = "Learned linear surrogate by a trained network, one solve (SurCo)"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("torch", "safetensors")
    Params: ClassVar[type[Params]] = SurcoPriorParams

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
        params: Any,
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
        return self.run(instance, recorder, params, seed)

    def run(self, instance: Any, recorder: Recorder, params: Any, seed: int) -> Result:
        """What is done with the network's costs."""
        from solverhub.learned.surco_run import once

        model = params.model or own_model(self.problem.name)
        return once(self.problem, instance, recorder, model)


class SurcoHybridSolver(SurcoPriorSolver):
    """Gradient steps from the costs of the network; an iteration of the budget is one step."""

    name: ClassVar[str] = "surco-hybrid"
    title: ClassVar[str] = "Learned linear surrogate, from a network fitted to the instance (SurCo)"
    Params: ClassVar[type[Params]] = SurcoHybridParams

    def run(self, instance: Any, recorder: Recorder, params: Any, seed: int) -> Result:
        """Steps from the network's costs."""
        from solverhub.learned.surco import Steps
        from solverhub.learned.surco_run import search

        given = params.to_mapping()
        model = given.pop("model") or own_model(self.problem.name)
        return search(self.problem, instance, recorder, Steps(**given), seed, model)


class SurcoDesignPriorSolver(SurcoPriorSolver):
    """One design drawn by the network's costs, for the kinds that it knows."""

    def serves(self, instance: PhotonicInstance) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        known = instance.challenge in ("waveguide-bend", "mode-converter")
        return None if known else "its prior knows bends and converters alone"

    def run(self, instance: PhotonicInstance, recorder: Recorder, params: Any, seed: int) -> Result:
        """As for other families; raises for the other kinds."""
        reason = self.serves(instance)
        if reason is not None:
            raise InvalidInstance(reason, remedy="use surco-zero")
        return super().run(instance, recorder, params, seed)


class SurcoDesignHybridSolver(SurcoDesignPriorSolver, SurcoHybridSolver):
    """Steps from the network's costs, each one simulation."""

    Params: ClassVar[type[Params]] = SurcoDesignHybridParams
