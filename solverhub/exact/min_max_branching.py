"""Min-max correlation clustering, exact: limits from the bound upwards, each refuted or met.

A limit is refuted by the rules of `min_max_bound` and case splits, which the judge follows
again, or a clustering within it is found.  Local search runs between slices of the tree.  In
instances of more than 400 vertices the trees stand on the surroundings of hubs: they raise the
bound, and prove what the search finds where the two meet.  An iteration is a slice of a tree
with as long a slice of search.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.incoming import adopt
from solverhub.exact.min_max_tree import FOUND, Tree
from solverhub.problems.min_max_bound import Core
from solverhub.problems.min_max_kernels import REFUTED
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.min_max_chain import MinMaxChain
from solverhub.search.min_max_core import cores, evidence, no_pairs, strengthen, units
from solverhub.search.min_max_search import first_chain, quick_start

_SHARE = 8
"""The part of the open gap that a limit closes at once, where the gap is that many units."""


class MinMaxBranchingSolver:
    """Propagation and case splits, with search between."""

    name: ClassVar[str] = "min-max-branching"
    title: ClassVar[str] = "Branch and bound on what a limit forces, with search between"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
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
        if warm_start is None and quick_start(instance, recorder):
            return recorder.finish(recorder.limit())
        chain = first_chain(self.problem, instance, recorder, seed, warm_start)
        run = _Run(self.problem, instance, recorder, chain)
        return recorder.finish(run.go(), evidence=run.evidence)


class _Run:
    def __init__(
        self, problem: Problem, instance: SignedGraph, recorder: Recorder, chain: MinMaxChain
    ) -> None:
        self.problem, self.instance = problem, instance
        self.recorder, self.chain = recorder, chain
        self.evidence: dict[str, Any] | None = None
        self.slices = 0

    def go(self) -> Limit | None:
        """The cores one after another, then search alone to the end of the budget."""
        for core in cores(self.instance):
            self._core(core)
            if self._ended():
                break
        while not self._ended() and not self.chain.finished:
            self._search()
        return self.recorder.limit(self.slices)

    def _ended(self) -> bool:
        return self.recorder.limit(self.slices) is not None or self.recorder.proved()

    def _core(self, core: Core) -> None:
        """Raise the bound by this core until it meets the best, or a tree finds a clustering of
        the core that is none of the instance."""
        low, high = self._range(core)
        refuted, _ = strengthen(core, low, high, self._ended)
        if refuted >= low:
            self._raise(core, refuted, no_pairs())
        while not self._ended():
            low, high = self._range(core)
            if low >= high:
                return
            tree = Tree(core, low + (high - low) // _SHARE)
            found = self._grow(tree)
            if found == REFUTED:
                self._raise(core, tree.limit, tree.pairs)
            elif found != FOUND or not self._take(core, tree.labels):
                return

    def _range(self, core: Core) -> tuple[int, int]:
        """The least limit not refuted, and the least one that the best clustering is within."""
        bound, best = self.recorder.best_bound or 0, self.recorder.objective or 0
        return units(core, bound), units(core, best)

    def _grow(self, tree: Tree) -> int:
        while True:
            found = tree.run()
            if found in (REFUTED, FOUND) or self._ended():
                return found
            self._search()
            best = self.recorder.objective
            if best is not None and units(tree.core, best) <= tree.limit:
                return FOUND

    def _raise(self, core: Core, limit: int, pairs: np.ndarray | None) -> None:
        if self.recorder.bound(core.value(limit)):
            self.evidence = None if pairs is None else evidence(core, limit, pairs)

    def _take(self, core: Core, labels: np.ndarray) -> bool:
        """Record a clustering of the core if it is one of the instance; also if one as good is
        there already."""
        if core.k < self.instance.n:
            return False
        self.recorder.incumbent(self.problem.objective(self.instance, labels), labels)
        self.chain.adopt(labels)
        return True

    def _search(self) -> None:
        """A slice of search, and what others found."""
        self.slices += 1
        if self.chain.run(4):
            labels = self.chain.best()
            self.recorder.incumbent(self.problem.objective(self.instance, labels), labels)
        if self.recorder.budget.deterministic:
            return
        for event in self.recorder.budget.incoming():
            adopted = adopt(self.problem, self.instance, self.recorder, event)
            if adopted and event.solution is not None:
                self.chain.adopt(event.solution)
