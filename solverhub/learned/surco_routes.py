"""SurCo on routes: costs of edges are learned so that the shortest path is likely to be on time.

The objective is -z = (mean - deadline) / sqrt(variance), with the effect of common factors, of the
edges' indicator x; its order is that of P(on time).  Costs stay positive, so that Dijkstra's
algorithm is the oracle.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from solverhub.core.recorder import Recorder
from solverhub.core.result import Result
from solverhub.learned.surco import Steps, Surrogate
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import as_solution, distances_to_target, follow
from solverhub.problems.route_planning import RoutePlanning

_TINY = 1e-12


def score_loss(instance: RouteInstance) -> Callable[[torch.Tensor], torch.Tensor]:
    """-z as a function of the indicator of a path's edges, float64 (E,)."""
    mean, variance = torch.from_numpy(instance.mean), torch.from_numpy(instance.variance)
    loadings = torch.from_numpy(np.ascontiguousarray(instance.loadings))

    def loss(x: torch.Tensor) -> torch.Tensor:
        spread = variance @ x + ((x @ loadings) ** 2).sum() + _TINY
        return (mean @ x - instance.deadline) / torch.sqrt(spread)

    return loss


def path_oracle(instance: RouteInstance) -> Callable[[np.ndarray], np.ndarray | None]:
    """Shortest paths from source to target for positive costs of edges."""

    def shortest(costs: np.ndarray) -> np.ndarray | None:
        path = follow(instance, distances_to_target(instance, costs)[1])
        return None if path is None else as_solution(instance, path)

    return shortest


def search(
    problem: RoutePlanning, instance: RouteInstance, recorder: Recorder, steps: Steps, seed: int
) -> Result:
    """Steps from the costs mean until the budget ends."""
    first = np.maximum(instance.mean, _TINY)
    search = Surrogate(
        score_loss(instance),
        path_oracle(instance),
        first,
        steps,
        np.random.default_rng(seed),
        lower=1e-3 * float(first.mean()),
    )
    count = 0
    evidence = {"multipliers": [0.0]}
    recorder.bound(problem.bound_value(instance, evidence) or 1.0)
    while recorder.limit(count) is None and not recorder.proved():
        point = search.step()
        count += 1
        if point is search.best and point is not None:
            solution = point.x.astype(bool)
            recorder.incumbent(problem.objective(instance, solution), solution)
    return recorder.finish(recorder.limit(count), evidence=evidence)
