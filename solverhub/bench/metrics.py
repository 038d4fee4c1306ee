"""Figures of merit of runs, and what they say about two solvers.

- primal gap after Berthold (2013, "Measuring the impact of primal heuristics", Operations
  Research Letters 41(6), doi:10.1016/j.orl.2013.08.007): 0 at the reference, 1 without a
  solution or across zero, else |reference - objective| / max(|reference|, |objective|);
- primal integral: the integral of that gap over the seconds of the run;
- intervals by the percentile bootstrap, paired tests by Wilcoxon's signed ranks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from solverhub.core.result import Number

Steps = Sequence[tuple[float, Number | None]]
"""(seconds, best objective from then on), in order of time."""


def primal_gap(objective: Number | None, reference: Number) -> float:
    """Between 0 and 1."""
    if objective is None:
        return 1.0
    value, best = float(objective), float(reference)
    if value == best:
        return 0.0
    if value * best < 0:
        return 1.0
    return min(1.0, abs(best - value) / max(abs(best), abs(value)))


def primal_integral(steps: Steps, reference: Number, horizon_s: float) -> float:
    """Seconds: 0 for the reference at once, `horizon_s` for no solution at all."""
    total, since, gap = 0.0, 0.0, 1.0
    for wall_s, objective in steps:
        now = min(wall_s, horizon_s)
        total += gap * (now - since)
        since, gap = now, primal_gap(objective, reference)
    return total + gap * (horizon_s - since)


def time_to_best(steps: Steps) -> float | None:
    """Seconds at which the last objective was found, None without one."""
    found = [(wall_s, objective) for wall_s, objective in steps if objective is not None]
    if not found:
        return None
    final = found[-1][1]
    return next(wall_s for wall_s, objective in found if objective == final)


def bootstrap_interval(
    values: Sequence[float], *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Interval of the mean by the percentile bootstrap."""
    sample = np.asarray(values, float)
    rng = np.random.default_rng(seed)
    means = rng.choice(sample, (draws, len(sample))).mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_p_value(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Two-sided Wilcoxon signed-rank p-value; None where nothing differs."""
    difference = np.asarray(left, float) - np.asarray(right, float)
    if not np.any(difference):
        return None
    return float(stats.wilcoxon(difference, zero_method="pratt").pvalue)
