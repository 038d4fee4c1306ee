"""Planar photonic devices to design: the instances of the family `photonic-design`.

Light of one mode enters through a guide on the left of a rectangle of pixels, each solid (silicon)
or void (the cladding), and is to leave through the guides that the challenge names.  The four
challenges are those of `ceviche-challenges` (Schubert et al., ACS Photonics 2022,
arXiv:2201.12965), in pixels:

- `waveguide-bend`: out through a guide on the lower side.
- `mode-converter`: out on the right in the second mode.
- `beam-splitter`: half to each of two guides on the right, nothing to a second one on the left.
- `wdm`: the first half of the wavelengths to the first guide on the right, the rest to the second.

Pixels are indexed (x, y) with x along the light and y upwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from solverhub.core.errors import InvalidInstance

CHALLENGES = ("waveguide-bend", "mode-converter", "beam-splitter", "wdm")
CLADDING, SLAB = 2.25, 12.25
"""Relative permittivity of void and of solid pixels."""
GUIDE_NM, LENGTH_NM, MARGIN_NM = 400.0, 720.0, 560.0
"""Width and length of guides; void beside the design, and beside a guide where its mode is read."""
ABSORBER = 20
"""Pixels of the absorbing layer on each side."""
_SIDES = {
    "waveguide-bend": (1, 1),
    "mode-converter": (1, 1),
    "beam-splitter": (2, 2),
    "wdm": (1, 2),
}
_LARGEST = 200
_MOST_WAVELENGTHS = 32
_LEAST, _HALF, _MOST = 10**-0.05, 10**-0.35, 10**-2.0
"""-0.5 dB, -3.5 dB and -20 dB as fractions of power."""


class Port(NamedTuple):
    """A line of pixels across a guide: `lo <= x or y < hi` at `at` along `axis` (0 is x).

    `sign` is +1 where light enters the device along the axis; `order` is the mode's, from 1.
    """

    axis: int
    at: int
    lo: int
    hi: int
    sign: int
    order: int


@dataclass(frozen=True)
class PhotonicInstance:
    """A challenge and its sizes; build it with `PhotonicInstance.of`, which checks them.

    - `shape`: pixels of the design along x and y; `resolution_nm`: the side of a pixel.
    - `wavelengths_nm`: in vacuum, ascending, all of the same weight.
    - `brush`: diameter in pixels of the disc that has to fit into every solid and void part.
    - `inputs`, `outputs`: the first pixel, along the design's side, of each guide; `guide` pixels
      wide.  Light enters at `inputs[0]`.
    """

    challenge: str
    shape: tuple[int, int]
    resolution_nm: float
    wavelengths_nm: tuple[float, ...]
    brush: int
    guide: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @classmethod
    def of(
        cls,
        challenge: str,
        shape: tuple[int, int],
        *,
        resolution_nm: float = 50.0,
        wavelengths_nm: tuple[float, ...] = (1270.0, 1290.0),
        brush: int = 3,
        guide: int | None = None,
        inputs: tuple[int, ...] | None = None,
        outputs: tuple[int, ...] | None = None,
    ) -> PhotonicInstance:
        """The instance; guides not given are 400 nm wide and spread evenly over their sides."""
        if challenge not in CHALLENGES:
            raise InvalidInstance(
                f"unknown challenge {challenge!r:.40}", remedy=f"one of {', '.join(CHALLENGES)}"
            )
        _check_sizes(shape, resolution_nm, wavelengths_nm, brush)
        if challenge == "wdm" and len(wavelengths_nm) % 2:
            raise InvalidInstance(
                "a wdm has an odd number of wavelengths", remedy="give as many to each output"
            )
        width = max(2, round(GUIDE_NM / resolution_nm)) if guide is None else guide
        across = shape[0] if challenge == "waveguide-bend" else shape[1]
        sides = []
        for key, given, count, side in (
            ("inputs", inputs, _SIDES[challenge][0], shape[1]),
            ("outputs", outputs, _SIDES[challenge][1], across),
        ):
            margin = max(2, round(MARGIN_NM / resolution_nm))
            found = _spread(count, width, side, margin) if given is None else tuple(given)
            _check_guides(key, found, count, width, side)
            sides.append(found)
        waves = tuple(sorted(float(each) for each in wavelengths_nm))
        return cls(challenge, shape, float(resolution_nm), waves, brush, width, *sides)

    @property
    def n_pixels(self) -> int:
        """Pixels of the design."""
        return self.shape[0] * self.shape[1]

    @property
    def corner(self) -> tuple[int, int]:
        """Where the design's first pixel lies on the simulated grid."""
        return ABSORBER + self._length, ABSORBER + self._below

    @property
    def grid(self) -> tuple[int, int]:
        """Pixels of the simulated grid along x and y, with guides and absorbing layers."""
        margin = self._pixels(MARGIN_NM)
        right = margin if self.challenge == "waveguide-bend" else self._length
        return (
            2 * ABSORBER + self._length + self.shape[0] + right,
            2 * ABSORBER + self._below + self.shape[1] + margin,
        )

    @property
    def background(self) -> np.ndarray:
        """bool of the grid's shape: the solid of the guides."""
        solid = np.zeros(self.grid, dtype=bool)
        x, y = self.corner
        for at in self.inputs:
            solid[:x, y + at : y + at + self.guide] = True
        for at in self.outputs:
            if self.challenge == "waveguide-bend":
                solid[x + at : x + at + self.guide, :y] = True
            else:
                solid[x + self.shape[0] :, y + at : y + at + self.guide] = True
        return solid

    @property
    def ports(self) -> tuple[Port, ...]:
        """The port of the light, then those of the outputs, then the input to be kept dark."""
        x, y = self.corner
        near, far = ABSORBER + 1, self.grid[0] - ABSORBER - 1
        left = [Port(0, near, y + lo, y + hi, 1, 1) for lo, hi in self._lines(self.inputs)]
        order = 2 if self.challenge == "mode-converter" else 1
        out = [
            Port(1, near, x + lo, x + hi, 1, order)
            if self.challenge == "waveguide-bend"
            else Port(0, far, y + lo, y + hi, -1, order)
            for lo, hi in self._lines(self.outputs)
        ]
        return (left[0], *out, *left[1:])

    @property
    def windows(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and most power at each port as fractions of the light, float64 (waves, ports).

        As in Schubert et al.: at least -0.5 dB where all the light is to go, -3.5 dB and its
        complement at each half, -3 dB at the output of a wavelength; at most -20 dB elsewhere,
        the reflection at the first port among it.
        """
        n_waves, n_ports = len(self.wavelengths_nm), 1 + len(self.outputs) + len(self.inputs) - 1
        least, most = np.zeros((n_waves, n_ports)), np.full((n_waves, n_ports), _MOST)
        if self.challenge == "wdm":
            first = np.arange(n_waves) < n_waves // 2
            least[first, 1] = least[~first, 2] = 10**-0.3
            most[first, 1] = most[~first, 2] = 1.0
        elif self.challenge == "beam-splitter":
            least[:, 1:3], most[:, 1:3] = _HALF, 1 - _HALF
        else:
            least[:, 1], most[:, 1] = _LEAST, 1.0
        return least, most

    def _lines(self, guides: tuple[int, ...]) -> list[tuple[int, int]]:
        """What a mode is read on: a guide and its margins, up to half the gap to the next guide."""
        pad = self._pixels(MARGIN_NM)
        if len(guides) == 2:
            pad = min(pad, (abs(guides[0] - guides[1]) - self.guide) // 2)
        return [(at - pad, at + self.guide + pad) for at in guides]

    @property
    def _length(self) -> int:
        return max(self._pixels(LENGTH_NM), self._pixels(MARGIN_NM))

    @property
    def _below(self) -> int:
        """Pixels between the lower absorbing layer and the design."""
        if self.challenge == "waveguide-bend":
            return self._length
        return self._pixels(MARGIN_NM)

    def _pixels(self, length_nm: float) -> int:
        return max(2, round(length_nm / self.resolution_nm))


def _spread(count: int, width: int, side: int, margin: int) -> tuple[int, ...]:
    """The first pixel of a guide in the middle, or of two, two margins apart if they fit."""
    spare = side - count * width
    if count == 1:
        return (spare // 2,)
    edge = min(max(0, spare // 2 - margin), spare // 3)
    return (edge, side - width - edge)


def _check_sizes(
    shape: tuple[int, int], resolution: float, waves: tuple[float, ...], brush: int
) -> None:
    if not all(2 <= side <= _LARGEST for side in shape):
        raise InvalidInstance(
            f"the design has {shape[0]} x {shape[1]} pixels", remedy=f"give 2 to {_LARGEST} a side"
        )
    if not 1 <= len(waves) <= _MOST_WAVELENGTHS or len(set(waves)) < len(waves):
        raise InvalidInstance(
            f"{len(waves)} wavelengths are given", remedy=f"give 1 to {_MOST_WAVELENGTHS} distinct"
        )
    for wave in waves:
        if not (math.isfinite(wave) and 100 <= wave <= 1e6):
            raise InvalidInstance(f"a wavelength is {wave:g} nm", remedy="give 100 to 1e6 nm")
    finest = min(waves) / math.sqrt(SLAB) / 4
    if not (math.isfinite(resolution) and min(waves) / 1000 <= resolution <= finest):
        raise InvalidInstance(
            f"the resolution is {resolution:g} nm",
            remedy=f"give {min(waves) / 1000:.3g} to {finest:.3g} nm, four pixels a wavelength",
        )
    if not (1 <= brush <= min(shape) and brush % 2):
        raise InvalidInstance(
            f"the brush is {brush} pixels wide", remedy=f"give an odd number of 1 to {min(shape)}"
        )


def _check_guides(key: str, found: tuple[int, ...], count: int, width: int, side: int) -> None:
    if len(found) != count:
        raise InvalidInstance(
            f'"{key}" has {len(found)} guides', remedy=f"this challenge has {count} there"
        )
    if width < 2 or any(not 0 <= at <= side - width for at in found):
        raise InvalidInstance(
            f'"{key}" are at {list(found)}, {width} wide, on a side of {side} pixels',
            remedy="keep each guide, 2 or more pixels wide, within the side",
        )
    if count == 2 and abs(found[0] - found[1]) <= width:
        raise InvalidInstance(f'the guides of "{key}" touch', remedy="leave void between them")
