"""Generative flow networks for graphs: samples many good and different solutions.

A trained policy builds solutions vertex by vertex (`gflownet_rules`, `gflownet_network`); many
walks run at once and the best different solutions are kept.  Vertex covers are complements of
independent sets.  Weights are not seen by the policy: the objective counts them when the best
walks are chosen.  Importable where torch is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InputTooLarge, InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.core.solver import Params
from solverhub.exact.warm_start import begin
from solverhub.problems.graph import Graph

LARGEST = 200_000
"""Vertices and edges; a look of the policy at more takes seconds."""


@dataclass(frozen=True)
class GFlowNetParams(Params):
    """Parameters of the sampling.

    - `model`: name of an installed model, or a folder with one; None takes the family's own.
    - `samples`: walks at once; None takes as many as a look has time for (1 to 20).
    - `temperature`: of the sampling, 0 for the likeliest action; None takes the model's.
    - `share`: of the actions of a state, how many are taken a look; None takes the model's.
    - `patience`: walks without a new best solution after which it ends; None takes 10 a vertex.
    - `pool`: how many best solutions are returned at most.
    """

    model: str | None = None
    samples: int | None = None
    temperature: float | None = None
    share: float | None = None
    patience: int | None = None
    pool: int = 20

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.samples is not None and not 1 <= self.samples <= 65_536:
            raise InvalidParams(f"samples is {self.samples}", remedy="give 1 to 65536")
        if self.temperature is not None and not 0 <= self.temperature <= 1000:
            raise InvalidParams(f"temperature is {self.temperature}", remedy="give 0 to 1000")
        if self.share is not None and not 0 <= self.share <= 1:
            raise InvalidParams(f"share is {self.share}", remedy="give 0 to 1")
        if self.patience is not None and self.patience < 1:
            raise InvalidParams(f"patience is {self.patience}", remedy="give 1 or more")
        if not 1 <= self.pool <= 10_000:
            raise InvalidParams(f"pool is {self.pool}", remedy="give 1 to 10000")


class GFlowNetSolver:
    """Samples by a trained policy; one iteration of the budget is one walk."""

    name: ClassVar[str] = "gflownet"
    title: ClassVar[str] = "Generative flow network: a trained policy samples solutions"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")
    requires: ClassVar[tuple[str, ...]] = ("torch", "safetensors")
    Params: ClassVar[type[GFlowNetParams]] = GFlowNetParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Import torch and fetch the loops of Numba, which takes a second or two."""
        from solverhub.learned.gflownet_sampling import warm

        warm()

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: GFlowNetParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve` and `gflownet_sampling`.

        Raises `InputTooLarge` above 200,000 vertices and edges.
        """
        problem = self.problem
        if instance.n + instance.n_edges > LARGEST:
            raise InputTooLarge(
                f"a graph of {instance.n} vertices and {instance.n_edges} edges is too large for "
                "gflownet",
                remedy=f"it takes {LARGEST} of both together; use the family's search",
            )
        integral = problem.integral(instance)
        recorder = Recorder(budget, problem.sense(instance), observe, integral=integral)
        begin(problem, instance, recorder, warm_start)
        limit = recorder.limit()
        if limit is not None:
            return recorder.finish(limit)
        from solverhub.learned.gflownet_sampling import sample

        return sample(problem, instance, recorder, params, seed)
