"""SurCo on photonic designs: costs of pixels are learned so that the design drawn by them works.

The oracle is the brush generator (`search.brush_designs`), whose designs have small costs rather
than least ones, and the objective the misfit with its adjoint gradient (`ops.photonic_response`).
Costs begin at a grey design that works: a few gradient steps on densities between 0 and 1, blurred
and projected ever more sharply towards 0 and 1 (Wang, Lazarov and Sigmund, Struct. Multidiscip.
Optim. 2011), whose distance from one half is the cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from solverhub.core.recorder import Recorder
from solverhub.learned.surco import Objective, Oracle
from solverhub.learned.surco_networks import PixelNetwork
from solverhub.ops.photonic_response import Response
from solverhub.problems.generators.photonic import BENCHMARK_SEEDS, mode_converter, waveguide_bend
from solverhub.problems.photonic_instance import PhotonicInstance
from solverhub.search.brush_designs import BrushDesigns, smooth_costs

GREY_STEPS = 40
"""Simulations before the first step on costs."""
_RATE, _BLUR = 0.1, 1.0
_SHARPNESS = 2.0, 16.0
"""Of the projection at the first and the last grey step."""
SLOPE_BLUR = 1.5
"""Deviation in pixels of the filter of a design's gradient; touches move neighbours too."""
FEATURES = 12


class Photonics:
    """The domain `photonic-design`; a point is the solid pixels, flat (n,)."""

    def oracle(self, instance: PhotonicInstance) -> Oracle:
        """Designs drawn by the brush."""
        designs = BrushDesigns(instance.shape, instance.brush)
        return lambda costs: designs.solve(costs).ravel()

    def loss(self, instance: PhotonicInstance) -> Objective:
        """The misfit, with a blurred gradient."""
        return misfit_loss(_response(instance))

    def value(self, instance: PhotonicInstance, x: np.ndarray) -> float:
        """The same."""
        return _response(instance).misfit(x)[0]

    def lower(self, instance: PhotonicInstance) -> float:
        """Any cost will do."""
        return -np.inf

    def first(self, instance: PhotonicInstance) -> np.ndarray:
        """Of a grey design after `GREY_STEPS` steps of Adam, scaled to mean size 1."""
        response = _response(instance)
        latent = 0.2 * smooth_costs(instance.shape, np.random.default_rng(0))
        moved, size = np.zeros_like(latent), 0.0
        for count, sharp in enumerate(np.geomspace(*_SHARPNESS, GREY_STEPS), 1):
            density = 1 / (1 + np.exp(-latent))
            tilt, top = np.tanh(sharp * (gaussian_filter(density, _BLUR) - 0.5)), np.tanh(sharp / 2)
            slope = response.misfit(0.5 + tilt / (2 * top))[1]
            slope = gaussian_filter(slope * sharp * (1 - tilt**2) / (2 * top), _BLUR)
            slope *= density * (1 - density)
            moved += 0.1 * (slope - moved)
            size += 0.001 * (float((slope**2).mean()) - size)
            scale = np.sqrt(size / (1 - 0.999**count)) + 1e-300
            latent -= _RATE * moved / (1 - 0.9**count) / scale
        latent = gaussian_filter(latent, _BLUR / 2)
        costs: np.ndarray = -latent.ravel() / (np.abs(latent).mean() + 1e-300)
        return costs

    def solution(self, instance: PhotonicInstance, x: np.ndarray) -> np.ndarray:
        """bool (x, y): the design."""
        return x.astype(bool).reshape(instance.shape)

    def bound(self, instance: PhotonicInstance, recorder: Recorder) -> Mapping[str, Any] | None:
        """0, which needs no evidence."""
        recorder.bound(0.0)
        return None

    def features(self, instance: PhotonicInstance) -> tuple[torch.Tensor, ...]:
        """Of pixels, float32 (n, FEATURES): where they lie from the guides and sides."""
        width, height = instance.shape
        x, y = np.meshgrid(np.arange(width), np.arange(height), indexing="ij")
        middle = (instance.guide - 1) / 2
        bend = instance.challenge == "waveguide-bend"
        enter, leave = instance.inputs[0] + middle, instance.outputs[0] + middle
        out = (x - leave, y) if bend else (width - 1 - x, y - leave)
        columns = [x, y, y - enter, *out, np.hypot(x, y - enter), np.hypot(*out)]
        places = [np.ravel(column) / 20 for column in columns]
        ends = [(enter - height / 2) / 20, (leave - (width if bend else height) / 2) / 20]
        marks = [float(bend), float(instance.challenge == "mode-converter")]
        rows = [*places, *(np.full(x.size, each) for each in (*ends, *marks))]
        rows.append(np.ravel(np.minimum(np.minimum(x, width - 1 - x), y)) / 20)
        return (torch.tensor(np.column_stack(rows), dtype=torch.float32),)

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """Each pixel alone, by waves of its features."""
        return PixelNetwork(FEATURES, int(config["width"]))

    def draw(self, rng: np.random.Generator) -> PhotonicInstance:
        """Bends and converters of 40 x 40 pixels with guides at random places.

        There are 169 of each, so the benchmark's are left out by their places, not their seeds.
        """
        while True:
            make = waveguide_bend if rng.random() < 0.5 else mode_converter
            drawn = make(int(rng.integers(1, 1_000_000)))
            if drawn not in _kept():
                return drawn

    def target(self, instance: PhotonicInstance) -> np.ndarray | None:
        """None: its prior is trained on the loss alone."""
        return None

    def units(self, instance: PhotonicInstance) -> np.ndarray:
        """Costs have mean size 1."""
        return np.ones(instance.n_pixels)

    def baseline(self, instance: PhotonicInstance) -> float:
        """The misfit has no unit."""
        return 1.0


class _Misfit(torch.autograd.Function):
    """The misfit of a flat density; its gradient is the adjoint's, not torch's, and blurred."""

    @staticmethod
    def forward(ctx: Any, density: torch.Tensor, response: Response) -> torch.Tensor:
        value, slope = response.misfit(density.numpy())
        blurred = gaussian_filter(slope.reshape(response.instance.shape), SLOPE_BLUR)
        ctx.slope = torch.from_numpy(blurred.ravel())
        return torch.tensor(value, dtype=torch.float64)

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> tuple[torch.Tensor, None]:
        return outer[0] * ctx.slope, None


def misfit_loss(response: Response) -> Objective:
    """The misfit of a flat density, float64 (n,) in 0..1, with its gradient blurred."""

    def loss(density: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = _Misfit.apply(density, response)  # type: ignore[no-untyped-call]
        return found

    return loss


@cache
def _kept() -> frozenset[PhotonicInstance]:
    """The instances of the benchmark."""
    makes = (waveguide_bend, mode_converter)
    return frozenset(make(seed) for make in makes for seed in BENCHMARK_SEEDS)


@lru_cache(maxsize=4)
def _response(instance: PhotonicInstance) -> Response:
    return Response(instance)
