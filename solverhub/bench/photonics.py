"""SurCo beside the pass-through baseline on photonic designs, by simulations.

Every budget is one of simulations, so that a busy machine changes the times and no answer; every
answer is judged.  A step of any method takes one.  The instances are those of `BENCHMARK_SEEDS`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.problem import Parsed
from solverhub.problems import judge
from solverhub.problems.generators import generate
from solverhub.problems.generators.photonic import BENCHMARK_SEEDS

CHALLENGES = ("waveguide-bend", "mode-converter")
METHODS = ("pass-through", "surco-zero", "surco-prior", "surco-hybrid")
SIMULATIONS = (100, 150, 200)
_ONE_SOLVE = "surco-prior"


@dataclass(frozen=True, slots=True)
class _Run:
    misfit: float
    spent_s: float


def photonics(
    tasks: int = 5, sizes: dict[str, Any] | None = None, simulations: Sequence[int] = SIMULATIONS
) -> list[list[str]]:
    """Header and a line a method: solved instances and the median misfit after simulations."""
    lines = [["challenge", "method", *map(str, simulations), "seconds at the last"]]
    for challenge in CHALLENGES:
        parsed = [generate(challenge, seed, **(sizes or {})) for seed in BENCHMARK_SEEDS[:tasks]]
        for name in METHODS:
            cells, seconds = [], 0.0
            for count in simulations:
                runs = [_run(each, name, count) for each in parsed]
                solved = sum(run.misfit == 0 for run in runs)
                seconds = median(run.spent_s for run in runs)
                cells.append(f"{solved} of {tasks}, {median(run.misfit for run in runs):.5f}")
            lines.append([challenge, name, *cells, f"{seconds:.3f}"])
    return lines


def _run(parsed: Parsed, name: str, simulations: int) -> _Run:
    """One run of a method; its processor time."""
    solver = catalog.solver("photonic-design", name)
    count = 1 if name == _ONE_SOLVE else simulations
    budget = Budget.start(None, iterations=count, threads=1)
    before_s = time.process_time()
    result = solver.solve(parsed.instance, budget, params=solver.Params(), seed=0)
    spent_s = time.process_time() - before_s
    checked = judge.verify(result, parsed)
    if not checked.verified or checked.objective is None:
        raise AssertionError(f"{name} gave a wrong answer on {parsed.name}")
    return _Run(float(checked.objective), spent_s)
