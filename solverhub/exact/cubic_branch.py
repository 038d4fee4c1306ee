"""Cubic correlation clustering, exactly: search, partial optimality, bounds by messages, branching.

1. A short search, and message passing on each independent subproblem.  These messages prove a
   bound of the whole, which the judge recomputes; often it is the value of the clustering found.
2. Partial optimality (`reductions.kernel_cubic`), with the clusters found as sets to try.
3. Branch and bound on each part that is left (`cubic_tree`), whose proof is this solver's claim.

Subproblems of more than `reductions.cubic_dense.LARGEST` vertices have no bound but the sum of
their negative costs; where there are any, the search goes on to the end of the budget.  An
iteration is a node of the tree, or `_STEPS` steps of the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.cubic_tree import CubicTree
from solverhub.exact.incoming import adopt
from solverhub.exact.warm_start import begin
from solverhub.problems.cubic_instance import CubicInstance
from solverhub.problems.triple_bound import negative_total
from solverhub.reductions.kernel_cubic import CubicKernel, Part, reduce_cubic
from solverhub.search.cubic_chain import CubicChain, start_of
from solverhub.search.cubic_form import CubicForm
from solverhub.search.cubic_root import Root

_MOST_ROUNDS = 200
"""Of message passing before anything else."""
_STEPS = 20
_ROUNDS = 10
"""Of `_STEPS` steps: the search before the first bound."""


class CubicBranchSolver:
    """Branch and bound over bounds by messages."""

    name: ClassVar[str] = "cubic-branch-and-bound"
    title: ClassVar[str] = "Partial optimality, and branch and bound on messages"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: CubicInstance,
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
        recorder.bound(negative_total(instance))
        begin(self.problem, instance, recorder, warm_start)
        run = _Run(self.problem, instance, recorder, seed)
        if recorder.limit() is None and not recorder.proved():
            run.go()
        return recorder.finish(run.limit(), evidence=run.root.evidence())


class _Run:
    """One solve: its search, its root bound, its trees."""

    def __init__(
        self, problem: Problem, instance: CubicInstance, recorder: Recorder, seed: int
    ) -> None:
        self.problem, self.instance, self.recorder = problem, instance, recorder
        self.iterations = 0
        self.form = CubicForm.of(instance)
        start = start_of(self.form)
        recorder.incumbent(problem.objective(instance, start), start)
        self.chain = CubicChain(self.form, start, np.random.SeedSequence(seed))
        self.root = Root(instance)

    def limit(self) -> Limit | None:
        """The limit of the budget that is reached."""
        return self.recorder.limit(self.iterations)

    def go(self) -> None:
        """All steps, until a limit or a proof."""
        self.root.run(self.recorder, self._over, _MOST_ROUNDS)
        self._search(_ROUNDS)
        if self._over():
            return
        kernel = reduce_cubic(self.instance, self._known, stopped=self._over)
        self._log(kernel)
        if not self._over():
            self._branch(kernel)
        while not self._over() and not self.chain.finished:
            self._search(1)
            self.iterations += 1

    def _over(self) -> bool:
        for event in self.recorder.budget.incoming():
            adopt(self.problem, self.instance, self.recorder, event)
        return self.limit() is not None or self.recorder.proved()

    def _take(self, labels: np.ndarray) -> None:
        self.recorder.incumbent(self.problem.objective(self.instance, labels), labels)

    def _search(self, rounds: int) -> None:
        for _ in range(rounds):
            if self._over() or self.chain.finished:
                return
            if self.chain.run(_STEPS):
                self._take(self.chain.best())

    def _known(self, part: Part) -> np.ndarray:
        """Labels int64 (k,) of a part by the best clustering that the search found."""
        return part.of(self.chain.best())

    def _log(self, kernel: CubicKernel) -> None:
        found = ", ".join(f"{test} {count}" for test, count in kernel.fixed.items() if count)
        left = sum(len(part.members) > 1 for part in kernel.parts)
        line = f"partial optimality: {kernel.share:.1%} of the pairs ({found or 'nothing'})"
        self.recorder.log(f"{line}; {left} parts left", keep=True)

    def _branch(self, kernel: CubicKernel) -> None:
        """Solve part after part; the incumbent and the bound are those of all together."""
        alone = [np.arange(len(part.members)) for part in kernel.parts]
        base = self.problem.objective(self.instance, kernel.lift(alone))
        labels = [self._known(part) for part in kernel.parts]
        lower = [0.0 if len(part.members) == 1 else -np.inf for part in kernel.parts]
        self._take(kernel.lift(labels))
        self._claim(base, lower)
        for at, part in enumerate(kernel.parts):
            if part.costs is None or len(part.members) == 1:
                continue
            tree = CubicTree(part, part.costs, labels[at], self.recorder.budget.gap)
            while tree.open:
                if self._over():
                    return
                known = tree.value
                tree.step(self._over)
                self.iterations += 1
                if tree.value < known:
                    labels[at] = tree.labels
                    self._take(kernel.lift(labels))
                lower[at] = tree.lower
                self._claim(base, lower)

    def _claim(self, base: Any, lower: Sequence[float]) -> None:
        """Record the bound of parts of which these are the bounds."""
        if np.isfinite(sum(lower)):
            self.recorder.bound(float(base) + sum(lower))
