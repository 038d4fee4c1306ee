"""Road grids with uncertain travel times, drawn as in the SurCo paper's experiment on routes.

Ferber et al., ICML 2023, arXiv:2210.12547: means uniform in 0.1..0.2, variances uniform in
0.1..0.3 times 1 - mean, from one corner of a grid to the other; the deadline is a multiple of the
least expected time: 1.1 (loose), 1 (normal) or 0.9 (tight).  Common factors are this project's
addition: every factor slows or speeds up one stretch of the grid.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import distances_to_target


def route_grid(
    side: int, seed: int, slack: float = 1.0, factors: int = 0, strength: float = 0.3
) -> RouteInstance:
    """A grid of side x side vertices; `slack` is the deadline over the least expected time.

    With `factors` k, each edge loads on the factors by `strength` times a smooth bump around a
    random place of the grid (one a factor), with a random sign.
    """
    if side < 2 or not slack > 0 or factors < 0:
        raise InvalidParams(
            f"side {side}, slack {slack:g}, factors {factors}",
            remedy="give a side of 2 or more, a slack above 0 and 0 or more factors",
        )
    rng = np.random.default_rng(seed)
    at = np.arange(side * side).reshape(side, side)
    across = np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()])
    down = np.column_stack([at[:-1].ravel(), at[1:].ravel()])
    edges = np.concatenate([across, down])
    mean = rng.uniform(0.1, 0.2, len(edges))
    variance = rng.uniform(0.1, 0.3, len(edges)) * (1 - mean)
    ends = (0, side * side - 1)
    times = np.column_stack([mean, variance])
    loadings = _bumps(rng, edges, side, factors, strength) if factors else None
    free = RouteInstance.of(side * side, edges, times, ends, 1.0)
    least = distances_to_target(free, free.mean)[0][0]
    return RouteInstance.of(side * side, edges, times, ends, slack * least, loadings=loadings)


def _bumps(
    rng: np.random.Generator, edges: np.ndarray, side: int, factors: int, strength: float
) -> np.ndarray:
    """float64 (E, factors): the effect of each factor, strongest at its place."""
    middle = np.column_stack([(edges // side).mean(axis=1), (edges % side).mean(axis=1)])
    places = rng.uniform(0, side - 1, (factors, 2))
    signs = rng.choice([-1.0, 1.0], factors)
    distance = np.linalg.norm(middle[:, None] - places[None], axis=2)
    effect: np.ndarray = strength * signs * np.exp(-((distance / (side / 4)) ** 2))
    return effect
