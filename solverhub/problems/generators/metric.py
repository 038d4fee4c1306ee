"""Random distances that are no metric; the first three are the classes of Brickell et al. 2008
(doi:10.1137/060653391) that metric nearness is usually measured on."""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.problems.metric_instance import MetricInstance, of_edges, pairs


def uniform_distances(n: int, *, seed: int) -> MetricInstance:
    """Uniform on (0, 1)."""
    return _complete(n, np.random.default_rng(seed).random(_size(n)))


def binary_distances(n: int, p: float = 0.8, *, seed: int) -> MetricInstance:
    """1 with probability p, else 0."""
    if not 0 <= p <= 1:
        raise InvalidParams(f"p is {p}", remedy="give a probability")
    return _complete(n, (np.random.default_rng(seed).random(_size(n)) < p).astype(np.float64))


def product_distances(n: int, *, seed: int) -> MetricInstance:
    """ceil(1000 a b^2) with a and b uniform on (0, 1)."""
    rng = np.random.default_rng(seed)
    a, b = rng.random(_size(n)), rng.random(_size(n))
    return _complete(n, np.ceil(1000 * a * b * b))


def sparse_distances(n: int, degree: int = 8, *, seed: int) -> MetricInstance:
    """Uniform on (0, 1), on n degree / 2 random pairs, fewer where some are drawn twice."""
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, _at_least(n, 3), (2, n * degree // 2))
    key = np.unique(np.minimum(*ends) * n + np.maximum(*ends))
    u, v = np.divmod(key, n)
    u, v = u[u != v], v[u != v]
    return of_edges(n, u, v, rng.random(u.size))[0]


def bounded_distances(n: int, noise: float = 0.3, *, seed: int) -> MetricInstance:
    """Distances of points in the unit square, each off by up to the share `noise`; the bounds allow
    half of that about the true ones."""
    if not 0 <= noise <= 1:
        raise InvalidParams(f"noise is {noise}", remedy="give a share, 0 to 1")
    rng = np.random.default_rng(seed)
    u, v = pairs(_at_least(n, 3))
    x, y = rng.random((2, n))
    true = np.hypot(x[u] - x[v], y[u] - y[v])
    given = true * (1 + noise * rng.uniform(-1, 1, true.size))
    lower, upper = true * (1 - noise / 2), true * (1 + noise / 2)
    return MetricInstance(n, pairs(n), given, lower=lower, upper=upper)


def _size(n: int) -> int:
    return _at_least(n, 3) * (n - 1) // 2


def _complete(n: int, distances: np.ndarray) -> MetricInstance:
    return MetricInstance(n, pairs(n), distances)


def _at_least(n: int, least: int) -> int:
    if n < least:
        raise InvalidParams(f"n is {n}", remedy=f"give {least} or more")
    return n
