"""One chain of the search for clusters with costs on triples: rounds of annealing, each on the
whole instance or on what two good clusterings agree on.

As `clustering_chain`: a round anneals over `LEVELS` falling temperatures, descends, and then
joins clusters as the greedy start joins vertices.  Every other round starts from the
contraction of the common clusters of two elites.  Rounds grow while they bring nothing new.
"""

from __future__ import annotations

import numpy as np

from solverhub.search.clustering_form import common, dense
from solverhub.search.cubic_form import CubicForm
from solverhub.search.cubic_moves import anneal, descend, tally

LEVELS = 40
DRAWS = 100
"""Draws of a vertex in one step of a chain."""

_HOT, _COLD = (0.6, 0.2), (0.02, 0.02)
_ELITES = 6
_FIRST_SWEEPS, _MOST_SWEEPS, _LONGER = 2.0, 2000.0, 1.25
_SAME = 1e-9


class CubicChain:
    """Annealing with recombination; see `subset_chains.Chain` for its use."""

    def __init__(self, form: CubicForm, start: np.ndarray, seed: np.random.SeedSequence) -> None:
        self.form = form
        self.rng = np.random.default_rng(seed)
        self.state = self.rng.integers(1, 2**63, 1).astype(np.uint64)
        costs = np.append(form.pair_costs, form.triple_costs)
        self.finished = form.n < 2 or not bool((costs < 0).any())
        self.elites: list[tuple[float, np.ndarray]] = []
        self.sweeps = _FIRST_SWEEPS
        self.rounds = self.level = self.drawn = 0
        self.tallies: tuple[np.ndarray, np.ndarray]
        self._best = (form.value(start), start)
        self._keep(*self._best)
        self._begin(form, None, start)

    def best(self) -> np.ndarray:
        """The best labels so far."""
        return self._best[1]

    def adopt(self, solution: np.ndarray) -> None:
        """Take a clustering of others among the elites."""
        labels = dense(solution)
        self._keep(self.form.value(labels), labels)

    def run(self, steps: int) -> bool:
        """Make `steps` times `DRAWS` draws; True if the best clustering improved."""
        draws, improved = steps * DRAWS, False
        while draws > 0 and not self.finished:
            length = max(1, self.round_sweeps * self.problem.n)
            some = min(draws, length - self.drawn)
            hot, cold = _HOT[self.rounds % 2], _COLD[self.rounds % 2]
            temperature = self.scale * hot * (cold / hot) ** (self.level / (LEVELS - 1))
            here = (*self.problem.rows, self.labels, *self.tallies)
            anneal(*here, self.state, temperature, some)
            draws -= some
            self.drawn += some
            if self.drawn == length:
                self.drawn, self.level = 0, self.level + 1
            if self.level == LEVELS:
                improved = self._end() or improved
        return improved

    def _begin(self, problem: CubicForm, groups: np.ndarray | None, labels: np.ndarray) -> None:
        """Start a round on `problem`, whose vertices are `groups` of the whole instance."""
        self.problem, self.groups, self.labels = problem, groups, labels.copy()
        self.scale = max(problem.scale, 1e-300)
        self.tallies = tally(self.labels)
        ratio = self.form.n / max(1, problem.n)
        self.round_sweeps = int(min(_MOST_SWEEPS, self.sweeps * max(1.0, ratio / 2)))
        self.level = self.drawn = 0

    def _end(self) -> bool:
        """Finish the round and begin the next; True if it found the best clustering so far."""
        here = (*self.problem.rows, self.labels, *self.tallies)
        descend(*here, 20 * self.problem.n)
        labels = dense(self.labels if self.groups is None else dense(self.labels)[self.groups])
        labels = dense(self.form.contracted(labels).greedy()[labels])
        value = self.form.value(labels)
        improved = value < self._best[0] - _SAME * (1.0 + abs(value))
        if improved:
            self._best = (value, labels)
        fresh = self._keep(value, labels)
        self.rounds += 1
        if not fresh and self.groups is None:
            self.sweeps = min(_MOST_SWEEPS, _LONGER * self.sweeps)
        self._next()
        return improved

    def _next(self) -> None:
        if self.rounds % 2 == 0 or len(self.elites) < 2:
            self._begin(self.form, None, self.elites[0][1])
            return
        first, second = self.rng.choice(len(self.elites), 2, replace=False)
        groups = common(self.elites[first][1], self.elites[second][1])
        smaller = self.form.contracted(groups)
        self._begin(smaller, groups, np.arange(smaller.n))

    def _keep(self, value: float, labels: np.ndarray) -> bool:
        """Put a clustering among the elites, best first, unless its value is there already."""
        if any(abs(value - known) <= _SAME * (1.0 + abs(value)) for known, _ in self.elites):
            return False
        self.elites.append((value, labels))
        self.elites.sort(key=lambda elite: elite[0])
        fresh = len(self.elites) <= _ELITES or value < self.elites[-1][0]
        del self.elites[_ELITES:]
        return fresh


def start_of(form: CubicForm) -> np.ndarray:
    """Labels int64 (n,) within 0..n-1 to begin with: grown greedily, then descended."""
    labels = form.greedy()
    count, free = tally(labels)
    descend(*form.rows, labels, count, free, 20 * form.n)
    return dense(labels)
