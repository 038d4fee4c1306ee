"""Correlation clustering with a bound: conflict cycles and stars, packed (`conflict_packing`).

Between rounds the search for clusters goes on for a share of the time, also from clusterings
that the point of the packing rounds to, and in turn on what the point leaves open: the problem
contracted by all pairs that it nearly joins, which near its end is small.  Once no row is
violated the search has all of the time: to the limits of the budget, or as long again where
there are none.  An iteration is a round.
"""

from __future__ import annotations

import math
import time
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.conflict_packing import ConflictPacking
from solverhub.exact.conflict_rounding import SHORT, joined, rounded
from solverhub.exact.incoming import adopt
from solverhub.exact.warm_start import begin
from solverhub.problems.cycle_bound import cycle_packing
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_chain import ClusteringChain
from solverhub.search.clustering_form import Form
from solverhub.search.clustering_reduced import Reduced
from solverhub.search.clustering_search import NO_CYCLES

_SHARE = 0.3
"""Of the time spent, what the search has at least."""
_STEPS = 20
"""Steps of the search between two rounds where equal runs are asked for."""
_ROUND_EVERY = 8
"""Rounds between two roundings of the point."""


class CyclePackingSolver:
    """Packing of conflict cycles and stars."""

    name: ClassVar[str] = "cycle-packing"
    title: ClassVar[str] = "Conflict cycles and stars packed by proximal projections"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")
    requires: ClassVar[tuple[str, ...]] = ()
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
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=integral)
        recorder.bound(0)
        begin(self.problem, instance, recorder, warm_start)
        reduced = Reduced.of(instance)
        recorder.log(reduced.told(), keep=True)
        start = reduced.form.greedy()
        chain = ClusteringChain(reduced.form, start, np.random.SeedSequence(seed))
        if warm_start is not None:
            chain.adopt(reduced.lower(warm_start))
        run = _Rounds(self.problem, instance, recorder, reduced, chain)
        limit = run.go(seed)
        return recorder.finish(limit, evidence=run.evidence)


class _Rounds:
    """Packing and search in turn."""

    def __init__(
        self,
        problem: Problem,
        instance: SignedGraph,
        recorder: Recorder,
        reduced: Reduced,
        chain: ClusteringChain,
    ) -> None:
        self.problem, self.instance, self.recorder = problem, instance, recorder
        self.reduced, self.chain = reduced, chain
        self.evidence: dict[str, np.ndarray] = NO_CYCLES
        self.rounds = 0
        self.search_s = 0.0
        self.form = Form.of(instance)
        self.guided: tuple[np.ndarray, ClusteringChain] | None = None
        self.guide_at = _ROUND_EVERY

    def go(self, seed: int) -> Limit | None:
        """Rounds until a limit, a proof, or the end of both."""
        self.seeds = np.random.SeedSequence(seed)
        self._found()
        if self._over():
            return self.recorder.limit()
        budget = self.recorder.budget
        device = "cuda" if budget.device == "cuda" else "cpu"
        packing = ConflictPacking(self.instance, seed, self._stopped, device)
        while not self._over() and not packing.done:
            if packing.round():
                self._bound(packing)
            self.rounds += 1
            self._hear()
            if self.rounds % _ROUND_EVERY == 0:
                self._round(packing)
            if not self._over():
                self._search(_SHARE * budget.elapsed_s)
        self._finish(packing)
        return self.recorder.limit(self.rounds)

    def _finish(self, packing: ConflictPacking) -> None:
        """Search alone."""
        if not self._over():
            self.guide_at = self.rounds
            self._round(packing)
        budget, packed_s = self.recorder.budget, self.recorder.budget.elapsed_s
        endless = budget.deadline is None and budget.iterations is None
        while not self._over() and not self.chain.finished:
            if endless and budget.elapsed_s > 2 * packed_s + 1.0:
                return
            self._search(math.inf)
            self.rounds += 1

    def _bound(self, packing: ConflictPacking) -> None:
        known = self.recorder.best_bound
        if self.recorder.integral and known is not None and math.ceil(packing.bound) <= known:
            return
        evidence = packing.evidence
        bound = cycle_packing(self.instance, evidence)
        if bound is not None and self.recorder.bound(bound):
            self.evidence = evidence

    def _round(self, packing: ConflictPacking) -> None:
        for labels in rounded(packing.program, self.form, packing.program.rng):
            self._take(labels)
            self.chain.adopt(self.reduced.lower(labels))
        if self.rounds >= self.guide_at:
            self.guide_at = 2 * self.rounds
            groups = joined(packing.program, SHORT[-1])
            smaller, (seed,) = self.form.contracted(groups), self.seeds.spawn(1)
            self.guided = groups, ClusteringChain(smaller, smaller.greedy(), seed)

    def _search(self, until_s: float) -> None:
        """Some steps of the search; in real time as many as bring its share to `until_s`."""
        started = time.monotonic()
        self._step()
        self._hear()
        while not self.recorder.budget.deterministic:
            spent_s = self.search_s + time.monotonic() - started
            if spent_s > until_s or until_s == math.inf or self._over():
                self.search_s = spent_s
                return
            self._step()

    def _step(self) -> None:
        """Some steps of both searches."""
        if self.chain.run(_STEPS):
            self._found()
        if self.guided is None:
            return
        groups, chain = self.guided
        if chain.run(_STEPS):
            labels = chain.best()[groups]
            self._take(labels)
            self.chain.adopt(self.reduced.lower(labels))

    def _found(self) -> None:
        self._take(self.reduced.lift(self.chain.best()))

    def _take(self, labels: np.ndarray) -> None:
        self.recorder.incumbent(self.problem.objective(self.instance, labels), labels)

    def _hear(self) -> None:
        if self.recorder.budget.deterministic:
            return
        for event in self.recorder.budget.incoming():
            if adopt(self.problem, self.instance, self.recorder, event):
                assert event.solution is not None
                self.chain.adopt(self.reduced.lower(event.solution))

    def _over(self) -> bool:
        return self.recorder.limit(self.rounds) is not None or self.recorder.proved()

    def _stopped(self) -> bool:
        return self.recorder.limit() is not None
