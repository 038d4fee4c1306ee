"""How many steps of Langevin chains a second `solverhub.ops.langevin` and its repair take.

200 chains on one RB graph, small and large, as `langevin` walks them: 500 steps of the schedule of
its first rounds for an independent set (dense form) and for the same graph in lists.  The CPU runs
one thread and is timed by what it spends; a GPU, where there is one, by the clock on the wall.  Its
share of the copy rate counts ten bytes a variable and step (field and side, read and
written), which stay in shared memory: it says how far that beats moving them.  Kernels are
compiled before the clock starts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from solverhub.core.errors import MissingDependency
from solverhub.ops.langevin import Couplings, Schedule, chains
from solverhub.ops.set_repair import repair
from solverhub.problems.generators.graph import rb_large, rb_small
from solverhub.problems.graph import Graph
from solverhub.search.independent_set_task import IndependentSetTask
from solverhub.search.langevin_task import SetTask

_K, _STEPS, _ROUNDS = 200, 500, 5
_SEED = 1_000_000
_BYTES = 10  # a variable and step
HEADER = ["graph", "form", "device", "chain steps a second", "range", "times one core", "share"]


def measure() -> list[list[str]]:
    """Header and one line a graph, form and device; then the repairs a second."""
    lines = [HEADER]
    for make in (rb_small, rb_large):
        graph = make(seed=_SEED)
        task = SetTask(IndependentSetTask(graph.n, np.arange(graph.n), graph), clique=False)
        dense = task.couplings
        lists = replace(dense, dense=np.zeros((0, 0), np.float32))
        schedule = Schedule(_STEPS, task.rank, task.hot, task.cold, 0)
        for form, q in (("dense", dense), ("lists", lists)):
            lines += _lines(f"{make.__name__}, n {graph.n}", form, _walks(q, schedule), q.n)
        lines += _lines(f"{make.__name__}, n {graph.n}", "repair", _repairs(graph), None)
    return lines


Timed = dict[str, tuple[Callable[[], float], int]]
"""By device: seconds of one run, and what it counts."""


def _walks(q: Couplings, schedule: Schedule) -> Timed:
    def run(device: str, clock: Callable[[], float]) -> float:
        walks = chains(q, np.zeros((_K, q.n), np.int8), device=device)
        start = clock()
        walks.walk(schedule, 0, _STEPS)
        return clock() - start

    return _on_both(run, _K * _STEPS)


def _repairs(graph: Graph) -> Timed:
    rng = np.random.default_rng(0)
    x = (rng.random((_K, graph.n)) < 0.1).astype(np.int8)
    order = rng.permutation(graph.n)

    def run(device: str, clock: Callable[[], float]) -> float:
        start = clock()
        found: Any = repair(graph.indptr, graph.indices, order, x, device=device)
        if device == "cuda":
            found.get()
        return clock() - start

    return _on_both(run, _K)


def _on_both(run: Callable[[str, Callable[[], float]], float], count: int) -> Timed:
    from solverhub.ops import cuda

    forms: Timed = {"CPU, 1 thread": (lambda: run("cpu", time.thread_time), count)}
    try:
        cuda.cupy()
    except MissingDependency:
        return forms
    forms["GPU"] = (lambda: run("cuda", time.perf_counter), count)
    return forms


def _lines(graph: str, form: str, timed: Timed, n: int | None) -> list[list[str]]:
    lines, one_core = [], 0.0
    for device, (run, count) in timed.items():
        run()
        rates = [count / run() for _ in range(_ROUNDS)]
        middle = statistics.median(rates)
        one_core = one_core or middle
        share = ""
        if device == "GPU" and n is not None:
            from solverhub.bench.schedules import copy_rate

            copy = copy_rate()
            share = f"{100 * middle * _BYTES * n / copy:.1f} % of {copy / 1e9:,.0f} GB/s"
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        lines.append(
            [graph, form, device, f"{middle:,.0f}", spread, f"{middle / one_core:.1f}", share]
        )
    return lines
