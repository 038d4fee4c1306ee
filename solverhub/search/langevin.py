"""`langevin`: hundreds of regularised Langevin walks at once, the form of search made for a GPU.

Independent set, vertex cover, clique and maximum cut as quadratic functions of 0/1 variables
(`langevin_task`), annealed by `ops.langevin` (Feng and Yang 2025, arXiv:2502.00277).  Each round
begins anew with twice the steps.  What the chains pass through need not be feasible: the best
state of a slice, and at the end of a round that of every chain, is repaired.

On a CPU `vertex-cover-search` and `max-cut-search` find better solutions sooner; see
docs/benchmarks.md.  An iteration is a step of every chain.  Equal seeds and iterations give equal
answers with any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result
from solverhub.core.solver import Params
from solverhub.ops.langevin import Chains, Schedule, chains
from solverhub.problems.graph import Graph
from solverhub.search.langevin_task import CutTask, SetTask, Task
from solverhub.search.subset_incumbents import SubsetIncumbents

CHAINS = 200
STEPS = 250
"""Of the first round."""
CELLS = {"cpu": 5_000_000, "cuda": 200_000_000}
"""Chains times variables at most, for memory and the length of a step."""
SLICE = {"cpu": 2_000_000, "cuda": 50_000_000}
"""Chains times variables times steps between two looks at the budget."""
MAX_CUT = "max-cut"


@dataclass(frozen=True)
class LangevinParams(Params):
    """Parameters of the walks; None takes what suits the family and the size.

    - `chains`: walks at once.
    - `steps`: of the first round; each next one has twice as many.
    - `rank`: about how many variables of a chain flip in a step.
    - `hot`, `cold`: first and last temperature, in units of the mean weight (for cuts, of a
      vertex's gain).
    """

    chains: int | None = None
    steps: int = STEPS
    rank: int | None = None
    hot: float | None = None
    cold: float | None = None

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("chains", "steps", "rank"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= 1_000_000:
                raise InvalidParams(f"{name} is {value}", remedy="give 1 to 1000000")
        for name in ("hot", "cold"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1e6:
                raise InvalidParams(f"{name} is {value}", remedy="give a number above 0")


class LangevinSolver:
    """Chains of Langevin walks on CPU or CUDA."""

    name: ClassVar[str] = "langevin"
    title: ClassVar[str] = "Regularised Langevin annealing of many chains (RLSA)"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[LangevinParams]] = LangevinParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: LangevinParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        problem = self.problem
        integral = problem.integral(instance)
        recorder = Recorder(budget, problem.sense(instance), observe, integral=integral)
        known = SubsetIncumbents(problem, instance, recorder)
        known.begin(warm_start)
        limit = recorder.limit()
        if limit is None:
            limit = self._search(instance, known, params, seed)
        return known.finish(limit, deterministic=True)

    def _search(
        self, instance: Graph, known: SubsetIncumbents, params: LangevinParams, seed: int
    ) -> Limit | None:
        if self.problem.name == MAX_CUT:
            known.bound_by({"edge_total": True})
            task: Task = CutTask(instance)
        else:
            task = SetTask.of(self.problem.name, instance, known)
        if task.couplings.n == 0:
            known.take(task.solutions(np.zeros((1, 0), np.int8))[0])
            return known.recorder.limit()
        return _Rounds(task, known, params, seed).run()


class _Rounds:
    """Rounds of all chains until a limit."""

    def __init__(
        self, task: Task, known: SubsetIncumbents, params: LangevinParams, seed: int
    ) -> None:
        budget = known.recorder.budget
        self.task, self.known, self.params = task, known, params
        self.device = "cuda" if budget.device == "cuda" else "cpu"
        self.threads = budget.threads
        n = task.couplings.n
        self.chains = params.chains or max(1, min(CHAINS, CELLS[self.device] // n))
        self.slice = max(1, SLICE[self.device] // (self.chains * n))
        self.rng = np.random.default_rng(seed)
        self.done = 0

    def run(self) -> Limit | None:
        """The limit that was reached; None if the best is proved."""
        steps = self.params.steps
        while True:
            if self._round(self._schedule(steps)):
                return self.known.recorder.limit(self.done)
            steps *= 2

    def _schedule(self, steps: int) -> Schedule:
        task, params = self.task, self.params
        hot, cold = params.hot or task.hot, params.cold or task.cold
        seed = int(self.rng.integers(2**32))
        rank = params.rank or task.rank
        hot, cold = max(hot, cold) * task.scale, cold * task.scale
        return Schedule(steps, rank, hot, cold, seed)

    def _round(self, schedule: Schedule) -> bool:
        """One anneal of every chain; True once the solve is over."""
        start = self.task.start(self.chains, self.rng)
        walks = chains(self.task.couplings, start, device=self.device, threads=self.threads)
        first, told, over = 0, -np.inf, False
        while first < schedule.steps and not over:
            last = min(schedule.steps, first + self.slice)
            if self.known.recorder.budget.iterations is not None:
                last = min(last, first + self.known.recorder.budget.iterations - self.done)
            walks.walk(schedule, first, last)
            self.done += last - first
            first = last
            values = walks.best_values
            if values.max() > told:
                told = values.max()
                self._offer(walks, np.flatnonzero(values == told)[:1])
            over = self._over()
        if first == schedule.steps:
            self._offer(walks, np.arange(self.chains))
        return over or self._over()

    def _offer(self, walks: Chains, which: np.ndarray) -> None:
        """Record the best of these chains, repaired."""
        states = self.task.repaired(walks.best(which), self.device)
        self.known.take(self.task.solutions(states[[int(np.argmax(self.task.worth(states)))]])[0])

    def _over(self) -> bool:
        recorder = self.known.recorder
        for event in recorder.budget.incoming():
            self.known.hear(event)
        return recorder.limit(self.done) is not None or recorder.proved()
