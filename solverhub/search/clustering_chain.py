"""One chain of the search for clusters: rounds of annealing, each on the whole graph or on what
two good clusterings agree on.

The chain opens with a round from the start that heats until clusters begin to soften and cools from
there, which costs little and beats descents.  The next finds at which temperature they melt: where
the clustering is worth half of the best.  If it beat a descent from the start, later rounds begin
above that temperature, from anew, else below it, from the best clustering, whose clusters last; and
one way after the other where a round brings nothing better.  A round anneals by heat baths over
`LEVELS` falling temperatures, descends, and joins clusters greedily.

Every other round starts from the contraction of the common clusters of two elites, as the
recombination of Hausberger, Faraj and Schulz (arXiv:2208.13618): what both join stays joined,
and the small problem left is annealed far longer for the time.  Rounds grow while they bring
nothing better.

Between rounds a clustering at hand is crossed with fresh multilevel ones (`clustering_multilevel`)
in the same way, by a short quench.  That is what finds clusters of few edges, which moves of single
vertices hardly change; it gets the more of the time, the more it brings.
"""

from __future__ import annotations

import math

import numpy as np

from solverhub.search.clustering_form import Form, common, dense, spread
from solverhub.search.clustering_moves import bath_memory, descend, heat_bath, tally
from solverhub.search.clustering_multilevel import multilevel, quench, refined

LEVELS = 50
TRIALS = 1000
"""Tried moves in one step of a chain."""

_OPENING = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_SOFT = 0.94
"""Where the opening begins: the first of these temperatures, in units of the mean weight, at which
the clustering is worth less than so much of what a descent found, heated from one to the next."""
_FIRST_HOT, _FIRST_COLD = 1.5, 0.1
_FULL, _WARM, _JOINED, _COLD = 1.1, 0.55, 0.9, 0.25
"""Temperatures: in units of the mean weight where the round after the opening begins and ends; in
units of the melting one where whole rounds begin, above or below it, where those on common
clusters begin, and where all end, if that is not above `_COLDEST` mean weights."""
_COLDEST = 0.1
_ELITES = 6
_FIRST_SWEEPS, _MOST_SWEEPS = 2, 2000
_QUENCH, _CROSSED_HOT, _CROSSING = 20, 0.6, 100
"""Sweeps of a quench and where it begins, and the sweeps that a crossing costs about."""
_LEAST_SHARE, _MOST_SHARE, _SPARSE = 1 / 16, 4.0, 6.0
"""Moves of crossings for one of rounds, at first 1 for this mean degree, less for more."""


class ClusteringChain:
    """Annealing with recombination; see `subset_chains.Chain` for its use.

    `start`: labels int64 (n,) within 0..n-1.
    """

    finished = False

    def __init__(self, form: Form, start: np.ndarray, seed: np.random.SeedSequence) -> None:
        self.whole = form
        self.form, self.vertices = form.pulled()
        self.rng = np.random.default_rng(seed)
        self.state = self.rng.integers(1, 2**63, 1).astype(np.uint64)
        typical = float(np.abs(form.weights).mean()) if form.weights.size else 1.0
        self.scale = typical / 2 if form.kappa else typical
        self.elites: list[tuple[float, np.ndarray]] = []
        self.sweeps = _FIRST_SWEEPS
        self.rounds, self.level, self.tried, self.heat = -1, 0, 0, _FULL
        degree = 2.0 * self.form.u.size / max(1, self.form.n)
        self.share = max(_LEAST_SHARE, min(1.0, _SPARSE / max(1.0, degree)))
        self.due = self.share * _CROSSING * self.form.n
        self.tallies: tuple[np.ndarray, np.ndarray, np.ndarray]
        self.finished = self.form.n < 2
        first = dense(start[self.vertices])
        self._best = self.crossed = (self.form.value(first), first)
        self._keep(*self._best)
        self.plain, self.opening = -np.inf, 0.0
        self._begin(self.form, None, first)

    def best(self) -> np.ndarray:
        """The best labels so far."""
        return spread(self._best[1], self.vertices, self.whole.n)

    def adopt(self, solution: np.ndarray) -> None:
        """Take a clustering of others among the elites."""
        labels = dense(solution[self.vertices])
        self._keep(self.form.value(labels), labels)

    def run(self, steps: int) -> bool:
        """Try `steps` times `TRIALS` moves; True if the best clustering improved."""
        if self.finished:
            return False
        before, trials = self._best[0], steps * TRIALS
        while trials > 0:
            crossing = self.due >= _CROSSING * self.form.n
            trials -= self._cross() if crossing else self._anneal(trials)
        return self._best[0] > before

    def _anneal(self, most: int) -> int:
        """Go on with the round by up to `most` moves; their number."""
        if self.plain == -np.inf:
            return self._open()
        problem = self.problem
        length = max(1, self.round_sweeps * problem.n)
        some = min(most, length - self.tried)
        here = (*problem.rows, problem.size, problem.kappa, self.labels, *self.tallies)
        self.worth += heat_bath(*here, self.state, self.memory, self._temperature(), some)
        self.tried += some
        if self.tried == length:
            self.curve.append((self._temperature(), self.worth))
            self.tried, self.level = 0, self.level + 1
            if self.opening == 0.0:
                self._heated()
        if self.level == LEVELS:
            self._end()
        return some

    def _open(self) -> int:
        """Descend from the start and begin there; what that cost, in moves."""
        self._descend()
        self.plain = self._take(self.labels)[0]
        self._begin(self.form, None, self._best[1])
        return self.form.n

    def _heated(self) -> None:
        """Begin to cool, if the opening is hot enough."""
        hot = _OPENING[self.level - 1]
        if self.worth < _SOFT * self.plain or self.level == len(_OPENING):
            self.opening, self.level = hot, 0

    def _descend(self) -> None:
        problem = self.problem
        here = (*problem.rows, problem.size, problem.kappa, self.labels, *self.tallies)
        descend(*here, 20 * problem.n)

    def _cross(self) -> int:
        """Cross the clustering at hand with a fresh one; what that cost, in moves."""
        before = self._best[0]
        fresh = multilevel(self.form, self.rng)
        groups = common(fresh, self.crossed[1])
        problem, vertices = self.form.contracted(groups).pulled()
        labels = np.arange(problem.n)
        falling = np.linspace(_CROSSED_HOT, _FIRST_COLD, _QUENCH) * self.scale
        quench(problem, labels, self.state, falling)
        k = int(groups.max(initial=-1)) + 1
        for each in (fresh, refined(self.form, spread(labels, vertices, k)[groups])):
            taken = self._take(each)
            if taken[0] >= self.crossed[0]:
                self.crossed = taken
        cost = _CROSSING * self.form.n
        self.due -= cost
        if self._best[0] > before:
            self.share = min(_MOST_SHARE, 2 * self.share)
        return cost

    def _temperature(self) -> float:
        """That of the level: falling by a ratio in the first round, else evenly."""
        part = self.level / (LEVELS - 1)
        if self.opening == 0.0:
            return self.scale * _OPENING[self.level]
        if self.rounds < 0:
            return self.scale * (self.opening + (_FIRST_COLD - self.opening) * part)
        if self.rounds == 0:
            busy = math.sqrt(2.0 * self.form.u.size / self.form.n)
            hot, cold = _FIRST_HOT * self.scale * max(1.0, 0.3 * busy), _FIRST_COLD * self.scale
            return float(hot * (cold / hot) ** part)
        hot = (self.heat if self.groups is None else _JOINED) * self.melting
        cold = min(_COLD * self.melting, _COLDEST * self.scale)
        return hot + (cold - hot) * part

    def _take(self, labels: np.ndarray) -> tuple[float, np.ndarray]:
        """Join clusters greedily and keep what comes of it: its worth and labels."""
        labels = dense(labels)
        labels = dense(self.form.contracted(labels).greedy()[labels])
        value = self.form.value(labels)
        if value > self._best[0] + 1e-9 * (1.0 + abs(value)):
            self._best = (value, labels)
        self._keep(value, labels)
        return value, labels

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

    def _end(self) -> None:
        """Finish the round and begin the next."""
        self._descend()
        labels = self.labels
        if self.groups is not None:
            k = int(self.groups.max(initial=-1)) + 1
            labels = spread(labels, self.kept, k)[self.groups]
        before = self._best[0]
        value = self._take(labels)[0]
        improved = self._best[0] > before
        if self.rounds == 0:
            half = [t for t, worth in self.curve if worth >= self._best[0] / 2]
            self.melting = max(half, default=self.scale)
            self.heat = _FULL if value > self.plain else _WARM
        elif not improved and self.groups is None:
            self.sweeps = min(_MOST_SWEEPS, 2 * self.sweeps)
            self.heat = _WARM if self.heat == _FULL else _FULL
        if self._best[0] > self.crossed[0]:
            self.crossed = self._best
        if self.rounds > 0 and improved:
            self.share = max(_LEAST_SHARE, self.share / 2)
        self.due += self.share * LEVELS * self.round_sweeps * self.problem.n
        self.rounds += 1
        self._next()

    def _next(self) -> None:
        if self.rounds % 2 == 0 or len(self.elites) < 2:
            self._begin(self.form, None, self.elites[0][1])
            return
        first, second = self.rng.choice(len(self.elites), 2, replace=False)
        groups = common(self.elites[first][1], self.elites[second][1])
        smaller, self.kept = self.form.contracted(groups).pulled()
        if smaller.n:
            self._begin(smaller, groups, np.arange(smaller.n))
        else:
            self._begin(self.form, None, self.elites[0][1])

    def _keep(self, value: float, labels: np.ndarray) -> None:
        """Put a clustering among the elites, best first, unless its value is there already."""
        if any(abs(value - known) <= 1e-9 * (1.0 + abs(value)) for known, _ in self.elites):
            return
        self.elites.append((value, labels))
        self.elites.sort(key=lambda elite: -elite[0])
        del self.elites[_ELITES:]
