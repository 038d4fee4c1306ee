"""Routes by one shortest path each: the rules of thumb to measure other methods against.

`least-expected-time` weighs an edge by its mean, `mean-plus-deviation` by mean plus half the
deviation, the heuristic of Ferber et al. (ICML 2023, arXiv:2210.12547).  Neither looks at the
deadline.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import as_solution, distances_to_target, follow
from solverhub.search.one_pass import OnePassSolver


class LeastExpectedTimeSolver(OnePassSolver):
    """The path of least mean."""

    name: ClassVar[str] = "least-expected-time"
    title: ClassVar[str] = "Path of least expected time"

    def weights(self, instance: RouteInstance) -> np.ndarray:
        """float64 (E,): what an edge costs."""
        return instance.mean

    def answer(self, instance: RouteInstance, params: Any, seed: int) -> np.ndarray | None:
        """The shortest path, None where there is none."""
        path = follow(instance, distances_to_target(instance, self.weights(instance))[1])
        return None if path is None else as_solution(instance, path)


class MeanPlusDeviationSolver(LeastExpectedTimeSolver):
    """The path of least mean plus half the deviation, edge by edge."""

    name: ClassVar[str] = "mean-plus-deviation"
    title: ClassVar[str] = "Path of least mean plus half the deviation"

    def weights(self, instance: RouteInstance) -> np.ndarray:
        """float64 (E,): mean and half the standard deviation; common factors count too."""
        variance = instance.variance + (instance.loadings**2).sum(axis=1)
        cost: np.ndarray = instance.mean + np.sqrt(variance) / 2
        return cost
