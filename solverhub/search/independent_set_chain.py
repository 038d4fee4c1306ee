"""The chains of the swap search and of annealing, and how both cool."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from solverhub.problems.graph import Graph
from solverhub.search.independent_set_annealing import (
    BEST,
    AnnealingState,
    anneal,
    annealing_state,
    chances,
)
from solverhub.search.independent_set_annealing import begin as begin_annealing
from solverhub.search.independent_set_swaps import (
    BEST_WEIGHT,
    STALE,
    SwapState,
    begin,
    search,
    swap_state,
)
from solverhub.search.subset_random import random_state

PROPOSALS = 64
"""Proposals of annealing that count as a step: most are refused at once."""
SWEEPS, COLD, WARMER, HOTTEST = 32, 0.1, 0.05, 0.3
"""Annealing: proposals a vertex of the first cycle, and temperatures, in vertices: where every
cycle ends, by how much each begins hotter than the one before, and at most.  Long cycles bear more
heat, and in graphs too large for a second one the first is a search of plateaus."""

DESCENT = 2
"""Rounds a vertex without a heavier set after which the swap search starts to cool."""
ROUNDS, HOTS, RATIO = 10, (0.3, 0.15, 0.6), 0.05
"""Swaps: rounds a vertex of the first cycles, temperatures at which cycles begin in turn, as shares
of the mean weight, and what of that they end with.  Which is best depends on what swaps lose: a
third of a weight in auctions, more in dense graphs of even weights."""
GRID = 100
"""Steps at one temperature at least: a call costs as much as a few."""


class Cycle(NamedTuple):
    """Steps of a cooling, and the temperatures where it begins and ends."""

    steps: int
    hot: float
    cold: float


class Cooling:
    """Cycles one after the other, falling geometrically, constant for `grid` steps at a time.

    Equal runs in other slices have equal temperatures.
    """

    def __init__(self, cycle: Callable[[int], Cycle], grid: int) -> None:
        self._cycle, self._grid = cycle, grid
        self._done = self._count = 0
        self._now = cycle(0)

    def next(self, most: int) -> tuple[int, float]:
        """Steps to go now, at most so many, and the temperature of them."""
        if self._done >= self._now.steps:
            self._done = 0
            self._count += 1
            self._now = self._cycle(self._count)
        steps, hot, cold = self._now
        into = self._done % self._grid
        count = min(most, self._grid - into)
        temperature = hot * (cold / hot) ** ((self._done - into) / steps)
        self._done += count
        return count, temperature


class AnnealingChain:
    """One run of `independent_set_annealing`; solutions are independent sets, bool (n,)."""

    def __init__(self, graph: Graph, start: np.ndarray, *seed: int) -> None:
        indices = graph.indices.astype(np.int32)
        self.state: AnnealingState = annealing_state(
            graph.indptr, indices, start, random_state(*seed)
        )
        steps = max(1, SWEEPS * graph.n // PROPOSALS)
        self.cooling = Cooling(
            lambda i: Cycle(steps << i, min(HOTTEST, COLD + WARMER * i), COLD),
            max(GRID, graph.n // PROPOSALS),
        )
        self.finished = False

    def run(self, steps: int) -> bool:
        """Go on for this many times `PROPOSALS` proposals."""
        improved = False
        while steps > 0:
            count, temperature = self.cooling.next(steps)
            improved |= bool(anneal(self.state, PROPOSALS * count, chances(temperature)))
            steps -= count
        return improved

    def best(self) -> np.ndarray:
        """The largest independent set so far."""
        return self.state.best.copy()

    def adopt(self, solution: np.ndarray) -> None:
        """Go on from this independent set if it is better."""
        if np.count_nonzero(solution) > self.state.counts[BEST]:
            begin_annealing(self.state, solution)


class SwapChain:
    """One run of `independent_set_swaps`; solutions are independent sets, bool (n,)."""

    def __init__(self, graph: Graph, cost: np.ndarray, start: np.ndarray, *seed: int) -> None:
        indices = graph.indices.astype(np.int32)
        self.state: SwapState = swap_state(graph.indptr, indices, cost, start, random_state(*seed))
        self.grid = max(GRID, graph.n // GRID)
        unit = float(cost.mean()) if cost.size else 1.0

        def cycle(i: int) -> Cycle:
            hot = unit * HOTS[i % len(HOTS)]
            return Cycle(ROUNDS * graph.n << i // len(HOTS), hot, RATIO * hot)

        self.cooling = Cooling(cycle, self.grid)
        self.descended = 0
        self.finished = False

    def run(self, steps: int) -> bool:
        """Go on for this many rounds."""
        improved = False
        while steps > 0:
            count, temperature = self._next(steps)
            improved |= bool(search(self.state, count, temperature))
            steps -= count
        return improved

    def best(self) -> np.ndarray:
        """The heaviest independent set so far."""
        return self.state.best.copy()

    def adopt(self, solution: np.ndarray) -> None:
        """Go on from this independent set if it is better."""
        if self.state.cost[solution].sum() > self.state.value[BEST_WEIGHT]:
            begin(self.state, solution)

    def _next(self, most: int) -> tuple[int, float]:
        into = self.descended % self.grid
        stale = into == 0 and self.state.counts[STALE] > DESCENT * self.state.cost.size
        if self.descended < 0 or stale:
            self.descended = -1
            return self.cooling.next(most)
        count = min(most, self.grid - into)
        self.descended += count
        return count, 0.0
