"""Depth-first branch and bound on the rules of `min_max_bound`: a pair joined, then separated.

A node takes the pair whose two sides are both closest to being impossible, as shares of what
the limit leaves to its ends.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.min_max_bound import MOST_WORK, Core
from solverhub.problems.min_max_kernels import (
    DONE,
    PAUSED,
    REFUTED,
    decide,
    fresh,
    pressure,
    propagate,
    undo,
)

FOUND = 3
_OTHER_SIDE = 0.1
_TESTS = 2**23
"""Tests of pairs times vertices in one call of the kernel: some 10 ms."""


class Tree:
    """The search for a clustering of a core within a limit, a slice at a time.

    After `REFUTED`, `pairs` int64 (m, 2) are the splits as the judge wants them, or None if
    they were too many to keep.  After `FOUND`, `labels` int64 (k,) are a clustering.
    """

    def __init__(self, core: Core, limit: int) -> None:
        self.core, self.limit = core, limit
        self.state = fresh(core.k)
        size = core.k * (core.k - 1) // 2
        self._path = np.empty((3, size + 1), np.int64)
        self._counts = np.zeros(2, np.int64)
        self._splits = np.empty((max(16, MOST_WORK // core.k**2), 2), np.int64)

    def run(self) -> int:
        """Go on for a while: `REFUTED`, `FOUND`, or `PAUSED` while open."""
        most = max(1, _TESTS // self.core.k)
        where = (*self.core.arrays, *self.state)
        order = (self.limit, *where, self._path, self._counts, self._splits, most)
        found: int = explore(*order)
        return found

    @property
    def nodes(self) -> int:
        """Splits so far."""
        return int(self._counts[1])

    @property
    def pairs(self) -> np.ndarray | None:
        """The splits in depth-first order, positions in the core."""
        return self._splits[: self.nodes].copy() if self.nodes < len(self._splits) else None

    @property
    def labels(self) -> np.ndarray:
        """A clustering with every pair decided."""
        first: np.ndarray = np.argmax(self.state[0] == 1, axis=1)
        return first


@njit(cache=True, nogil=True)
def _tightest(limit, weights, split, clash, state, cost):  # type: ignore[no-untyped-def]
    """The open pair to split on; (-1, -1) if none is open."""
    best, best_u, best_v = -1.0, -1, -1
    for u in range(state.shape[0]):
        for v in range(u):
            if state[u, v] != 0:
                continue
            join_u, join_v, joint, part_u, part_v, parted = pressure(
                u, v, weights, split, clash, state
            )
            spare_u, spare_v = limit - cost[u] + 1, limit - cost[v] + 1
            spare = spare_u + spare_v
            join = max(join_u / spare_u, join_v / spare_v, (join_u + join_v + joint) / spare)
            part = max(part_u / spare_u, part_v / spare_v, (part_u + part_v + parted) / spare)
            score = min(join, part) + _OTHER_SIDE * max(join, part)
            if score > best:
                best, best_u, best_v = score, u, v
    return best_u, best_v


@njit(cache=True, nogil=True)
def explore(  # type: ignore[no-untyped-def]
    limit, weights, split, clash, state, cost, trail, top, dirty, path, counts, splits, most
):
    """Go on with the search until about `most` pairs are tested.

    `path` int64 (3, depth): marks of the trail and pairs; `counts`: depth, splits made.
    """
    k = state.shape[0]
    left = most
    while left > 0:
        found = propagate(limit, weights, split, clash, state, cost, trail, top, dirty, left)
        left -= max(1, k * k // 4)
        if found == PAUSED:
            return PAUSED
        if found == DONE:
            u, v = _tightest(limit, weights, split, clash, state, cost)
            if u < 0:
                return FOUND
            depth = counts[0]
            path[0, depth], path[1, depth], path[2, depth] = top[0], u, v
            if counts[1] < splits.shape[0]:
                splits[counts[1], 0], splits[counts[1], 1] = u, v
            counts[0] += 1
            counts[1] += 1
            decide(u, v, 1, weights, state, cost, trail, top, dirty)
        else:
            if counts[0] == 0:
                return REFUTED
            counts[0] -= 1
            depth = counts[0]
            undo(path[0, depth], weights, state, cost, trail, top, dirty)
            decide(path[1, depth], path[2, depth], -1, weights, state, cost, trail, top, dirty)
    return PAUSED
