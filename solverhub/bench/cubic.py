"""Cubic correlation clustering on the two kinds of random instances, many seeds each, one thread.

Seconds are those of the processor, in limits too, so that other work on the machine does not count.

- fixed: share of the pairs that partial optimality decides, by the conditions of the paper
  (arXiv:2302.04694, as `reductions.kernel_cubic` has them: least cuts, no messages) and with
  messages; medians, and seconds of the latter.
- proved: by `cubic-branch-and-bound` within the limit, among them by bounds that the judge
  recomputes; seconds of the median and of the slowest proof.
- gap: of `cubic-search` after `_SEARCH` iterations to the best known, mean; how often it is 0.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Reason, Result
from solverhub.problems.generators import generate
from solverhub.problems.judge import verify
from solverhub.reductions.kernel_cubic import Part, reduce_cubic

_NAME = "cubic-correlation-clustering"
_SEARCH = 1000
_LIMIT_S = 5.0
_ALPHAS, _BETAS = (0.3, 0.5, 0.6, 0.7, 0.75), (0.0, 0.5, 1.0)
_SIGMAS = (0.005, 0.01, 0.02, 0.04)
CLASSES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    *(("planted-triples", {"alpha": a, "beta": b}) for a in _ALPHAS for b in _BETAS),
    *(("equilateral-triangles", {"sigma": s}) for s in _SIGMAS),
)
HEADER = [
    "instances",
    "fixed, paper's tests",
    "fixed, with messages",
    "s",
    "proved",
    "recomputed",
    "median s",
    "most s",
    "search gap, %",
    "search best",
]


@dataclass(frozen=True, slots=True)
class Found:
    """What one instance gave."""

    plain: float
    share: float
    reduce_s: float
    exact: Result
    exact_s: float
    search: Result


def measure() -> list[list[str]]:
    """Header and one line a class, 30 seeds each."""
    return table(CLASSES, range(30))


def table(
    classes: Sequence[tuple[str, Mapping[str, Any]]], seeds: Sequence[int]
) -> list[list[str]]:
    """Header and one line for each of these classes."""
    _examine(generate("planted-triples", 0, n=1))  # compiles what is not cached
    lines = [HEADER]
    for generator, sizes in classes:
        found = [_examine(generate(generator, seed, **sizes)) for seed in seeds]
        lines.append([_title(generator, sizes), *_line(found)])
    return lines


def _examine(parsed: Parsed) -> Found:
    exact, exact_s = _solve("cubic-branch-and-bound", parsed, None)
    search, _ = _solve("cubic-search", parsed, _SEARCH)

    def suggest(part: Part) -> np.ndarray:
        return part.of(np.asarray(search.solution))

    plain = reduce_cubic(parsed.instance, suggest, messages=False)
    began = time.process_time()
    kernel = reduce_cubic(parsed.instance, suggest)
    reduce_s = time.process_time() - began
    return Found(plain.share, kernel.share, reduce_s, exact, exact_s, search)


def _solve(name: str, parsed: Parsed, iterations: int | None) -> tuple[Result, float]:
    """The judged result, and seconds."""
    solver, began = catalog.solver(_NAME, name), time.process_time()
    budget = Budget.start(
        iterations=iterations, threads=1, deterministic=True, cancel=_After(began + _LIMIT_S)
    )
    result = solver.solve(parsed.instance, budget, params=solver.Params(), seed=0)
    return verify(result, parsed), time.process_time() - began


@dataclass(frozen=True, slots=True)
class _After:
    """Set once the process has used the processor for so long."""

    end_s: float

    def is_set(self) -> bool:
        return time.process_time() > self.end_s


def _line(found: Sequence[Found]) -> list[str]:
    proved = [each for each in found if each.exact.termination.reason is Reason.OPTIMAL]
    sure = sum(each.exact.bound_check is BoundCheck.RECOMPUTED for each in proved)
    spent = [each.exact_s for each in proved] or [np.nan]
    gaps = np.array([_gap(each) for each in found])
    return [
        f"{np.median([each.plain for each in found]):.1%}",
        f"{np.median([each.share for each in found]):.1%}",
        f"{np.median([each.reduce_s for each in found]):.3f}",
        f"{len(proved)} of {len(found)}",
        str(sure),
        f"{np.median(spent):.3f}",
        f"{max(spent):.3f}",
        f"{gaps.mean():.3f}",
        f"{np.count_nonzero(gaps <= 0)} of {len(found)}",
    ]


def _gap(each: Found) -> float:
    """Of the search to the better of both, in %."""
    values = [float(result.objective or 0) for result in (each.search, each.exact)]
    return 100 * (values[0] - min(values)) / max(1.0, abs(min(values)))


def _title(generator: str, sizes: Mapping[str, Any]) -> str:
    return " ".join([generator, *(f"{name}={value:g}" for name, value in sizes.items())])
