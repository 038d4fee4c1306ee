"""`pass-through`: the gradient at a design is taken for that of its latent costs.

The method of Schubert et al. (ACS Photonics 2022, arXiv:2201.12965), to measure others against:
designs are drawn from costs by the brush generator, and Adam moves each cost as if the generator
were the identity.  The gradient is blurred first, as a touch moves neighbours together.  There are
no restarts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.ndimage import gaussian_filter

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.core.solver import Params
from solverhub.exact.warm_start import begin

_MOMENTUM, _MEMORY = 0.8, 0.95
_BLUR, _MOST = 1.5, 2.0
"""Standard deviation in pixels of the gradient's filter; the largest size of a cost."""
_LAST_RATE, _FALL = 0.2, 200


@dataclass(frozen=True)
class PassThroughParams(Params):
    """`rate`: Adam's at first, relative to the mean size of the first costs.

    It falls to a fifth of that by a cosine over 200 steps.
    """

    rate: float = 0.3

    def __post_init__(self) -> None:
        """Check ranges."""
        if not 0 < self.rate <= 1000:
            raise InvalidParams(f"rate is {self.rate}", remedy="give 0 to 1000")


class PassThroughSolver:
    """Gradient steps through the generator; one iteration of the budget is one simulation."""

    name: ClassVar[str] = "pass-through"
    title: ClassVar[str] = "Latent gradient steps through the brush generator"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[PassThroughParams]] = PassThroughParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: Any,
        budget: Budget,
        *,
        params: PassThroughParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        from solverhub.ops.photonic_response import Response
        from solverhub.search.brush_designs import BrushDesigns, smooth_costs

        recorder = Recorder(budget, self.problem.sense(instance), observe)
        begin(self.problem, instance, recorder, warm_start)
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        recorder.bound(0.0)
        response = Response(instance, threads=budget.threads)
        designs = BrushDesigns(instance.shape, instance.brush)
        costs = smooth_costs(instance.shape, np.random.default_rng(seed))
        first, second = np.zeros_like(costs), np.zeros_like(costs)
        count = 0
        while recorder.limit(count) is None and not recorder.proved():
            design = designs.solve(costs)
            value, slope = response.misfit(design)
            recorder.incumbent(value, design)
            count += 1
            slope = gaussian_filter(slope, _BLUR)
            fallen = (1 - np.cos(np.pi * min(1, count / _FALL))) / 2
            rate = params.rate * (1 - (1 - _LAST_RATE) * fallen)
            first += (1 - _MOMENTUM) * (slope - first)
            second += (1 - _MEMORY) * (slope**2 - second)
            size = np.sqrt(second / (1 - _MEMORY**count)) + 1e-12
            costs += rate * first / (1 - _MOMENTUM**count) / size
            costs = np.clip(costs, -_MOST, _MOST)
        return recorder.finish(recorder.limit(count))
