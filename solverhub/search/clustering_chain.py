"""One chain of the search for clusters: rounds of annealing, each on the whole graph or on what
two good clusterings agree on.

The chain opens with the start, refined, and a multilevel clustering (`clustering_multilevel`).
A round anneals by heat baths over `LEVELS` falling temperatures, descends, and joins clusters
greedily.  The first finds at which temperature clusters melt: where the clustering is worth half
of the best.  If it beat the opening, later rounds begin above that temperature, from anew; else
below it, from the best clustering, whose clusters last.

Every other round starts from the contraction of the common clusters of two elites, as the
recombination of Hausberger, Faraj and Schulz (arXiv:2208.13618): what both join stays joined,
and the small problem left is annealed far longer for the time.  Rounds grow while they bring
nothing better.
"""

from __future__ import annotations

import math

import numpy as np

from solverhub.search.clustering_form import Form, common, dense
from solverhub.search.clustering_moves import bath_memory, descend, heat_bath, tally
from solverhub.search.clustering_multilevel import multilevel, refined

LEVELS = 50
TRIALS = 1000
"""Tried moves in one step of a chain."""

_FIRST_HOT, _FIRST_COLD = 1.5, 0.1
_FULL, _WARM, _JOINED, _COLD = 1.1, 0.55, 0.9, 0.25
"""Temperatures in units of the melting one: where whole rounds begin, above or below it, where
those on common clusters begin, and where all end, if that is not above `_COLDEST` mean weights."""
_COLDEST = 0.1
_ELITES = 6
_FIRST_SWEEPS, _MOST_SWEEPS = 2, 2000


class ClusteringChain:
    """Annealing with recombination; see `subset_chains.Chain` for its use.

    `start`: labels int64 (n,) within 0..n-1.
    """

    finished = opened = False

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
        if not self.opened:
            return self._open()
        rows, problem = self.problem.rows, self.problem
        trials, improved = steps * TRIALS, False
        while trials > 0:
            length = max(1, self.round_sweeps * problem.n)
            some = min(trials, length - self.tried)
            here = (*rows, problem.size, problem.kappa, self.labels, *self.tallies)
            self.worth += heat_bath(*here, self.state, self.memory, self._temperature(), some)
            trials -= some
            self.tried += some
            if self.tried == length:
                self.curve.append((self._temperature(), self.worth))
                self.tried, self.level = 0, self.level + 1
            if self.level == LEVELS:
                improved = self._end() or improved
                rows, problem = self.problem.rows, self.problem
        return improved

    def _temperature(self) -> float:
        """That of the level: falling by a ratio in the first round, then evenly."""
        part = self.level / (LEVELS - 1)
        if self.rounds == 0:
            busy = math.sqrt(2.0 * self.form.u.size / self.form.n)
            hot, cold = _FIRST_HOT * self.scale * max(1.0, 0.3 * busy), _FIRST_COLD * self.scale
            return float(hot * (cold / hot) ** part)
        hot = (self.heat if self.groups is None else _JOINED) * self.melting
        cold = min(_COLD * self.melting, _COLDEST * self.scale)
        return hot + (cold - hot) * part

    def _open(self) -> bool:
        """Refine the start and set a multilevel clustering beside it."""
        self.opened = True
        before = self._best[0]
        for labels in (refined(self.form, self._best[1]), multilevel(self.form, self.rng)):
            self._take(labels)
        return self._best[0] > before

    def _take(self, labels: np.ndarray) -> None:
        """Join clusters greedily and keep what comes of it."""
        labels = dense(labels)
        labels = self.form.contracted(labels).greedy()[labels]
        value = self.form.value(labels)
        if value > self._best[0] + 1e-9 * (1.0 + abs(value)):
            self._best = (value, labels)
        self._keep(value, labels)

    def _begin(self, problem: Form, groups: np.ndarray | None, labels: np.ndarray) -> None:
        """Start a round on `problem`, whose vertices are `groups` of the whole graph."""
        self.problem, self.groups, self.labels = problem, groups, labels.copy()
        self.tallies = tally(self.labels, problem.size)
        self.memory = bath_memory(problem.n)
        ratio = self.form.n / max(1, problem.n)
        self.round_sweeps = int(min(_MOST_SWEEPS, self.sweeps * max(1.0, ratio / 2)))
        self.level = self.tried = 0
        self.worth = problem.value(self.labels)
        self.curve: list[tuple[float, float]] = []

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
        before = self._best[0]
        self._take(labels)
        improved = self._best[0] > before
        if self.rounds == 0:
            half = [t for t, worth in self.curve if worth >= self._best[0] / 2]
            self.melting = max(half, default=self.scale)
            self.heat = _FULL if improved else _WARM
        elif not improved and self.groups is None:
            self.sweeps = min(_MOST_SWEEPS, 2 * self.sweeps)
        self.rounds += 1
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

    def _keep(self, value: float, labels: np.ndarray) -> None:
        """Put a clustering among the elites, best first, unless its value is there already."""
        if any(abs(value - known) <= 1e-9 * (1.0 + abs(value)) for known, _ in self.elites):
            return
        self.elites.append((value, labels))
        self.elites.sort(key=lambda elite: -elite[0])
        del self.elites[_ELITES:]
