"""Paths that lines below all paths do not rule out, one after another, by depth-first search.

A prefix with mean m and variance v at vertex x goes on only if some mean and variance above the
lines of x make its score z = (T - M) / sqrt(V) better than the best known: at V the lowest mean is
max_i (m - k_i v + d_i(x) + k_i V).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from solverhub.problems.route_graph import RouteInstance

_SLACK = 1e-12


@njit(cache=True, nogil=True)
def best_above(heights, slopes, least):  # type: ignore[no-untyped-def]
    """(z, V): the largest z = -E / sqrt(V) over V >= least, E >= heights + slopes * V, and its V.

    It is where two lines cross, at the least of E / sqrt(V) on one line, at `least`, or, where no
    line rises, 0 at infinity.
    """
    best, at = -np.inf, least
    lines = heights.size
    rising = False
    for i in range(lines):
        rising |= slopes[i] > 0
        for j in range(-2, i):
            if j == -2:
                v = least
            elif j == -1:
                v = heights[i] / slopes[i] if slopes[i] > 0 else least
            elif slopes[i] == slopes[j]:
                continue
            else:
                v = (heights[j] - heights[i]) / (slopes[i] - slopes[j])
            v = max(v, least)
            beyond = -np.inf
            for other in range(lines):
                beyond = max(beyond, heights[other] + slopes[other] * v)
            if v > 0:
                score = -beyond / math.sqrt(v)
            else:
                score = np.inf if beyond <= 0 else -np.inf
            if score > best:
                best, at = score, v
    if not rising and best < 0:
        return 0.0, np.inf
    return best, at


class Enumeration:
    """Depth-first search over simple paths better than a score; `advance` goes on where it was.

    - `slopes` (k,) and `reach` (k, n): lines and distances to the target for each.
    - `least` (n,): least variance of a way to the target.
    - `score` is the best known, raised by what is found; `path` the edges of what was found last.
    """

    def __init__(
        self,
        instance: RouteInstance,
        slopes: np.ndarray,
        reach: np.ndarray,
        least: np.ndarray,
        score: float,
    ) -> None:
        self._links = instance.links
        self._times = instance.mean, instance.variance
        self._lines = slopes, reach, least
        self._ends = instance.target, instance.deadline
        depth = instance.n + 1
        self._vertex = np.zeros(depth, np.int64)
        self._next = np.zeros(depth, np.int64)
        self._edge = np.zeros(depth, np.int64)
        self._sums = np.zeros((depth, 2))
        self._seen = np.zeros(instance.n, np.bool_)
        self._state = np.zeros(2, np.int64)  # depth of the prefix, prefixes so far
        self._vertex[0] = instance.source
        self._next[0] = self._links[0][instance.source]
        self._seen[instance.source] = True
        self.score = score
        self.path = np.zeros(0, np.int64)

    @property
    def prefixes(self) -> int:
        """How many prefixes have been looked at."""
        return int(self._state[1])

    def advance(self, most: int) -> bool | None:
        """True when all is searched, False with a better `path`, None after `most` prefixes."""
        found, score = _search(
            *self._links,
            *self._times,
            *self._lines,
            *self._ends,
            self._vertex,
            self._next,
            self._edge,
            self._sums,
            self._seen,
            self._state,
            self.score,
            most,
        )
        if found == 1:
            self.score = score
            self.path = self._edge[1 : self._state[0] + 2].copy()
            return False
        return True if found == 2 else None


@njit(cache=True, nogil=True)
def _search(  # type: ignore[no-untyped-def]
    indptr,
    neighbours,
    edges,
    mean,
    variance,
    slopes,
    reach,
    least,
    target,
    deadline,
    vertex,
    following,
    edge,
    sums,
    seen,
    state,
    score,
    most,
):
    """(1, score) with a better path in `edge`, (2, score) when done, (0, score) to go on."""
    heights = np.empty(slopes.size)
    depth = state[0]
    looked = 0
    while depth >= 0 and looked < most:
        x = vertex[depth]
        k = following[depth]
        if k == indptr[x + 1]:
            seen[x] = False
            depth -= 1
            continue
        following[depth] += 1
        y, e = neighbours[k], edges[k]
        if seen[y]:
            continue
        looked += 1
        m, v = sums[depth, 0] + mean[e], sums[depth, 1] + variance[e]
        if y == target:
            if v > 0:
                z = (deadline - m) / math.sqrt(v)
            else:
                z = np.inf if m <= deadline else -np.inf
            if z > score:
                edge[depth + 1] = e
                state[0] = depth
                state[1] += looked
                return 1, z
            continue
        if not np.isfinite(reach[0, y]):
            continue
        for i in range(slopes.size):
            heights[i] = m - slopes[i] * v + reach[i, y]
            heights[i] -= _SLACK * (abs(heights[i]) + abs(slopes[i]) * v) + deadline
        if best_above(heights, slopes, v + least[y] * (1 - _SLACK))[0] <= score:
            continue
        depth += 1
        vertex[depth], following[depth], edge[depth] = y, indptr[y], e
        sums[depth, 0], sums[depth, 1] = m, v
        seen[y] = True
    state[0] = depth
    state[1] += looked
    return (2 if depth < 0 else 0), score
