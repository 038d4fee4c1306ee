"""Photonic challenges with guides at random places.

Ferber et al. (ICML 2023, arXiv:2210.12547) solve the four challenges of Schubert et al. with 3 x 3
brushes at 1270 and 1290 nm; what they vary between instances is not published.  Here the place of
every guide along its side is drawn, and with `seed` 0 all lie where `PhotonicInstance.of` puts
them.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.problems.photonic_instance import PhotonicInstance

BENCHMARK_SEEDS = range(1_000_001, 1_000_006)
"""Nothing is trained or tuned on their instances."""


def waveguide_bend(
    seed: int, side: int = 40, resolution: float = 50.0, brush: int = 3, shift: int = 6
) -> PhotonicInstance:
    """A bend with side x side pixels; each guide moves by up to `shift` pixels."""
    return _moved("waveguide-bend", (side, side), resolution, brush, shift, seed)


def mode_converter(
    seed: int, side: int = 40, resolution: float = 50.0, brush: int = 3, shift: int = 6
) -> PhotonicInstance:
    """A converter into the second mode with side x side pixels."""
    return _moved("mode-converter", (side, side), resolution, brush, shift, seed)


def beam_splitter(
    seed: int,
    length: int = 60,
    height: int = 40,
    resolution: float = 50.0,
    brush: int = 3,
    shift: int = 1,
) -> PhotonicInstance:
    """A splitter with length x height pixels."""
    return _moved("beam-splitter", (length, height), resolution, brush, shift, seed)


def wdm(
    seed: int, side: int = 80, resolution: float = 40.0, brush: int = 3, shift: int = 6
) -> PhotonicInstance:
    """A demultiplexer of two wavelengths with side x side pixels."""
    return _moved("wdm", (side, side), resolution, brush, shift, seed)


def _moved(
    challenge: str, shape: tuple[int, int], resolution: float, brush: int, shift: int, seed: int
) -> PhotonicInstance:
    if shift < 0:
        raise InvalidParams(f"shift is {shift}", remedy="give 0 or more pixels")
    fixed = PhotonicInstance.of(challenge, shape, resolution_nm=resolution, brush=brush)
    if seed == 0:
        return fixed
    rng = np.random.default_rng(seed)
    across = shape[0] if challenge == "waveguide-bend" else shape[1]
    inputs = _draw(rng, fixed.inputs, shift, shape[1] - fixed.guide)
    outputs = _draw(rng, fixed.outputs, shift, across - fixed.guide)
    return PhotonicInstance.of(
        challenge, shape, resolution_nm=resolution, brush=brush, inputs=inputs, outputs=outputs
    )


def _draw(
    rng: np.random.Generator, places: tuple[int, ...], shift: int, most: int
) -> tuple[int, ...]:
    moved = np.array(places) + rng.integers(-shift, shift + 1, len(places))
    return tuple(np.clip(moved, 0, most).tolist())
