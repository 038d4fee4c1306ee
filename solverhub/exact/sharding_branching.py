"""Branch and bound for table sharding: tables in falling order of their cost, device by device.

A node is pruned where one of its devices is as slow as the best placement, where the memory left
is short, or where the tables left need more time than the devices have below the best: a table
adds at least its link time, its work times the least slope that the idle term has within the best
time, and its repeats times the slope of the missed reads so far.  Devices are equal, so that a
table goes to one empty device at most.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numba import njit

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.incoming import adopt
from solverhub.exact.warm_start import begin
from solverhub.problems.sharding_bound import lower_bound
from solverhub.problems.sharding_instance import ShardingInstance
from solverhub.search.sharding_heuristics import first_placement
from solverhub.search.sharding_kernels import fused
from solverhub.search.sharding_search import anneal_round

_CHUNK = 100_000
"""Nodes between two looks at the budget: some milliseconds."""
_ROUNDS = 10
_SLACK = 1e-9


class ShardingBranchingSolver:
    """Depth-first branch and bound from a searched start; an iteration is 100,000 nodes."""

    name: ClassVar[str] = "sharding-branching"
    title: ClassVar[str] = "Branch and bound over the devices of tables"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

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
        begin(self.problem, instance, recorder, warm_start)
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        if self.problem.check_infeasible(instance, None):
            return recorder.finish(None, reason=Reason.INFEASIBLE)
        floor = lower_bound(instance)
        recorder.bound(floor)
        start = recorder.solution if recorder.solution is not None else first_placement(instance)
        if start is not None:
            rng = np.random.default_rng(seed)
            for _ in range(_ROUNDS):
                found = anneal_round(instance, start, rng)
                recorder.incumbent(self.problem.objective(instance, found), found)
        return self._branch(instance, recorder)

    def _branch(self, instance: ShardingInstance, recorder: Recorder) -> Result:
        tree = Tree(instance)
        chunks, done = 0, False
        while recorder.limit(chunks) is None and not recorder.proved() and not done:
            known = np.inf if recorder.objective is None else float(recorder.objective)
            done = tree.advance(known * (1 - recorder.budget.gap / 2))
            if tree.found:
                solution = tree.solution()
                recorder.incumbent(self.problem.objective(instance, solution), solution)
            chunks += 1
            for event in recorder.budget.incoming():
                adopt(self.problem, instance, recorder, event)
        if done and recorder.objective is not None:
            recorder.bound(float(recorder.objective) * (1 - recorder.budget.gap / 2))
        return recorder.finish(recorder.limit(chunks))


class Tree:
    """A depth-first search that can be left and taken up again."""

    def __init__(self, instance: ShardingInstance) -> None:
        self.instance = instance
        model, loads = instance.model, instance.loads
        spread = (loads.sum(axis=0) / instance.devices)[1]
        steep = spread * (spread + 2 * model.cache_ms) / (spread + model.cache_ms) ** 2
        self.order = np.argsort(-(loads @ [1.0, steep, 1.0]), kind="stable")
        self.loads = np.ascontiguousarray(loads[self.order])
        self.sizes = instance.bytes[self.order].astype(np.float64)
        n, k = instance.n, instance.devices
        # rows of sums: one state a depth, so that going back leaves no rounding
        self.sums = np.zeros((n + 1, k, 3))
        self.free = np.full((n + 1, k), float(instance.memory_bytes))
        self.turn = np.zeros(n + 1, np.int64)
        self.at, self.chosen = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.depth = np.zeros(1, np.int64)
        self.found = False

    def advance(self, limit: float) -> bool:
        """Look at some nodes for placements below `limit`; True once the tree is done.

        `found` says whether there was one; the search goes on below the best found.
        """
        done, self.found = _advance(
            self.loads,
            self.sizes,
            self.instance.model.constants,
            self.sums,
            self.free,
            self.turn,
            self.at,
            self.chosen,
            self.depth,
            limit,
            _CHUNK,
        )
        return bool(done)

    def solution(self) -> np.ndarray:
        """int64 (n,): the best placement found."""
        device = np.empty_like(self.chosen)
        device[self.order] = self.chosen
        return device


@njit(cache=True)
def _most_work(limit: float, constants: np.ndarray) -> float:
    low, high = 0.0, max(0.0, limit)
    for _ in range(60):
        middle = (low + high) / 2
        if fused(middle, 0.0, 0.0, constants) <= limit:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True)
def _hopeless(
    rest: np.ndarray,
    memory: float,
    sums: np.ndarray,
    free: np.ndarray,
    constants: np.ndarray,
    limit: float,
    slope: float,
) -> bool:
    """True if tables with total loads `rest` and `memory` cannot all be placed below `limit`."""
    room, space, steep = 0.0, 0.0, np.inf
    for a in range(len(free)):
        r = sums[a, 1]
        ms = fused(sums[a, 0], r, sums[a, 2], constants)
        room += limit - ms
        space += free[a]
        steep = min(steep, r * (r + 2 * constants[3]) / (r + constants[3]) ** 2)
    needed = rest[0] * slope + rest[1] * steep + rest[2]
    return memory > space or needed > room * (1 + _SLACK) + _SLACK


@njit(cache=True)
def _advance(
    loads: np.ndarray,
    sizes: np.ndarray,
    constants: np.ndarray,
    sums: np.ndarray,
    free: np.ndarray,
    turn: np.ndarray,
    at: np.ndarray,
    chosen: np.ndarray,
    depth_: np.ndarray,
    limit: float,
    nodes: int,
) -> tuple[bool, bool]:
    n, k = len(sizes), free.shape[1]
    rest, memory = np.zeros((n + 1, 3)), np.zeros(n + 1)
    for i in range(n - 1, -1, -1):
        rest[i] = rest[i + 1] + loads[i]
        memory[i] = memory[i + 1] + sizes[i]
    found, depth = False, depth_[0]
    slope = 1 + constants[1] / constants[2] * np.exp(-_most_work(limit, constants) / constants[2])
    for _ in range(nodes):
        if depth < 0:
            break
        if depth == n:
            worst = 0.0
            for a in range(k):
                worst = max(worst, fused(sums[n, a, 0], sums[n, a, 1], sums[n, a, 2], constants))
            if worst < limit:
                limit, found = worst * (1 - _SLACK), True
                chosen[:] = at
                filled = _most_work(limit, constants)
                slope = 1 + constants[1] / constants[2] * np.exp(-filled / constants[2])
            depth -= 1
            continue
        a = turn[depth]
        if a == k or _hopeless(
            rest[depth], memory[depth], sums[depth], free[depth], constants, limit, slope
        ):
            turn[depth] = 0
            depth -= 1
            continue
        turn[depth] += 1
        if free[depth, a] < sizes[depth]:
            continue
        # of devices with equal sums only the first
        same = False
        for b in range(a):
            if (
                sums[depth, b, 0] == sums[depth, a, 0]
                and sums[depth, b, 1] == sums[depth, a, 1]
                and sums[depth, b, 2] == sums[depth, a, 2]
                and free[depth, b] == free[depth, a]
            ):
                same = True
        if same:
            continue
        w = sums[depth, a, 0] + loads[depth, 0]
        r = sums[depth, a, 1] + loads[depth, 1]
        link = sums[depth, a, 2] + loads[depth, 2]
        if fused(w, r, link, constants) >= limit:
            continue
        sums[depth + 1] = sums[depth]
        free[depth + 1] = free[depth]
        sums[depth + 1, a, 0], sums[depth + 1, a, 1], sums[depth + 1, a, 2] = w, r, link
        free[depth + 1, a] -= sizes[depth]
        at[depth] = a
        depth += 1
        turn[depth] = 0
    depth_[0] = depth
    return depth < 0, found
