"""SurCo on routes: costs of edges are learned so that the shortest path is likely to be on time.

The objective is -z = (mean - deadline) / sqrt(variance), with the effect of common factors, of the
edges' indicator x; its order is that of P(on time).  Costs stay positive, so that Dijkstra's
algorithm is the oracle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from solverhub.core.recorder import Recorder
from solverhub.learned.surco import Objective, Oracle
from solverhub.learned.surco_networks import EdgeNetwork
from solverhub.problems.generators.route import route_grid
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import as_solution, distances_to_target, follow
from solverhub.problems.route_planning import RoutePlanning

_TINY = 1e-12
FEATURES = 7
_SIDES, _SLACKS = (5, 25), (0.85, 1.15)


class Routes:
    """The domain `route-planning`; a point is the indicator of edges, (E,)."""

    def oracle(self, instance: RouteInstance) -> Oracle:
        """Shortest paths from source to target."""

        def shortest(costs: np.ndarray) -> np.ndarray | None:
            path = follow(instance, distances_to_target(instance, costs)[1])
            return None if path is None else as_solution(instance, path)

        return shortest

    def loss(self, instance: RouteInstance) -> Objective:
        """-z."""
        return score_loss(instance)

    def value(self, instance: RouteInstance, x: np.ndarray) -> float:
        """The same."""
        mean, variance = instance.moments(x.astype(bool))
        return (mean - instance.deadline) / math.sqrt(variance + _TINY)

    def lower(self, instance: RouteInstance) -> float:
        """A thousandth of the mean cost: Dijkstra's algorithm takes no negative ones."""
        return 1e-3 * float(self.first(instance).mean())

    def first(self, instance: RouteInstance) -> np.ndarray:
        """The edges' means."""
        first: np.ndarray = np.maximum(instance.mean, _TINY)
        return first

    def rule(self, instance: RouteInstance) -> np.ndarray:
        """The edges' means: the least expected time is a shortest path more."""
        return self.first(instance)

    def solution(self, instance: RouteInstance, x: np.ndarray) -> np.ndarray:
        """bool (E,): the edges of the path."""
        return x.astype(bool)

    def bound(self, instance: RouteInstance, recorder: Recorder) -> Mapping[str, Any]:
        """By the line of multiplier 0."""
        evidence = {"multipliers": [0.0]}
        recorder.bound(RoutePlanning().bound_value(instance, evidence) or 1.0)
        return evidence

    def features(self, instance: RouteInstance) -> tuple[torch.Tensor, ...]:
        """Of edges, float32 (E, FEATURES), and their means, (E,)."""
        mean = self.first(instance)
        reach = distances_to_target(instance, mean)[0]
        path = follow(instance, distances_to_target(instance, mean)[1])
        spread, least = 1.0, float(reach[instance.source])
        if path is not None and len(path):
            least, variance = instance.moments(as_solution(instance, path))
            spread = math.sqrt(variance + _TINY)
        common = (instance.loadings**2).sum(axis=1)
        slack = (instance.deadline - least) / spread
        # the effect of an edge's factors together with those of the quickest path
        shared = instance.loadings @ instance.loadings[[] if path is None else path].sum(axis=0)
        columns = [
            instance.variance / mean / spread,
            common / mean / spread,
            shared / mean / spread,
            mean / mean.mean(),
            np.full(len(mean), slack),
            np.full(len(mean), spread / max(least, _TINY)),
            np.full(len(mean), math.log(1 + least / mean.mean())),
        ]
        arrays = (np.column_stack(columns), mean)
        return tuple(torch.tensor(array, dtype=torch.float32) for array in arrays)

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """One edge at a time: what is left of the deadline is among its features."""
        return EdgeNetwork(FEATURES, int(config["width"]))

    def draw(self, rng: np.random.Generator) -> RouteInstance:
        """Grids of 5x5 to 25x25, deadlines of 0.85 to 1.15, half with common factors."""
        side = int(rng.integers(_SIDES[0], _SIDES[1] + 1))
        factors = 6 if rng.random() < 0.5 else 0
        slack, seed = float(rng.uniform(*_SLACKS)), int(rng.integers(1_000_000))
        return route_grid(side, seed, slack, factors, strength=0.5)

    def target(self, instance: RouteInstance) -> np.ndarray | None:
        """None: its prior is trained on the loss alone."""
        return None

    def relaxed(self, instance: RouteInstance, costs: np.ndarray, progress: float) -> None:
        """None: its prior is trained through the solves themselves."""

    def units(self, instance: RouteInstance) -> np.ndarray:
        """The edges' means."""
        return self.first(instance)

    def baseline(self, instance: RouteInstance) -> float:
        """z has no unit."""
        return 1.0


def score_loss(instance: RouteInstance) -> Objective:
    """-z as a function of the indicator of a path's edges, float64 (E,)."""
    mean, variance = torch.from_numpy(instance.mean), torch.from_numpy(instance.variance)
    loadings = torch.from_numpy(np.ascontiguousarray(instance.loadings))

    def loss(x: torch.Tensor) -> torch.Tensor:
        spread = variance @ x + ((x @ loadings) ** 2).sum() + _TINY
        return (mean @ x - instance.deadline) / torch.sqrt(spread)

    return loss
