"""One chain of the search for min-max clusterings: annealing against a limit that follows the best.

The limit lies a step below the best objective.  When no vertex is beyond it, the clustering is
better than the best by at least the step, and the limit moves on.  A round at one temperature
that fails halves the step, down to the least difference between objectives, and hands over to
the next temperature; every other round starts from the best clustering again.
"""

from __future__ import annotations

import numpy as np

from solverhub.search.clustering_form import dense
from solverhub.search.min_max_form import Rows
from solverhub.search.min_max_moves import anneal, heat, tally
from solverhub.search.subset_random import random_state

TRIALS = 1000
"""Tried moves in one step of a chain."""

_TEMPERATURES = (0.6, 1.5, 0.3, 1.0)
_ROUND = 200
_FIRST_STEP = 0.05
_FINEST = 1e-6


class MinMaxChain:
    """Annealing from a clustering; see `subset_chains.Chain` for its use.

    `start`: labels int64 (n,) within 0..n-1; `unit`: what objectives differ by at least,
    or 0.
    """

    finished = False

    def __init__(self, rows: Rows, start: np.ndarray, unit: float, *seed: int) -> None:
        self.rows, self.unit = rows, unit
        self.state = random_state(*seed)
        self.row = np.full(rows.n, -rows.kappa)
        self.rounds = self.tried = 0
        self._best = start
        self._begin(start)
        self.value = float(self.bad.max(initial=0.0))
        self.step = max(unit, _FIRST_STEP * self.value)
        self.finished = rows.n < 2 or self.value <= 0.0
        self._aim()

    def twin(self, *seed: int) -> MinMaxChain:
        """Another chain from the best of this one, with other random numbers."""
        return MinMaxChain(self.rows, self._best, self.unit, *seed)

    def best(self) -> np.ndarray:
        """The best labels so far."""
        return self._best

    def adopt(self, solution: np.ndarray) -> None:
        """Go on from a clustering of others if it is better."""
        labels = dense(solution)
        bad, _, _ = tally(*self.rows.arrays, labels)
        if float(bad.max(initial=0.0)) < self.value:
            self._keep(labels, float(bad.max()))
            self._begin(labels)
            self._aim()

    def run(self, steps: int) -> bool:
        """Try `steps` times `TRIALS` moves; True if the best clustering improved."""
        if self.finished:
            return False
        left, improved = steps * TRIALS, False
        length = _ROUND * self.rows.n
        while left > 0 and not self.finished:
            some = min(left, length - self.tried)
            temperature = _TEMPERATURES[self.rounds % len(_TEMPERATURES)] * self.rows.scale
            here = (self.labels, self.bad, *self.lists, self.hot, self.row, self.state)
            order = (*self.rows.arrays, *here, self.limit, temperature, some)
            done = anneal(*order)
            left -= max(done, 1)
            self.tried += done
            if self.hot[0, 0] == 0:
                improved = True
                self._keep(self.labels.copy(), float(self.bad.max()))
                self._aim()
            elif self.tried >= length:
                self._next()
        return improved

    def _keep(self, labels: np.ndarray, value: float) -> None:
        self._best, self.value, self.tried = labels, value, 0
        self.finished = value <= 0.0

    def _next(self) -> None:
        self.rounds += 1
        self.tried = 0
        if self.rounds % 2 == 0:
            self._begin(self._best)
        self.step = max(self.unit, _FINEST * self.value, self.step / 2)
        self._aim()

    def _begin(self, labels: np.ndarray) -> None:
        self.labels = labels.copy()
        self.bad, *self.lists = tally(*self.rows.arrays, self.labels)

    def _aim(self) -> None:
        """The limit for the best so far: strictly below it whatever the rounding of sums."""
        slack = 0.5 * self.unit if self.unit else 0.0
        self.limit = max(0.0, self.value - self.step + slack)
        self.hot = heat(self.bad, self.limit)
