"""`minimise_each`: many searches side by side on the cores, a process for each core."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Sequence
from typing import Any

import torch

from solverhub.core.budget import available_threads
from solverhub.core.errors import InvalidParams
from solverhub.learned.devices import threads
from solverhub.learned.surco import Objective
from solverhub.surrogate.feasible_sets import FeasibleSet
from solverhub.surrogate.minimise import Outcome, minimise

Task = tuple[Objective, FeasibleSet]

_given: tuple[Sequence[Task], dict[str, Any]] | None = None
"""What forked workers inherit: objectives are closures, which cannot be sent."""


def minimise_each(
    tasks: Sequence[Task], *, workers: int | None = None, **options: Any
) -> list[Outcome]:
    """The outcome of `minimise(objective, feasible_set, **options)` for each task, in order.

    Task i has the seed `seed + i`, so that with `iterations` and `time_limit=None` the answers do
    not depend on `workers`, by default a worker for each core.  Workers are forked; where that is
    not safe (other Python threads run, a GPU is in use) the tasks run one after another.  An error
    of a task is raised.
    """
    count = available_threads() if workers is None else workers
    if count < 1:
        raise InvalidParams(f"workers is {workers}", remedy="give 1 or more")
    alone = count == 1 or len(tasks) < 2 or threading.active_count() > 1
    global _given
    _given = (tasks, options)
    try:
        if alone or torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            with threads(1):
                return [_run(at) for at in range(len(tasks))]
        fork = multiprocessing.get_context("fork")
        with fork.Pool(min(count, len(tasks)), torch.set_num_threads, (1,)) as pool:
            return pool.map(_run, range(len(tasks)), chunksize=1)
    finally:
        _given = None


def _run(at: int) -> Outcome:
    assert _given is not None
    tasks, options = _given
    return minimise(*tasks[at], **{**options, "seed": options.get("seed", 0) + at})
