"""Job shop as a model of CP-SAT: intervals that do not overlap on a machine.

Start variables lie between the work before the operation in its job and the horizon less the
work from it on; the horizon is the makespan of a quick dispatch, or of the warm start, and the
floor of the makespan is the bound of `problems.job_shop_bound`.
"""

from __future__ import annotations

import numpy as np

from solverhub.engines.cp_sat import Model
from solverhub.exact.cp_sat_drive import Encoding
from solverhub.problems.job_shop import ShopInstance


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
