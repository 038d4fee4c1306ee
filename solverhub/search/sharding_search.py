"""Local search for table sharding: annealing from the greedy placement, again from the best.

One iteration of the budget is a round of annealing; rounds begin hot from the greedy placement and
cooler from the best placement in turns.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.sharding_bound import lower_bound
from solverhub.problems.sharding_instance import ShardingInstance
from solverhub.search.sharding_heuristics import first_placement

_HOT, _WARM, _COLD = 0.05, 0.01, 1e-6
_LEAST_TRIALS, _MOST_TRIALS, _PER_TABLE = 2_000, 200_000, 1_000


class ShardingSearchSolver:
    """Annealing of moves and swaps."""

    name: ClassVar[str] = "sharding-search"
    title: ClassVar[str] = "Annealing of moves and swaps of tables"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Import the kernels."""
        import solverhub.search.sharding_kernels  # noqa: F401

    def solve(
        self,
        instance: ShardingInstance,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        recorder = Recorder(budget, Sense.MINIMISE, observe)
        if warm_start is not None:
            self._take(instance, recorder, warm_start)
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        if self.problem.check_infeasible(instance, None):
            return recorder.finish(None, reason=Reason.INFEASIBLE)
        start = recorder.solution if recorder.solution is not None else first_placement(instance)
        if start is None:
            return recorder.finish(None)
        self._take(instance, recorder, start)
        recorder.bound(lower_bound(instance))
        rounds = 0
        rng = np.random.default_rng(seed)
        while recorder.limit(rounds) is None and not recorder.proved():
            hot = rounds % 3 == 0
            known = start if hot or recorder.solution is None else recorder.solution
            found = anneal_round(instance, known, rng, hot=hot)
            recorder.incumbent(self.problem.objective(instance, found), found)
            rounds += 1
            for event in budget.incoming():
                if event.kind is EventKind.BOUND and event.bound is not None:
                    recorder.bound(event.bound)
                elif event.solution is not None:
                    self._take(instance, recorder, event.solution)
        return recorder.finish(recorder.limit(rounds))

    def _take(self, instance: ShardingInstance, recorder: Recorder, solution: np.ndarray) -> None:
        if not self.problem.violations(instance, solution):
            recorder.incumbent(self.problem.objective(instance, solution), solution)


def anneal_round(
    instance: ShardingInstance, start: np.ndarray, rng: np.random.Generator, *, hot: bool = True
) -> np.ndarray:
    """int64 (n,): the best placement of one annealing from `start`, which has the memory."""
    from solverhub.search.sharding_kernels import anneal

    best = start.copy()
    anneal(
        instance.loads,
        instance.bytes.astype(np.float64),
        instance.model.constants,
        float(instance.memory_bytes),
        start.copy(),
        best,
        instance.devices,
        min(_MOST_TRIALS, max(_LEAST_TRIALS, _PER_TABLE * instance.n)),
        _HOT if hot else _WARM,
        _COLD,
        int(rng.integers(2**31)),
    )
    return best
