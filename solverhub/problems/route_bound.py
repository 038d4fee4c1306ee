"""Upper bounds on the chance to arrive on time that the judge recomputes from multipliers.

Write M and V for mean and variance of a path of independent edges; it arrives on time with
chance Phi(z), z = (T - M) / sqrt(V).  For a multiplier k with mean - k * variance >= 0 on every
edge, a shortest path for these weights gives d(k), and every path lies above a line:

    M >= d(k) + k V.

The best point above the lines of all multipliers bounds every path.  It is found in one
dimension: at each V only the lowest M counts.  With M < T there z is quasi-convex along each line
(Nikolova, Kelner, Brand and Mitzenmacher, ESA 2006, doi:10.1007/11841036_50), so that the corners
of the lines decide; with M > T there the lines' own minima of (M - T) / sqrt(V) decide too.

Where that leaves a gap, `enumerate_below` walks through all paths whose own bound is better than
the claim, prefix by prefix: if none of them is better, nothing is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import distances_to_target

MOST_PREFIXES = 20_000
_SLACK = 1e-9
"""Relative slack for the rounding of sums of up to a million terms."""


class Lines:
    """Lines M >= d(k) + k V of an instance for multipliers k, and what they prove.

    Multipliers that make an edge's weight negative are left out; 0 is always there.
    """

    def __init__(self, instance: RouteInstance, multipliers: Iterable[float]) -> None:
        self.instance = instance
        kept: dict[float, np.ndarray] = {}
        for k in {0.0, *(float(k) for k in multipliers if math.isfinite(k))}:
            weights = instance.mean - k * instance.variance
            if not (weights < 0).any():
                kept[k] = distances_to_target(instance, weights)[0]
        self.slopes = np.array(sorted(kept))
        self.reach = np.array([kept[k] for k in self.slopes])
        """Distance of each vertex to the target by weights of each multiplier, (k, n)."""
        least = distances_to_target(instance, instance.variance)[0]
        self.least_variance = least * (1 - _SLACK)

    def bound(self, vertex: int, mean: float, variance: float) -> float:
        """An upper bound on z of every path that came to `vertex` with this mean and variance."""
        if not math.isfinite(self.reach[0, vertex]):
            return -math.inf
        heights = mean - self.slopes * variance + self.reach[:, vertex]
        heights -= _SLACK * (np.abs(heights) + np.abs(self.slopes) * variance)
        return best_score(
            heights - self.instance.deadline,
            self.slopes,
            variance + float(self.least_variance[vertex]),
        )


def best_score(heights: np.ndarray, slopes: np.ndarray, least: float) -> float:
    """The largest z = -E / sqrt(V) over V >= least and E >= heights + slopes * V.

    E is the mean beyond the deadline.  The best is where two lines cross, at the least of
    E / sqrt(V) on a line, at `least`, or, if no line rises, 0 far out.
    """
    steep = (slopes > 0) & (heights > 0)
    own = heights[steep] / slopes[steep]
    rise = heights[:, None] - heights[None, :]
    run = slopes[None, :] - slopes[:, None]
    crossing = rise[run > 0] / run[run > 0]
    variance = np.maximum(np.concatenate([[least], own, crossing]), least)
    beyond = (heights[:, None] + slopes[:, None] * variance).max(axis=0)
    if least <= 0 and beyond[variance <= 0].min(initial=math.inf) <= 0:
        return math.inf
    scores = -beyond[variance > 0] / np.sqrt(variance[variance > 0])
    best = float(scores.max(initial=-math.inf))
    return best if slopes.max() > 0 else max(best, 0.0)


def enumerate_below(lines: Lines, score: float, most: int = MOST_PREFIXES) -> bool | None:
    """True if no simple path has z above `score`, False if one has, None after `most` prefixes."""
    instance = lines.instance
    indptr, neighbours, edges = instance.links
    stack = [(instance.source, 0.0, 0.0, frozenset([instance.source]))]
    for _ in range(most):
        if not stack:
            return True
        at, mean, variance, seen = stack.pop()
        if at == instance.target:
            if path_score(instance.deadline, mean, variance) > score:
                return False
            continue
        for k in range(indptr[at], indptr[at + 1]):
            to, edge = int(neighbours[k]), edges[k]
            if to in seen:
                continue
            m, v = mean + float(instance.mean[edge]), variance + float(instance.variance[edge])
            if lines.bound(to, m, v) > score:
                stack.append((to, m, v, seen | {to}))
    return None if stack else True


def path_score(deadline: float, mean: float, variance: float) -> float:
    """z = (deadline - mean) / sqrt(variance); without variance inf or -inf."""
    if variance <= 0:
        return math.inf if mean <= deadline else -math.inf
    return (deadline - mean) / math.sqrt(variance)


def chance(score: float) -> float:
    """Phi(score), the chance that a standard normal variable is at most `score`."""
    return 0.5 * math.erfc(-score / math.sqrt(2))
