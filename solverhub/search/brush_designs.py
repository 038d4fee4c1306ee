"""Designs that a brush can draw, led by a reward for each pixel: the feasible set of photonics.

The conditional generator of Schubert et al. (ACS Photonics 2022, arXiv:2201.12965): touches of the
brush are placed one after another, solid ones where pixels cost little and void ones where they
cost much.  A touch is valid while it covers no pixel of the other kind.  A pixel is required to be
of a kind once no valid touch of the other kind covers it.  Required pixels are covered first, by
the best valid touch; with none left the best touch of all is placed.  The value of a solid touch is
minus the cost of what it covers, of a void touch the cost.

Its cost is low, not least: the greedy rule is no proof.  Should a pixel be left without a valid
touch of either kind, which has not been seen, the design is void throughout, which is feasible.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.ndimage import gaussian_filter

from solverhub.problems.photonic_brush import offsets

_FREE = -1
_SMOOTH = 2.0
"""Standard deviation in pixels of the filter of first costs."""


class BrushDesigns:
    """Designs of a shape that a brush of a diameter can draw, for any costs of solid pixels."""

    def __init__(self, shape: tuple[int, int], diameter: int) -> None:
        self.shape = shape
        self._covers = _touches(shape, offsets(diameter))

    def solve(self, costs: np.ndarray) -> np.ndarray:
        """bool of the shape: a design with small costs . design; `costs` of the shape or flat."""
        padded = np.append(np.asarray(costs, dtype=np.float64), 0.0)
        covered = padded[self._covers].sum(axis=1)
        rank = np.argsort(np.concatenate([-covered, covered]), kind="stable")
        state = draw(self._covers, rank)
        drawn: np.ndarray = (state == 1) & (state >= 0).all()
        return drawn.reshape(self.shape)


def smooth_costs(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """float64 of the shape: a random field of mean size 1, whose designs have wide parts."""
    costs = gaussian_filter(rng.standard_normal(shape), _SMOOTH)
    scaled: np.ndarray = costs / np.abs(costs).mean()
    return scaled


def _touches(shape: tuple[int, int], brush: np.ndarray) -> np.ndarray:
    """int64 (n, k): the pixels of the touch at each pixel; n where it reaches beyond the design."""
    x, y = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    at_x, at_y = x.ravel()[:, None] + brush[:, 0], y.ravel()[:, None] + brush[:, 1]
    inside = (at_x >= 0) & (at_x < shape[0]) & (at_y >= 0) & (at_y < shape[1])
    found: np.ndarray = np.where(inside, at_x * shape[1] + at_y, x.size)
    return found


@njit(cache=True, nogil=True)
def draw(covers: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """int8 (n,): the kind of each pixel, 1 solid and 0 void.

    `covers` are the touches; `rank` has all 2 n of them, best first: touch t is void (t < n) or
    solid (t - n).
    """
    n = covers.shape[0]
    place = np.empty(2 * n, dtype=np.int64)
    for at in range(2 * n):
        place[rank[at]] = at
    state = np.full(n, _FREE, dtype=np.int8)
    blocked = np.zeros((2, n), dtype=np.int32)
    chances = np.zeros((2, n), dtype=np.int32)
    for touch in range(n):
        for pixel in covers[touch]:
            if pixel < n:
                chances[0, pixel] += 1
                chances[1, pixel] += 1
    required = np.empty(8 * n, dtype=np.int64)
    begin = end = at = 0
    while True:
        best = -1
        while begin < end and best < 0:
            pixel = required[begin]
            if state[pixel] != _FREE:
                begin += 1
                continue
            kind = 1 if chances[0, pixel] == 0 else 0
            for touch in covers[pixel]:
                if touch == n or blocked[kind, touch] > 0:
                    continue
                if best < 0 or place[kind * n + touch] < place[best]:
                    best = kind * n + touch
            if best < 0:
                begin += 1
        while best < 0 and at < 2 * n:
            if blocked[rank[at] // n, rank[at] % n] == 0:
                best = rank[at]
            at += 1
        if best < 0:
            return state
        kind, touch = best // n, best % n
        end = _place(covers, state, blocked, chances, required, end, kind, touch)


@njit(cache=True, nogil=True)
def _place(
    covers: np.ndarray,
    state: np.ndarray,
    blocked: np.ndarray,
    chances: np.ndarray,
    required: np.ndarray,
    end: int,
    kind: int,
    touch: int,
) -> int:
    """Place a touch; pixels that it makes required join the queue, whose new end is returned.

    A brush is its own mirror image, so the touches that cover a pixel are at the pixels that a
    touch at it covers.
    """
    n = covers.shape[0]
    other = 1 - kind
    for pixel in covers[touch]:
        if pixel >= n or state[pixel] != _FREE:
            continue
        state[pixel] = kind
        for near in covers[pixel]:
            if near >= n:
                continue
            blocked[other, near] += 1
            if blocked[other, near] > 1:
                continue
            for lost in covers[near]:
                if lost < n:
                    chances[other, lost] -= 1
                    if chances[other, lost] == 0 and state[lost] == _FREE:
                        required[end] = lost
                        end += 1
    return end
