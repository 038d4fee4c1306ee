"""SurCo beside rules of thumb, search and exact methods, on table sharding and on routes.

    solverhub bench surrogate --tasks 50

Every budget is one of iterations, so that a busy machine changes the times and no answer; every
answer is judged.  Seeds begin at a million, where those of training end.
"""

from __future__ import annotations

import math
import os
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.problem import Parsed
from solverhub.core.result import Reason, Result
from solverhub.problems import judge
from solverhub.problems.generators import generate
from solverhub.problems.sharding_bound import lower_bound

SEED = 1_000_000
TABLES = (10, 20, 30, 40, 50, 60)
SIDES = (5, 10, 15, 20, 25, 100)
SLACKS = (1.1, 1.0, 0.9)
STEPS, _ROUNDS, _CHUNKS = 100, 9, 3
SHARDING = {
    "balance-by-dimension": None,
    "greedy": None,
    "surco-prior": None,
    "surco-zero": STEPS,
    "surco-hybrid": STEPS,
    "sharding-search": _ROUNDS,
    "sharding-branching": _CHUNKS,
}
ROUTES = {
    "least-expected-time": None,
    "mean-plus-deviation": None,
    "surco-prior": None,
    "surco-zero": STEPS,
    "surco-hybrid": STEPS,
    "parametric-paths": None,
}
"""Solvers, and the iterations they get (None: they end by themselves)."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Objective, processor seconds and whether the optimum was proved; nan where not feasible."""

    objective: float
    spent_s: float
    proved: bool


def sharding(tasks: int, sizes: Sequence[int] = TABLES) -> list[list[str]]:
    """Header and a line a number of tables: mean ms of the slowest device."""
    header = ["tables", "feasible", "lower bound", *SHARDING, "proved", "prior, ms", "zero, ms"]
    lines = [header]
    for tables in sizes:
        parsed = [generate("random-tables", SEED + at, tables=tables) for at in range(tasks)]
        runs = {name: [_run(p, name, most) for p in parsed] for name, most in SHARDING.items()}
        met = [not np.isnan(run.objective) for found in runs.values() for run in found]
        means = [fmean(run.objective for run in found) for found in runs.values()]
        proved = sum(run.proved for run in runs["sharding-branching"])
        lines.append(
            [
                str(tables),
                f"{100 * fmean(met):.0f} %",
                f"{fmean(lower_bound(p.instance) for p in parsed):.4f}",
                *(f"{mean:.4f}" for mean in means),
                f"{proved} of {tasks}",
                *(f"{1e3 * _seconds(runs[name]):.1f}" for name in ("surco-prior", "surco-zero")),
            ]
        )
    return lines


def routes(tasks: int, factors: int = 0, sides: Sequence[int] = SIDES) -> list[list[str]]:
    """Header and a line a side: mean P(on time) with loose, normal and tight deadlines.

    The last columns are how many grids the exact method proves, the least share of its value that
    `surco-zero` reaches on a line's mean, and the paired lift of that over mean + deviation / 2.
    """
    names = [name for name in ROUTES if not (factors and name == "parametric-paths")]
    lines = [["grid", *names, "proved", "zero / exact, least", "zero over mean + deviation / 2"]]
    for side in sides:
        means: dict[str, list[float]] = {name: [] for name in names}
        proved = 0
        for slack in SLACKS:
            sizes: dict[str, Any] = {"side": side, "slack": slack}
            sizes |= {"factors": factors, "strength": 0.5} if factors else {}
            parsed = [generate("route-grid", SEED + at, **sizes) for at in range(tasks)]
            for name in names:
                runs = [_run(p, name, ROUTES[name]) for p in parsed]
                means[name].append(fmean(run.objective for run in runs))
                proved += sum(run.proved for run in runs if name == "parametric-paths")
        zero, rule = np.array(means["surco-zero"]), np.array(means["mean-plus-deviation"])
        exact = means.get("parametric-paths")
        lines.append(
            [
                f"{side}x{side}",
                *(" / ".join(f"{mean:.4f}"[1:] for mean in means[name]) for name in names),
                "" if exact is None else f"{proved} of {tasks * len(SLACKS)}",
                "" if exact is None else f"{100 * (zero / np.array(exact)).min():.2f} %",
                " / ".join(f"{100 * lift:.1f}" for lift in zero / rule - 1) + " %",
            ]
        )
    return lines


def batches(tasks: int = 32, steps: int = 300, rounds: int = 3) -> list[list[str]]:
    """Header and a line: seconds of many searches by one worker and by two, solves a step.

    The least wall time of some rounds, in which one and two workers take turns: other work on the
    cores makes it longer, never shorter.  The ratio by processor time is what idle cores that
    share the work evenly would give.  The load is that of the minute before.
    """
    from solverhub.learned.surco_sharding import slowest
    from solverhub.surrogate import Placements, minimise_each
    from solverhub.surrogate.batch import Task

    given: list[Task] = []
    for at in range(tasks):
        instance = generate("random-tables", SEED + at, tables=40).instance
        given.append((slowest(instance), Placements(instance)))
    minimise_each(given[:1], workers=1, iterations=2)
    load = os.getloadavg()[0]
    walls = {1: math.inf, 2: math.inf}
    spent = {1: math.inf, 2: math.inf}
    outcomes = []
    for _ in range(rounds):
        for workers in walls:
            started, before_s = time.perf_counter(), _processor_s()
            outcomes = minimise_each(given, workers=workers, iterations=steps, idle=steps)
            walls[workers] = min(walls[workers], time.perf_counter() - started)
            spent[workers] = min(spent[workers], _processor_s() - before_s)
    solves = sum(o.solves for o in outcomes) / sum(o.steps for o in outcomes)
    header = ["instances", "one worker", "two workers", "ratio", "ratio by processor time"]
    return [
        [*header, "solves a step", "load before"],
        [
            str(tasks),
            *(f"{wall:.2f} s" for wall in walls.values()),
            f"{walls[1] / walls[2]:.2f}",
            f"{2 * spent[1] / spent[2]:.2f}",
            f"{solves:.2f}",
            f"{load:.1f}",
        ],
    ]


def _processor_s() -> float:
    """Processor seconds of this process and of the ones it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _seconds(runs: Sequence[_Run]) -> float:
    """Median processor seconds of a run."""
    return float(np.median([run.spent_s for run in runs]))


def _run(parsed: Parsed, name: str, iterations: int | None) -> _Run:
    solver = catalog.solver(parsed.problem.name, name)
    budget = Budget.start(None, iterations=iterations, threads=1, deterministic=True)
    started = time.process_time()
    result: Result = solver.solve(parsed.instance, budget, params=solver.Params(), seed=0)
    spent_s = time.process_time() - started
    checked = judge.verify(result, parsed)
    good = checked.verified and checked.objective is not None
    objective = float(checked.objective) if good else float("nan")  # type: ignore[arg-type]
    return _Run(objective, spent_s, checked.termination.reason is Reason.OPTIMAL)
