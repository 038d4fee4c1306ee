"""Correlation clustering with a bound: a linear relaxation with conflict cycles and stars, added
in rounds.

Each round's multipliers give a bound that the judge recomputes.  Where the relaxation is
integral, or rounds up to the value of the best clustering, that proves it.  Clusterings come
from a short search before the first round, a little more after each and as long again at the
end, and from others.  An
iteration is a round.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.cycle_relaxation import CycleRelaxation
from solverhub.exact.incoming import adopt
from solverhub.exact.warm_start import begin
from solverhub.problems.cycle_bound import cycle_packing
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_chain import ClusteringChain
from solverhub.search.clustering_form import Form
from solverhub.search.clustering_search import NO_CYCLES

_STEPS = 1000
_MOST_ROWS = 20_000


class ClusteringCutsSolver:
    """Conflict cycle and star cuts over HiGHS."""

    name: ClassVar[str] = "conflict-cycle-cuts"
    title: ClassVar[str] = "Conflict cycle and star cuts on a linear relaxation (HiGHS)"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("highspy",)
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: SignedGraph,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        problem = self.problem
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=problem.integral(instance))
        form = Form.of(instance)
        start = form.greedy()
        begin(problem, instance, recorder, warm_start)
        recorder.incumbent(problem.objective(instance, start), start)
        recorder.bound(0)
        chain = ClusteringChain(form, start, np.random.SeedSequence(seed))
        run = _Rounds(problem, instance, recorder, chain)
        limit = run.go(seed)
        return recorder.finish(limit, evidence=run.evidence)


class _Rounds:
    """The rounds of one solve: separate, solve, bound, search a little."""

    def __init__(
        self,
        problem: Problem,
        instance: SignedGraph,
        recorder: Recorder,
        chain: ClusteringChain,
    ) -> None:
        self.problem, self.instance = problem, instance
        self.recorder, self.chain = recorder, chain
        self.evidence: dict[str, np.ndarray] = NO_CYCLES

    def go(self, seed: int) -> Limit | None:
        """Rounds until a limit, a proof, or no violated row is left."""
        relaxation: CycleRelaxation | None = None
        rounds = 0
        self._search(0.5, rounds)
        while True:
            limit = self.recorder.limit(rounds)
            if limit is not None or self.recorder.proved():
                return limit
            relaxation = relaxation or CycleRelaxation(self.instance, seed, self._stopped)
            found = relaxation.separate(_MOST_ROWS)
            deadline = self.recorder.budget.deadline
            until = np.inf if deadline is None else deadline
            if found == 0 or not relaxation.solve(float(until)):
                self._search(1.0 + self.recorder.budget.elapsed_s, rounds)
                return self.recorder.limit(rounds)
            rounds += 1
            self._bound(relaxation.evidence)
            self._search(0.1 * self.recorder.budget.elapsed_s, rounds)

    def _bound(self, evidence: dict[str, np.ndarray]) -> None:
        bound = cycle_packing(self.instance, evidence)
        if bound is not None and self.recorder.bound(bound):
            self.evidence = evidence

    def _search(self, share_s: float, rounds: int) -> None:
        """Anneal for `share_s` seconds, or for a number of steps where equal runs are asked for."""
        timed = not self.recorder.budget.deterministic
        until, steps = time.monotonic() + share_s, _STEPS
        while self.recorder.limit(rounds) is None and not self.recorder.proved():
            if time.monotonic() > until if timed else steps <= 0:
                return
            steps -= 20
            if self.chain.run(20):
                labels = self.chain.best()
                self.recorder.incumbent(self.problem.objective(self.instance, labels), labels)
            self._hear()

    def _hear(self) -> None:
        for event in self.recorder.budget.incoming():
            adopt(self.problem, self.instance, self.recorder, event)

    def _stopped(self) -> bool:
        self._hear()
        return self.recorder.limit() is not None or self.recorder.proved()
