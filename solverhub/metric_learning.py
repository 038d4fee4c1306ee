"""Learning a Mahalanobis distance from pairs that should be near or far.

    minimise  tr(A A0^-1) - log det(A A0^-1) + (slack) sum of the same of xi to its limit
    subject to  v'A v <= xi  for similar pairs,  v'A v >= xi  for dissimilar ones,  v = x_i - x_j

is the information-theoretic form of Davis, Kulis, Jain, Sra and Dhillon 2007
(doi:10.1145/1273496.1273523): every Bregman projection on one pair is a rank-one change of A.
Pairs are as many as the square of the points, so they are drawn at random and their multipliers
kept while they are positive, as in the truly stochastic Project and Forget of Sonthalia and Gilbert
2022 (arXiv 2005.03853).  A pair's xi follows from its multiplier, so that a forgotten pair loses
nothing.

    from solverhub.metric_learning import learn

    metric = learn(X, labels)
    near = metric.transform(X)      # Euclidean distances there are the learned ones
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit

from solverhub.core.errors import InvalidInstance, InvalidParams

_DRAWN = 500
"""New pairs of each kind between two sweeps over those that are kept."""


@dataclass(frozen=True, eq=False)
class LearnedMetric:
    """d(x, y)^2 = (x - y)'A (x - y).

    - `A`: float64 (k, k), symmetric and positive definite.
    - `kept`: number of pairs whose multiplier is positive.
    - `drawn`: number of pairs that were looked at.
    """

    A: np.ndarray
    kept: int
    drawn: int

    @cached_property
    def _factor(self) -> np.ndarray:
        return np.asarray(np.linalg.cholesky(self.A))

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Points (m, k) where Euclidean distances are the learned ones, float64 (m, k)."""
        return np.asarray(np.asarray(X, np.float64) @ self._factor)

    def distances(self, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        """Learned distances of every row of X to every row of Y, float64 (m, l)."""
        left, right = self.transform(X), self.transform(Y)
        square = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * left @ right.T
        return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def learn(
    X: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    similar: np.ndarray | None = None,
    dissimilar: np.ndarray | None = None,
    slack: float = 1.0,
    percentiles: tuple[float, float] = (5.0, 95.0),
    rounds: int = 50,
    tolerance: float = 1e-3,
    seed: int = 0,
) -> LearnedMetric:
    """The metric that keeps similar pairs near and dissimilar ones far.

    X float64 (m, k).  Pairs come from `labels` (m,), equal ones being similar, or as int arrays
    `similar` and `dissimilar` (p, 2) of rows of X.  The limits are the `percentiles` of the
    Euclidean distances of pairs at random; the start A0 is the identity.  `slack`, above 0, weighs
    keeping to them against staying near A0: more of it holds them harder.  A round draws 500 pairs
    of each kind and sweeps over all that are kept; it ends after `rounds`, or once a round changes
    A by less than `tolerance`, relative.  Equal seeds give equal answers.

    Raises `InvalidInstance` for X or pairs that do not fit, `InvalidParams` for ranges.
    """
    points = _points(X)
    if not slack > 0 or rounds < 1 or not 0 <= percentiles[0] < percentiles[1] <= 100:
        raise InvalidParams(
            "slack, rounds or percentiles are out of range",
            remedy="give slack above 0, 1 or more rounds, and percentiles that rise within 0..100",
        )
    rng = np.random.default_rng(seed)
    draw = _drawer(points, labels, similar, dissimilar, rng)
    near, far = _limits(points, percentiles, rng)
    A = np.eye(points.shape[1])
    pairs, sides = np.zeros((0, 2), np.int64), np.zeros(0)
    duals = np.zeros(0)
    drawn = 0
    for _ in range(rounds):
        before = A.copy()
        new = draw()
        drawn += len(new[0])
        pairs, sides, duals = _joined(pairs, sides, duals, *new)
        limits = np.where(sides > 0, near, far)
        _project(A, points, pairs, sides, limits, slack, duals)
        A[:] = (A + A.T) / 2
        kept = duals > 0
        pairs, sides, duals = pairs[kept], sides[kept], duals[kept]
        if np.abs(A - before).max() <= tolerance * np.abs(A).max():
            break
    return LearnedMetric(A, int(duals.size), drawn)


def _points(X: np.ndarray) -> np.ndarray:
    points = np.ascontiguousarray(X, np.float64)
    if points.ndim != 2 or points.shape[0] < 2 or not np.isfinite(points).all():
        raise InvalidInstance(
            f"X has shape {points.shape}", remedy="give 2 or more rows of finite numbers"
        )
    return points


def _drawer(
    points: np.ndarray,
    labels: np.ndarray | None,
    similar: np.ndarray | None,
    dissimilar: np.ndarray | None,
    rng: np.random.Generator,
) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """A function that draws pairs int64 (p, 2) and their sides, 1 for similar and -1."""
    m = points.shape[0]
    if labels is not None:
        classes = np.asarray(labels)
        if classes.shape != (m,):
            raise InvalidInstance(f"labels have shape {classes.shape}", remedy=f"give ({m},)")
        return lambda: _by_labels(classes, rng)
    near, far = (
        np.zeros((0, 2), np.int64) if given is None else np.asarray(given, np.int64)
        for given in (similar, dissimilar)
    )
    both = np.concatenate([near.reshape(-1, 2), far.reshape(-1, 2)])
    if not both.size or both.min() < 0 or both.max() >= m or (both[:, 0] == both[:, 1]).any():
        raise InvalidInstance(
            "neither labels nor pairs of two rows of X are given",
            remedy="give labels, or similar and dissimilar as (p, 2) of row numbers",
        )
    sides = np.append(np.ones(len(near)), -np.ones(len(far)))

    def drawn() -> tuple[np.ndarray, np.ndarray]:
        chosen = rng.choice(len(both), min(len(both), 2 * _DRAWN), replace=False)
        return both[chosen], sides[chosen]

    return drawn


def _by_labels(classes: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Up to `_DRAWN` pairs of each kind; similar ones share the class of a point at random."""
    m = classes.size
    order = np.argsort(classes, kind="stable")
    sizes = np.unique(classes[order], return_counts=True)[1]
    first, size = (np.repeat(values, sizes) for values in (np.cumsum(sizes) - sizes, sizes))
    place = rng.integers(0, m, _DRAWN)
    mate = first[place] + rng.integers(0, size[place])
    near = np.stack([order[place], order[mate]], axis=1)
    far = rng.integers(0, m, (4 * _DRAWN, 2))
    far = far[classes[far[:, 0]] != classes[far[:, 1]]][:_DRAWN]
    near = near[near[:, 0] != near[:, 1]]
    return np.concatenate([near, far]), np.append(np.ones(len(near)), -np.ones(len(far)))


def _limits(
    points: np.ndarray, percentiles: tuple[float, float], rng: np.random.Generator
) -> tuple[float, float]:
    """Squared distances for similar and dissimilar pairs."""
    i, j = rng.integers(0, len(points), (2, 4000))
    square = ((points[i] - points[j]) ** 2).sum(1)
    square = square[square > 0]
    if not square.size:
        raise InvalidInstance("all rows of X are equal", remedy="give points that differ")
    near, far = np.percentile(square, percentiles)
    return float(near), float(far)


def _joined(
    pairs: np.ndarray,
    sides: np.ndarray,
    duals: np.ndarray,
    new_pairs: np.ndarray,
    new_sides: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs once, the new ones with multiplier 0 where they are not kept already."""
    every = np.sort(np.concatenate([pairs, new_pairs]), axis=1)
    _, first = np.unique(every, axis=0, return_index=True)
    first.sort()
    values = np.append(duals, np.zeros(len(new_pairs)))
    return every[first], np.append(sides, new_sides)[first], values[first]


@njit(cache=True, nogil=True)
def _project(A, points, pairs, sides, limits, slack, duals):  # type: ignore[no-untyped-def]
    """Project A on each pair's half-space in turn, in place, with corrections `duals`.

    1 / xi = 1 / limit - side dual / slack holds throughout.
    """
    k = A.shape[0]
    image = np.empty(k)
    for t in range(pairs.shape[0]):
        v = points[pairs[t, 0]] - points[pairs[t, 1]]
        length = 0.0
        for a in range(k):
            total = 0.0
            for b in range(k):
                total += A[a, b] * v[b]
            image[a] = total
            length += v[a] * total
        if length <= 0.0:
            continue
        side = sides[t]
        inverse = 1.0 / limits[t] - side * duals[t] / slack
        step = min(duals[t], side / (1.0 / slack + 1.0) * (1.0 / length - inverse))
        if step == 0.0:
            continue
        beta = side * step / (1.0 - side * step * length)
        duals[t] -= step
        for a in range(k):
            for b in range(k):
                A[a, b] += beta * image[a] * image[b]
