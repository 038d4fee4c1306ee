"""What the shipped GFlowNets reach on the frozen graphs, and what search reaches meanwhile.

    solverhub bench gflownet

For each family 20 walks a graph by the model as it is shipped, one thread: the mean of all walks,
the best of 20, the family's search in as many seconds as these took, and the search for 50 ms
from the best walk.  Figures are means of objective over the stored reference; where none is
stored, the search makes one in a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from solverhub import catalog
from solverhub.bench import references
from solverhub.bench.suites import FROZEN
from solverhub.core.budget import Budget
from solverhub.core.problem import Parsed
from solverhub.learned import gflownet_rules as rules
from solverhub.learned import gflownet_weights
from solverhub.learned.devices import threads
from solverhub.learned.gflownet_rollout import finish
from solverhub.learned.gflownet_states import Graphs, States
from solverhub.problems.generators import generate

GENERATORS = {
    "maximum-independent-set": ("rb-small", "vertex-cover-search", ">= 0.955"),
    "maximum-clique": ("rb-small", "vertex-cover-search", ">= 0.855"),
    "minimum-dominating-set": ("ba-small", "dominating-set-search", "<= 1.03"),
    "max-cut": ("ba-small", "max-cut-search", ">= 0.96"),
}
"""Family to the distribution of its frozen graphs, its search and the target of best of 20."""
HEADER = [
    "family", "graphs", "mean walk", "best of 20", "target", "20 walks",
    "search in that time", "search 50 ms from the best",
]  # fmt: skip
_WALKS, _POLISH_S, _REFERENCE_S = 20, 0.05, 1.0


@dataclass(frozen=True, slots=True)
class _Figures:
    """Of one graph: objectives over the reference, and seconds."""

    mean: float
    best: float
    spent_s: float
    search: float
    polished: float


def measure() -> list[list[str]]:
    """Header and one line a family."""
    lines = [HEADER]
    for problem, (generator, search, target) in GENERATORS.items():
        found = list(_figures(problem, generator, search))
        cells = [fmean(each) for each in zip(*map(_row, found), strict=True)]
        ratios = [f"{value:.4f}" for value in cells]
        lines.append(
            [problem, str(len(found)), *ratios[:2], target, f"{1e3 * cells[2]:.0f} ms", *ratios[3:]]
        )
    return lines


def _row(figures: _Figures) -> tuple[float, ...]:
    return figures.mean, figures.best, figures.spent_s, figures.search, figures.polished


def _figures(problem: str, generator: str, search: str) -> Iterator[_Figures]:
    known = references.load()
    for seed in FROZEN:
        parsed = generate(generator, seed, problem=problem)
        if seed == FROZEN[0]:
            _walk(parsed, seed)
            _search(parsed, search, _POLISH_S)
        rewards, best, spent_s = _walk(parsed, seed)
        searched = _search(parsed, search, spent_s)
        polished = _search(parsed, search, _POLISH_S, best)
        stored = references.best(known, parsed, generator, seed)
        reference = _search(parsed, search, _REFERENCE_S) if stored is None else stored
        objectives = np.abs(rewards)
        top = objectives.min() if problem == "minimum-dominating-set" else objectives.max()
        yield _Figures(
            float(objectives.mean()) / reference,
            float(top) / reference,
            spent_s,
            searched / reference,
            polished / reference,
        )


def _walk(parsed: Parsed, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Rewards of the walks, the best solution, and seconds."""
    problem, graph = parsed.problem, parsed.instance
    model = gflownet_weights.load(None, problem.name)
    started = time.perf_counter()
    states = States(rules.CODES[problem.name], Graphs.of([graph]), np.zeros(_WALKS, np.int64))
    with threads(1):
        finish(model.network, states, np.random.default_rng(seed), model.sampling)
    rewards = states.rewards()
    spent_s = time.perf_counter() - started
    dtype, _ = problem.solution_form(graph)
    return rewards, states.solution(int(rewards.argmax())).astype(dtype), spent_s


def _search(parsed: Parsed, name: str, time_s: float, start: np.ndarray | None = None) -> float:
    """Objective of the family's search on one thread, nan without a solution."""
    solver = catalog.solver(parsed.problem.name, name)
    budget = Budget.start(time_s, threads=1)
    params = solver.Params()
    result = solver.solve(parsed.instance, budget, params=params, seed=0, warm_start=start)
    return float("nan") if result.objective is None else float(result.objective)
