"""One chain of the search for clusters: rounds of annealing, each on the whole graph or on what
two good clusterings agree on.

A round anneals over `LEVELS` falling temperatures, descends, and joins clusters greedily.
Every other round starts from the contraction of the common clusters of two elites, as the
recombination of Hausberger, Faraj and Schulz (arXiv:2208.13618): what both join stays joined,
and the small problem left is annealed far longer for the time.  Rounds grow while they bring
nothing new.
"""

from __future__ import annotations

import numpy as np

from solverhub.search.clustering_form import Form, common, dense
from solverhub.search.clustering_moves import anneal, descend, tally

LEVELS = 50
TRIALS = 1000
"""Tried moves in one step of a chain."""

_HOT, _COLD = (1.0, 0.6), (0.1, 0.15)
_ELITES = 6
_FIRST_SWEEPS, _MOST_SWEEPS = 10, 2000


class ClusteringChain:
    """Annealing with recombination; see `subset_chains.Chain` for its use.

    `start`: labels int64 (n,) within 0..n-1.
    """

    finished = False

    def __init__(self, form: Form, start: np.ndarray, seed: np.random.SeedSequence) -> None:
        self.form = form
        self.rng = np.random.default_rng(seed)
        self.state = self.rng.integers(1, 2**63, 1).astype(np.uint64)
        typical = float(np.abs(form.weights).mean()) if form.weights.size else 1.0
        self.scale = typical / 2 if form.kappa else typical
        self.elites: list[tuple[float, np.ndarray]] = []
        self.sweeps = _FIRST_SWEEPS
        self.rounds = self.level = self.tried = 0
        self.tallies: tuple[np.ndarray, np.ndarray, np.ndarray]
        self.finished = form.n < 2 or not bool((form.weights > 0).any())
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
        """Try `steps` times `TRIALS` moves; True if the best clustering improved."""
        if self.finished:
            return False
        rows, problem = self.problem.rows, self.problem
        trials, improved = steps * TRIALS, False
        while trials > 0:
            length = max(1, self.round_sweeps * problem.n)
            some = min(trials, length - self.tried)
            hot, cold = _HOT[self.rounds % 2], _COLD[self.rounds % 2]
            temperature = self.scale * hot * (cold / hot) ** (self.level / (LEVELS - 1))
            here = (*rows, problem.size, problem.kappa, self.labels, *self.tallies)
            anneal(*here, self.state, temperature, some)
            trials -= some
            self.tried += some
            if self.tried == length:
                self.tried, self.level = 0, self.level + 1
            if self.level == LEVELS:
                improved = self._end() or improved
                rows, problem = self.problem.rows, self.problem
        return improved

    def _begin(self, problem: Form, groups: np.ndarray | None, labels: np.ndarray) -> None:
        """Start a round on `problem`, whose vertices are `groups` of the whole graph."""
        self.problem, self.groups, self.labels = problem, groups, labels.copy()
        self.tallies = tally(self.labels, problem.size)
        ratio = self.form.n / max(1, problem.n)
        self.round_sweeps = int(min(_MOST_SWEEPS, self.sweeps * max(1.0, ratio / 2)))
        self.level = self.tried = 0

    def _end(self) -> bool:
        """Finish the round and begin the next; True if it found the best clustering so far."""
        problem = self.problem
        here = (
            *problem.rows,
            problem.size,
            problem.kappa,
            self.labels,
            *self.tallies,
        )
        descend(*here, 20 * problem.n)
        labels = self.labels if self.groups is None else dense(self.labels)[self.groups]
        labels = dense(labels)
        labels = self.form.contracted(labels).greedy()[labels]
        value = self.form.value(labels)
        improved = value > self._best[0] + 1e-9 * (1.0 + abs(value))
        if improved:
            self._best = (value, labels)
        fresh = self._keep(value, labels)
        self.rounds += 1
        if not fresh and self.groups is None:
            self.sweeps = min(_MOST_SWEEPS, 2 * self.sweeps)
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
        if any(abs(value - known) <= 1e-9 * (1.0 + abs(value)) for known, _ in self.elites):
            return False
        self.elites.append((value, labels))
        self.elites.sort(key=lambda elite: -elite[0])
        fresh = len(self.elites) <= _ELITES or value > self.elites[-1][0]
        del self.elites[_ELITES:]
        return fresh
