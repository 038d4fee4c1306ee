"""The lower left hull of (variance, mean) over all paths, explored where a route could be best.

Every shortest path for weights mean - k * variance touches the line M = d(k) + k V below all
paths.  The best point above the lines found so far lies between two touching paths; a shortest
path for the slope of their chord either cuts it off or is a better corner.  This is parametric
search in the way of Dinkelbach and of Nikolova, Kelner, Brand and Mitzenmacher (ESA 2006,
doi:10.1007/11841036_50), which alone proves routes with a deadline beyond the least expected time;
for tight deadlines it leaves a gap that `route_enumeration` closes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solverhub.exact.route_enumeration import best_above
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import distances_to_target, follow

_EQUAL = 1e-12
"""Relative difference of two sums below which a path lies on a line."""


@dataclass(frozen=True, slots=True)
class Touching:
    """A path on the line of slope `slope` (-inf: of least variance), `reach` (n,) its distances."""

    slope: float
    variance: float
    mean: float
    reach: np.ndarray


class Hull:
    """Lines below all paths of an instance, in order of slope, and the paths that touch them."""

    def __init__(self, instance: RouteInstance, found: Callable[[np.ndarray], None]) -> None:
        """`found` is told of every path, int64 edges in order of travel."""
        self._instance, self._found = instance, found
        positive = instance.variance > 0
        ratio = instance.mean[positive] / instance.variance[positive]
        self.steepest = float(ratio.min(initial=math.inf)) * (1 - _EQUAL)
        """The largest slope for which no edge weighs less than 0."""
        self.least = self._touch(-math.inf)
        self.touching = [self._touch(0.0)]
        self._exact: set[tuple[float, float]] = set()

    def best(self) -> tuple[float, float]:
        """(z, V): the best score above the lines, and the variance at which it is."""
        slopes = np.array([t.slope for t in self.touching])
        heights = np.array([t.reach[self._instance.source] for t in self.touching])
        beyond = heights - self._instance.deadline
        score, variance = best_above(beyond, slopes, self.least.variance)
        return score, variance

    def refine(self, variance: float) -> bool:
        """Add a line that may cut off the point at `variance`; False if there is none."""
        points = [self.least, *self.touching]
        right = next((i for i, t in enumerate(points) if t.variance >= variance), len(points))
        if right == len(points):
            return points[-1].slope < self.steepest < math.inf and self._add(self.steepest)
        right = max(right, 1)
        pair = points[right - 1].variance, points[right].variance
        if pair[0] == pair[1] or pair in self._exact:
            return False
        slope = (points[right].mean - points[right - 1].mean) / (pair[1] - pair[0])
        self._exact.add(pair)
        return slope <= self.steepest and self._add(slope)

    def near(self, most: int) -> list[Touching]:
        """At most so many lines: those that bind nearest to the best point."""
        variance = self.best()[1]
        source = self._instance.source
        if not math.isfinite(variance):
            return self.touching[-most:]
        lowest = sorted(self.touching, key=lambda t: -(t.reach[source] + t.slope * variance))
        return sorted(lowest[:most], key=lambda t: t.slope)

    def _add(self, slope: float) -> bool:
        if any(t.slope == slope for t in self.touching):
            return False
        self.touching.append(self._touch(slope))
        self.touching.sort(key=lambda t: (t.slope, t.variance))
        return True

    def _touch(self, slope: float) -> Touching:
        instance = self._instance
        if slope == -math.inf:
            weights = instance.variance
        else:
            weights = np.maximum(instance.mean - slope * instance.variance, 0.0)
        reach, leaves_by = distances_to_target(instance, weights)
        path = follow(instance, leaves_by)
        if path is None:
            raise ValueError("the target cannot be reached")
        self._found(path)
        return Touching(
            slope, math.fsum(instance.variance[path]), math.fsum(instance.mean[path]), reach
        )
