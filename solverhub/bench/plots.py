"""Mean primal gap over time, one curve a solver."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from solverhub.bench import metrics
from solverhub.bench.tables import Scored

_POINTS = 400


def gap_over_time(scored: Sequence[Scored], path: Path, title: str) -> None:
    """Draw to a file whose suffix tells the format."""
    from matplotlib.figure import Figure

    horizon_s = max(float(run.row["time_limit_s"]) for run in scored)
    seconds = np.geomspace(horizon_s / 1000, horizon_s, _POINTS)
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for solver in dict.fromkeys(run.solver for run in scored):
        curves = [_curve(run, seconds) for run in scored if run.solver == solver]
        axes.step(seconds, 100 * np.mean(curves, axis=0), where="post", label=solver)
    axes.set(xscale="log", xlabel="seconds", ylabel="mean primal gap, %", title=title)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)


def _curve(run: Scored, seconds: np.ndarray) -> np.ndarray:
    if run.reference is None:
        return np.full(len(seconds), run.gap)
    times = [wall_s for wall_s, _, _ in run.row["trace"]]
    gaps = [1.0, *(metrics.primal_gap(found, run.reference) for _, found, _ in run.row["trace"])]
    return np.asarray(gaps)[np.searchsorted(times, seconds, side="right")]
