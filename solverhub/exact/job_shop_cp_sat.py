"""Job shop by CP-SAT: one interval an operation, no overlap on a machine, minimise the makespan.

Start variables lie between the work before the operation in its job and the horizon less the
work from it on; the horizon is the makespan of a quick dispatch, or of the warm start, and the
floor of the makespan is the bound of `problems.job_shop_bound`.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.engines.cp_sat import Model
from solverhub.exact.cp_sat_drive import CpSatParams, Encoding, drive
from solverhub.exact.job_shop_start import dispatch
from solverhub.exact.warm_start import begin
from solverhub.problems.job_shop import ShopInstance
from solverhub.problems.job_shop_bound import lower_bound


class JobShopCpSatSolver:
    """CP-SAT with interval variables."""

    name: ClassVar[str] = "cp-sat"
    title: ClassVar[str] = "CP-SAT (OR-Tools) on intervals"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("ortools",)
    Params: ClassVar[type[CpSatParams]] = CpSatParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: ShopInstance,
        budget: Budget,
        *,
        params: CpSatParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve` and `cp_sat_drive`."""
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=True)
        begin(self.problem, instance, recorder, warm_start, lambda: dispatch(instance))
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        floor = lower_bound(instance)
        recorder.bound(floor)
        horizon = int(instance.duration.sum() if recorder.objective is None else recorder.objective)
        encoding = encode(instance, horizon, floor)
        return drive(self.problem, instance, encoding, recorder, params=params, seed=seed)


def encode(shop: ShopInstance, horizon: int, floor: int) -> Encoding:
    """The model of all schedules whose makespan is between `floor` and `horizon`."""
    n, model = shop.n_operations, Model()
    ends = np.cumsum(shop.duration)
    before = np.concatenate([[0], ends])[shop.indptr]
    head = ends - shop.duration - before[:-1][shop.job]
    tail = before[1:][shop.job] - ends
    latest = horizon - shop.duration - tail
    model.integers(head.tolist(), latest.tolist())
    makespan = model.integers([floor], [horizon])
    intervals = model.intervals(range(n), shop.duration.tolist())
    _add_sequences(model, shop)
    _add_ends(model, shop, makespan)
    by_machine = np.argsort(shop.machine, kind="stable")
    counts = np.bincount(shop.machine, minlength=shop.n_machines)
    model.no_overlap(np.concatenate([[0], np.cumsum(counts)]), by_machine + intervals)
    model.minimise([makespan], [1])

    def lower(start: np.ndarray) -> np.ndarray | None:
        end = int((start + shop.duration).max())
        return np.append(start, max(end, floor)) if end <= horizon else None

    return Encoding(model=model, lift=lambda point: point[:n].copy(), lower=lower, bound=int)


def _add_sequences(model: Model, shop: ShopInstance) -> None:
    """An operation starts once its predecessor in the job has ended."""
    second = np.flatnonzero(shop.job[1:] == shop.job[:-1]) + 1
    pairs = np.stack([second, second - 1], axis=1).ravel()
    signs = np.tile([1, -1], len(second))
    lower = shop.duration[second - 1].tolist()
    model.linear(np.arange(len(second) + 1) * 2, pairs, signs, lower, [None] * len(second))


def _add_ends(model: Model, shop: ShopInstance, makespan: int) -> None:
    last = shop.indptr[1:][np.diff(shop.indptr) > 0] - 1
    pairs = np.stack([np.full(len(last), makespan), last], axis=1).ravel()
    signs = np.tile([1, -1], len(last))
    lower = shop.duration[last].tolist()
    model.linear(np.arange(len(last) + 1) * 2, pairs, signs, lower, [None] * len(last))
