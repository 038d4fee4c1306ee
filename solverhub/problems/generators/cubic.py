"""Random instances of cubic correlation clustering, of the two kinds of Stein, Di Gregorio and
Andres (2023, arXiv:2302.04694): a planted partition, and points around equilateral triangles.

Costs are whole thousandths, so that the judge is exact.  The sizes are the paper's; the
formulas are written down here and are not theirs to the letter, so results on these instances
compare with each other and not with the paper's figures.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.problems.cubic_instance import CubicInstance

_SCALE = 1000
_PARTS = np.array([1, 2, 2, 3])
_DEVIATIONS = 0.1, 0.4
_ONE_CORNER = 0.1
"""Distance below which two points may stand for one corner."""
_MISFIT = np.pi / 12


def planted_triples(
    n: int = 6, alpha: float = 0.5, beta: float = 0.5, *, seed: int
) -> CubicInstance:
    """8n vertices in parts of n, 2n, 2n and 3n; costs normal, -1 + alpha within, else 1 - alpha.

    The standard deviation grows from 0.1 at `alpha` 0 to 0.4 at 1; costs of pairs are
    multiplied by 1 - `beta`, those of triples by `beta`.
    """
    _require("n", n >= 1)
    _require("alpha", 0 <= alpha <= 1)
    _require("beta", 0 <= beta <= 1)
    rng = np.random.default_rng(seed)
    part = rng.permutation(np.repeat(np.arange(4), n * _PARTS))
    deviation = _DEVIATIONS[0] + alpha * (_DEVIATIONS[1] - _DEVIATIONS[0])
    drawn = []
    for size, share in ((2, 1 - beta), (3, beta)):
        ids = np.array(list(combinations(range(8 * n), size))).T
        within = (part[ids] == part[ids[0]]).all(axis=0)
        cost = rng.normal(np.where(within, alpha - 1, 1 - alpha), deviation)
        drawn += [ids, np.rint(_SCALE * share * cost).astype(np.int64)]
    return CubicInstance.of(8 * n, *drawn)


def equilateral_triangles(n: int = 6, sigma: float = 0.01, *, seed: int) -> CubicInstance:
    """9n - 9 points: three equilateral triangles at random, n - 1 points around each corner.

    Points scatter normally by `sigma` times the side.  A triple whose angles miss 60 degrees by
    d in all costs d / 15 degrees - 1, at most 1: less than 0 where it is nearly equilateral.
    It costs nothing where two of its points are nearer than 0.1; sides are 0.3 to 0.7.
    """
    _require("n", n >= 2)
    _require("sigma", 0 <= sigma < np.inf)
    rng = np.random.default_rng(seed)
    points = np.concatenate([_around_a_triangle(rng, n - 1, sigma) for _ in range(3)])
    points = rng.permutation(points)
    ids = np.array(list(combinations(range(len(points)), 3))).T
    costs = np.rint(_SCALE * _misfit(points[ids])).astype(np.int64)
    return CubicInstance.of(len(points), np.zeros((2, 0), np.int64), [], ids, costs)


def _around_a_triangle(rng: np.random.Generator, count: int, sigma: float) -> np.ndarray:
    """Points float64 (3 count, 2) around the corners of one triangle in the unit square."""
    side, turn = rng.uniform(0.3, 0.7), rng.uniform(0, 2 * np.pi)
    angles = turn + np.arange(3) * 2 * np.pi / 3
    corners = side / np.sqrt(3) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    corners = corners + rng.uniform(0.2, 0.8, 2)
    return np.repeat(corners, count, axis=0) + rng.normal(0, sigma * side, (3 * count, 2))


def _misfit(corners: np.ndarray) -> np.ndarray:
    """Cost of each triple of points, (3, k, 2)."""
    sides = np.stack([np.linalg.norm(corners[i] - corners[i - 1], axis=1) for i in range(3)])
    sides = np.maximum(np.sort(sides, axis=0), 1e-12)
    a, b, c = sides
    cosines = ((b * b + c * c - a * a) / (2 * b * c), (a * a + c * c - b * b) / (2 * a * c))
    first, second = (np.arccos(np.clip(cosine, -1, 1)) for cosine in cosines)
    missed = sum(abs(angle - np.pi / 3) for angle in (first, second, np.pi - first - second))
    cost: np.ndarray = np.where(a < _ONE_CORNER, 0.0, np.minimum(missed / _MISFIT - 1, 1.0))
    return cost


def _require(name: str, holds: bool) -> None:
    if not holds:
        raise InvalidParams(f"{name} is out of range", remedy="see the generator's description")
