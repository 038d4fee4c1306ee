"""What a brush can draw: the feasible designs of the family `photonic-design`.

A touch at a pixel covers the pixels whose centres are less than half the brush's diameter away; of
what reaches beyond the design only the part inside counts.  A design is feasible if solid touches
that cover no void pixel cover all solid pixels, and the same for void (Schubert et al., ACS
Photonics 2022, arXiv:2201.12965).
"""

from __future__ import annotations

import numpy as np


def offsets(diameter: int) -> np.ndarray:
    """int64 (k, 2): the pixels that a touch covers, relative to its own."""
    reach = diameter // 2
    span = np.arange(-reach, reach + 1)
    x, y = np.meshgrid(span, span, indexing="ij")
    inside = 4 * (x * x + y * y) < diameter * diameter
    return np.column_stack([x[inside], y[inside]]).astype(np.int64)


def opened(solid: np.ndarray, diameter: int) -> np.ndarray:
    """bool of solid's shape: the pixels that touches within `solid` cover."""
    places = offsets(diameter)
    touches = np.ones_like(solid)
    for x, y in places:
        touches &= _shifted(solid, int(x), int(y), True)
    covered = np.zeros_like(solid)
    for x, y in places:
        covered |= _shifted(touches, int(x), int(y), False)
    return covered


def unpainted(design: np.ndarray, diameter: int) -> np.ndarray:
    """bool of the design's shape: its pixels that no touch of their kind covers."""
    drawn = np.where(design, opened(design, diameter), opened(~design, diameter))
    missing: np.ndarray = ~drawn
    return missing


def _shifted(array: np.ndarray, x: int, y: int, beyond: bool) -> np.ndarray:
    """array[i + x, j + y] at each (i, j); `beyond` where that is outside."""
    width, height = array.shape
    found = np.full_like(array, beyond)
    found[max(0, -x) : width - max(0, x), max(0, -y) : height - max(0, y)] = array[
        max(0, x) : width - max(0, -x), max(0, y) : height - max(0, -y)
    ]
    return found
