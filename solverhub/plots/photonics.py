"""A photonic device and its light: the solid, and the field's size at each wavelength."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.photonic_field import fields, permittivity_of
from solverhub.problems.photonic_instance import ABSORBER, CLADDING, PhotonicInstance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_FIELDS = 3
_GAP = 4


def device(axes: Axes, instance: PhotonicInstance, design: np.ndarray) -> None:
    """The design, bool (x, y), between its guides, then |E_z| at up to three wavelengths.

    x runs to the right and y upwards; the absorbing layers are left out, and every field is
    relative to its largest value.
    """
    inner = (slice(ABSORBER, -ABSORBER),) * 2
    solid = permittivity_of(instance, design)[inner] > CLADDING
    size = np.abs(fields(instance, design))[:_MOST_FIELDS, inner[0], inner[1]]
    panels = [solid.astype(float), *(each / each.max() for each in size)]
    width, height = solid.shape
    whole = np.full((height, len(panels) * (width + _GAP) - _GAP), np.nan)
    for at, panel in enumerate(panels):
        begin = at * (width + _GAP)
        whole[:, begin : begin + width] = panel.T
    axes.imshow(whole, cmap="inferno", origin="lower", interpolation="nearest")
    middles = [at * (width + _GAP) + width / 2 for at in range(len(panels))]
    names = [f"|E| at {wave:g} nm" for wave in instance.wavelengths_nm[:_MOST_FIELDS]]
    axes.set_xticks(middles, ["solid", *names])
    axes.set_yticks([])
