"""Objectives of the solutions that a sampler returned, as a histogram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from solverhub.core.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS = 30
ALONE = 3
"""Room at either side of the only value."""


def objectives(result: Result) -> list[float]:
    """Of the solution and the feasible ones of the pool; empty if there is no pool."""
    if result.parsed is None or result.solution is None or not result.pool:
        return []
    problem, instance = result.parsed.problem, result.parsed.instance
    return [
        float(problem.objective(instance, solution))
        for solution in (result.solution, *result.pool)
        if not problem.violations(instance, solution)
    ]


def histogram(axes: Axes, values: Sequence[float]) -> None:
    """Draw one bar a value where the values are few integers, else `MOST_BARS` of equal width."""
    from matplotlib.ticker import MaxNLocator

    found = np.asarray(values)
    low, high = found.min(), found.max()
    whole = bool((found == np.round(found)).all())
    if whole and high - low < MOST_BARS:
        edges = np.arange(low - 0.5, high + 1)
    else:
        edges = np.linspace(low, high, MOST_BARS + 1)
    if low == high:
        axes.set_xlim(low - ALONE, high + ALONE)
    axes.hist(found, bins=edges.tolist(), color="#1f4e79", rwidth=0.8)
    axes.set_xlabel("objective")
    axes.set_ylabel(f"of {found.size} solutions")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=axis is axes.yaxis or whole))
    axes.set_axisbelow(True)
    axes.grid(alpha=0.3, axis="y")
