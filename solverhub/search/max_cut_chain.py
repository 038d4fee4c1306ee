"""One chain of maximum-cut search: levels of annealing, each followed by recombination.

A level anneals a pool of cuts from random starts (Myklebust 2015, arXiv:1505.03068, shows how
strong that alone is on Gset), all at once in lanes (`max_cut_lanes`) unless the graph is large,
then contracts what a few of them agree on, anneals the small graph and puts the cut back in the
place of its worst parent (Houdayer and Martin 1999, see `max_cut_contract`), some times or until
the pool has one value.  The next level anneals for half as long again, so that short and long
budgets both end after a level of the right length.  The best of every level are champions,
shared by all chains, and are recombined as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from solverhub.core.result import Number
from solverhub.search.max_cut_graph import CutGraph
from solverhub.search.max_cut_kernels import (
    anneal,
    cut_value,
    descend,
    fill_gains,
    log_table,
    randomise,
)
from solverhub.search.max_cut_lanes import (
    LANES,
    anneal_lanes,
    finish,
    lane_table,
    randomise_lanes,
)

POOL = 16
"""Cuts of a level of a large graph; of others, `LANES`."""
PARENTS = 8
HOT, COLD = 0.3, 0.05
"""First and last temperature, in units of `CutGraph.scale`."""
SWEEPS = 64
"""Of the first level."""
LARGE = 1_000_000
"""Vertices and edges from which the first level is shorter, and cuts come one by one."""
CHILDREN = 16
"""Recombinations of a pool at most."""
CHAMPIONS = 12
GROWTH = 1.5
"""Sweeps of a level over those of the one before."""
SLICE_S = 0.015


class Share(Protocol):
    """What chains share: the best cut, the champions, and when to stop."""

    champions: list[np.ndarray]

    def offer(self, value: Number, side: np.ndarray) -> None:
        """Tell of a cut, with its value as the kernels compute it."""
        ...

    def over(self, sweeps: int) -> bool:
        """True once the chain, after this many sweeps, should stop."""
        ...

    def crown(self, side: np.ndarray) -> None:
        """Keep the best cut of a level."""
        ...


class Stopped(Exception):
    """The share said stop."""


class Chain:
    """A search of its own, equal for equal seeds as long as it is the only chain.

    `limit` is the number of sweeps after which the share says stop, so that a slice of the
    kernel ends there; None for none.
    """

    def __init__(
        self, graph: CutGraph, share: Share, seed: np.random.SeedSequence, limit: int | None = None
    ) -> None:
        self.graph, self.share, self.limit = graph, share, limit
        self.rng = np.random.default_rng(seed)
        self.state = seed.generate_state(1, np.uint64) | np.uint64(1)
        self.logs = log_table()
        self.lane_logs = lane_table(self.rng)
        self.sweeps = 0
        self.steps = 20_000

    @property
    def large(self) -> bool:
        """True from `LARGE` vertices and edges on."""
        return self.graph.n + self.graph.indices.size // 2 >= LARGE

    def run(self) -> None:
        """Search until the share says stop."""
        sweeps = SWEEPS // 8 if self.large else SWEEPS
        try:
            while True:
                self.level(sweeps)
                sweeps = int(sweeps * GROWTH)
        except Stopped:
            return

    def level(self, sweeps: int) -> None:
        """A pool of annealed cuts, recombined; then its best with the champions."""
        if self.large:
            pool = [self._annealed(sweeps) for _ in range(POOL)]
        else:
            pool = self._lanes(sweeps)
        best = self._recombine(pool, sweeps)
        self.share.crown(best)
        champions = [(self._value(side), side) for side in list(self.share.champions)]
        if len(champions) > 1:
            self.share.crown(self._recombine(champions, sweeps))

    def _annealed(self, sweeps: int) -> tuple[Number, np.ndarray]:
        side = np.empty(self.graph.n, np.int8)
        randomise(side, self.state)
        return self._improve(self.graph, side, sweeps, lambda found: found)

    def _lanes(self, sweeps: int) -> list[tuple[Number, np.ndarray]]:
        """`LANES` cuts annealed together; when stopped, as many as there is time to finish."""
        graph = self.graph
        sides = np.empty((graph.n, LANES), np.float32)
        randomise_lanes(sides, self.state)
        weights = (graph.weights / graph.scale).astype(np.float32)

        def steps(first: int, last: int) -> None:
            rows = graph.indptr, graph.indices, weights
            anneal_lanes(*rows, sides, self.lane_logs, self.state, HOT, COLD, first, last, sweeps)

        done = self._slices(graph.n, sweeps, steps)
        pool = []
        for lane in range(LANES):
            side = np.empty(graph.n, np.int8)
            value = finish(*graph.rows, sides, lane, side)
            self.share.offer(value, side)
            pool.append((value, side))
            if not done or self.share.over(self.sweeps):
                raise Stopped
        return pool

    def _recombine(self, pool: list[tuple[Number, np.ndarray]], sweeps: int) -> np.ndarray:
        """Work on the pool in place until all its cuts are equally good; the best one."""
        for _ in range(CHILDREN):
            pool.sort(key=lambda each: -each[0])
            if pool[0][0] == pool[-1][0]:
                break
            chosen = np.sort(self.rng.permutation(len(pool))[:PARENTS])
            child = self._child(np.stack([pool[i][1] for i in chosen]), sweeps)
            if not any(value == child[0] and _same(child[1], side) for value, side in pool):
                if child[0] >= pool[chosen[-1]][0]:
                    pool[chosen[-1]] = child
            elif pool[chosen[-1]][0] < child[0]:
                del pool[chosen[-1]]
        pool.sort(key=lambda each: -each[0])
        return pool[0][1]

    def _child(self, sides: np.ndarray, sweeps: int) -> tuple[Number, np.ndarray]:
        small, label = self.graph.contracted(sides)
        turned = np.empty(small.n, np.int8)
        randomise(turned, self.state)
        return self._improve(small, turned, sweeps, lambda found: sides[0] ^ found[label])

    def _improve(
        self,
        graph: CutGraph,
        side: np.ndarray,
        sweeps: int,
        lift: Callable[[np.ndarray], np.ndarray],
    ) -> tuple[Number, np.ndarray]:
        """Anneal on `graph`, descend on the whole one, offer; the value and the cut.

        A run that is cut short is offered, too, before `Stopped` is raised.
        """
        gain = np.empty(graph.n, graph.weights.dtype)
        fill_gains(*graph.rows, side, gain)
        done = self._anneal(graph, side, gain, sweeps)
        descend(*graph.rows, side, gain)
        if graph is not self.graph:
            side = lift(side)
            gain = np.empty(self.graph.n, graph.weights.dtype)
            fill_gains(*self.graph.rows, side, gain)
            descend(*self.graph.rows, side, gain)
        value = self._value(side)
        self.share.offer(value, side)
        if not done or self.share.over(self.sweeps):
            raise Stopped
        return value, side

    def _anneal(self, graph: CutGraph, side: np.ndarray, gain: np.ndarray, sweeps: int) -> bool:
        """Anneal one cut; False if stopped in between."""
        hot, cold = HOT * graph.scale, COLD * graph.scale

        def steps(first: int, last: int) -> None:
            anneal(*graph.rows, side, gain, self.state, self.logs, hot, cold, first, last, sweeps)

        return self._slices(graph.n, sweeps, steps)

    def _slices(self, n: int, sweeps: int, steps: Callable[[int, int], None]) -> bool:
        """Take `sweeps` n steps in slices of about `SLICE_S`; False if stopped in between."""
        before, at, end = self.sweeps, 0, sweeps * n
        while at < end:
            to = min(end, at + self.steps)
            if self.limit is not None:
                to = min(to, max(at + 1, (self.limit - before) * n))
            began = time.perf_counter()
            steps(at, to)
            self._pace(to - at, time.perf_counter() - began)
            at = to
            self.sweeps = before + at // n
            if at < end and self.share.over(self.sweeps):
                return False
        self.sweeps = before + sweeps
        return True

    def _pace(self, steps: int, wall_s: float) -> None:
        """Lengthen or shorten slices; what is computed does not depend on it."""
        if steps == self.steps and wall_s < SLICE_S / 2:
            self.steps *= 2
        elif wall_s > 2 * SLICE_S and self.steps > 1000:
            self.steps //= 2

    def _value(self, side: np.ndarray) -> Number:
        value: Number = cut_value(*self.graph.rows, side)
        return value


def _same(left: np.ndarray, right: np.ndarray) -> bool:
    """True for one cut, also if the sides are swapped."""
    apart = left ^ right
    return bool((apart == apart[0]).all()) if apart.size else True
