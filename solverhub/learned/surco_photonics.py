"""SurCo on photonic designs: costs of pixels are learned so that the design drawn by them works.

The oracle is the brush generator (`search.brush_designs`), whose designs have small costs rather
than least ones, and the objective the misfit with its adjoint gradient (`ops.photonic_response`).

A prior is trained on grey designs first: densities between 0 and 1, blurred and projected ever more
sharply towards 0 and 1 (Wang, Lazarov and Sigmund, Struct. Multidiscip. Optim. 2011), whose
distance from one half is the cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from solverhub.core.recorder import Recorder
from solverhub.learned.surco import Objective, Oracle
from solverhub.learned.surco_networks import PixelNetwork
from solverhub.ops.photonic_response import Response, outside
from solverhub.problems.generators.photonic import BENCHMARK_SEEDS, mode_converter, waveguide_bend
from solverhub.problems.photonic_field import misfit
from solverhub.problems.photonic_instance import PhotonicInstance
from solverhub.search.brush_designs import BrushDesigns, smooth_costs

_BLUR = 1.0
_SHARPNESS = 2.0, 16.0
"""Of the projection of grey designs, at first and at last."""
SLOPE_BLUR = 1.5
"""Deviation in pixels of the filter of a design's gradient; touches move neighbours too."""
_TIGHT = 0.8, 1.05
"""Exponents of the least and the most power in windows for gradients, which are in dB then."""
FEATURES = 10
_TAUGHT = waveguide_bend, mode_converter
"""What priors are for."""
_DRAWN = 0.6
"""The share of training after which designs are drawn by the brush."""
_LATENT = 2.0
"""A cost times this, negated, is what a relaxed density is the logistic function of."""


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
        """The same, kept for the places of training."""
        return _drawn_response(instance).misfit(x)[0]

    def lower(self, instance: PhotonicInstance) -> float:
        """Any cost will do."""
        return -np.inf

    def first(self, instance: PhotonicInstance) -> np.ndarray:
        """A smooth random field, always the same."""
        return smooth_costs(instance.shape, np.random.default_rng(0)).ravel()

    def rule(self, instance: PhotonicInstance) -> None:
        """None: a second design would take as long to judge as the first."""

    def solution(self, instance: PhotonicInstance, x: np.ndarray) -> np.ndarray:
        """bool (x, y): the design."""
        return x.astype(bool).reshape(instance.shape)

    def bound(self, instance: PhotonicInstance, recorder: Recorder) -> Mapping[str, Any] | None:
        """0, which needs no evidence."""
        recorder.bound(0.0)
        return None

    def features(self, instance: PhotonicInstance) -> tuple[torch.Tensor, ...]:
        """Of pixels, float32 (n, FEATURES): where they lie from the guides and sides; and 1 for a
        converter, else 0.

        Mirror images (`mirrored`) get mirrored features, so that one of both has to be learned.
        """
        other = mirrored(instance)
        turn = (other.inputs, other.outputs) < (instance.inputs, instance.outputs)
        chosen = other if turn else instance
        rows = _pixel_features(chosen)
        if turn:
            rows = rows.transpose(1, 0, 2) if _bends(chosen) else rows[:, ::-1]
        flat = np.ascontiguousarray(rows.reshape(-1, FEATURES))
        which = int(instance.challenge == "mode-converter")
        return torch.tensor(flat, dtype=torch.float32), torch.tensor(which)

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """Each pixel alone, by waves of its features, for bends and for converters."""
        return PixelNetwork(FEATURES, int(config["width"]), len(_TAUGHT))

    def draw(self, rng: np.random.Generator) -> PhotonicInstance:
        """Bends and converters of 40 x 40 pixels with guides at random places.

        There are 169 of each, so the benchmark's are left out by their places, not their seeds,
        and so are their mirror images.
        """
        while True:
            make = _TAUGHT[rng.integers(len(_TAUGHT))]
            drawn = make(int(rng.integers(1, 1_000_000)))
            if drawn not in _kept():
                return drawn

    def target(self, instance: PhotonicInstance) -> np.ndarray | None:
        """None: its prior is trained on the loss alone."""
        return None

    def relaxed(
        self, instance: PhotonicInstance, costs: np.ndarray, progress: float
    ) -> tuple[float, np.ndarray]:
        """A grey design, ever sharper, and from `_DRAWN` on the one that the brush draws.

        Windows are tighter than the instance's (-0.2 dB and -25 dB): what a prior draws for other
        places is to have something to spare.
        """
        least, most = instance.windows
        windows = least**0.4, most**1.25
        response = _drawn_response(instance)
        if progress < _DRAWN:
            sharp = _SHARPNESS[0] * (_SHARPNESS[1] / _SHARPNESS[0]) ** (progress / _DRAWN)
            latent = -_LATENT * costs.reshape(instance.shape)
            value, slope = _grey(response, latent, sharp, windows)
            return value, -_LATENT * slope.ravel()
        design = BrushDesigns(instance.shape, instance.brush).solve(costs)
        value, slope = response.misfit(design, windows)
        return value, -gaussian_filter(slope, SLOPE_BLUR).ravel()

    def units(self, instance: PhotonicInstance) -> np.ndarray:
        """Costs have mean size 1."""
        return np.ones(instance.n_pixels)

    def baseline(self, instance: PhotonicInstance) -> float:
        """The misfit has no unit."""
        return 1.0


class _Misfit(torch.autograd.Function):
    """The misfit of a flat density, with a gradient that is not quite its own.

    It is the adjoint's of slightly tighter windows, the worse wavelengths counting more, and
    blurred.
    """

    @staticmethod
    def forward(ctx: Any, density: torch.Tensor, response: Response) -> torch.Tensor:
        powers, slope = response.pulled(density.numpy(), partial(_pull, response.instance))
        blurred = gaussian_filter(slope.reshape(response.instance.shape), SLOPE_BLUR)
        ctx.slope = torch.from_numpy(blurred.ravel())
        return torch.tensor(misfit(response.instance, powers), dtype=torch.float64)

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> tuple[torch.Tensor, None]:
        return outer[0] * ctx.slope, None


def misfit_loss(response: Response) -> Objective:
    """The misfit of a flat density, float64 (n,) in 0..1, with the gradient of `_Misfit`."""

    def loss(density: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = _Misfit.apply(density, response)  # type: ignore[no-untyped-call]
        return found

    return loss


def _pull(instance: PhotonicInstance, powers: np.ndarray) -> np.ndarray:
    """By powers (waves, ports): of the misfit of windows tightened, weighted by its roots."""
    least, most = instance.windows
    beyond = outside(powers, least ** _TIGHT[0], most ** _TIGHT[1])
    size = np.sqrt((beyond**2).sum(axis=1))
    found: np.ndarray = beyond * (size / (size.mean() + 1e-300))[:, None]
    return found


def mirrored(instance: PhotonicInstance) -> PhotonicInstance:
    """The instance whose designs are its own in a mirror: of y, or of x and y for a bend.

    A bend in the mirror is entered where the light leaves, which changes what comes back through
    the entry only by what is lost on the way.
    """
    if _bends(instance):
        return replace(
            instance, shape=instance.shape[::-1], inputs=instance.outputs, outputs=instance.inputs
        )
    last = instance.shape[1] - instance.guide
    inputs = tuple(last - at for at in instance.inputs)
    return replace(instance, inputs=inputs, outputs=tuple(last - at for at in instance.outputs))


def _bends(instance: PhotonicInstance) -> bool:
    return instance.challenge == "waveguide-bend"


def _pixel_features(instance: PhotonicInstance) -> np.ndarray:
    """float64 (x, y, FEATURES), in units of 20 pixels."""
    width, height = instance.shape
    x, y = np.meshgrid(np.arange(width), np.arange(height), indexing="ij")
    middle = (instance.guide - 1) / 2
    enter, leave = instance.inputs[0] + middle, instance.outputs[0] + middle
    out = (x - leave, y) if _bends(instance) else (width - 1 - x, y - leave)
    ends = enter - height / 2, leave - (width if _bends(instance) else height) / 2
    columns = [x, y, y - enter, *out, np.hypot(x, y - enter), np.hypot(*out)]
    columns += [np.full(x.shape, end) for end in ends]
    columns.append(np.minimum(np.minimum(x, width - 1 - x), y))
    return np.stack(columns, axis=-1) / 20


def _grey(
    response: Response,
    latent: np.ndarray,
    sharp: float,
    windows: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[float, np.ndarray]:
    """The misfit of the grey design of latent densities (x, y), and its slope by them."""
    density = 1 / (1 + np.exp(-latent))
    tilt, top = np.tanh(sharp * (gaussian_filter(density, _BLUR) - 0.5)), np.tanh(sharp / 2)
    value, slope = response.misfit(0.5 + tilt / (2 * top), windows)
    slope = gaussian_filter(slope * sharp * (1 - tilt**2) / (2 * top), _BLUR)
    return value, slope * density * (1 - density)


@cache
def _kept() -> frozenset[PhotonicInstance]:
    """The instances of the benchmark and their mirror images."""
    kept = [make(seed) for make in _TAUGHT for seed in BENCHMARK_SEEDS]
    return frozenset([*kept, *map(mirrored, kept)])


@lru_cache(maxsize=4)
def _response(instance: PhotonicInstance) -> Response:
    return Response(instance)


@cache
def _drawn_response(instance: PhotonicInstance) -> Response:
    """For training, which comes back to the same 320 places: some 2 MB each."""
    return Response(instance)
