"""Mean primal gap over time, and incumbent, bound and gap on one instance, by solver."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from solverhub.bench import metrics
from solverhub.bench.tables import Scored
from solverhub.core.result import relative_gap

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


def progress(runs: Sequence[Scored], path: Path, title: str) -> None:
    """Incumbents (solid) and bounds (dashed) above, the gap between them below."""
    from matplotlib.figure import Figure

    horizon_s = max(float(run.row["time_limit_s"]) for run in runs)
    figure = Figure(figsize=(7, 6.4), layout="constrained")
    values, gaps = figure.subplots(2, 1, sharex=True)
    for number, run in enumerate(runs):
        colour, trace = f"C{number % 10}", run.row["trace"]
        for column, style in ((1, "-"), (2, "--")):
            steps = [(step[0], step[column]) for step in trace if step[column] is not None]
            if steps:
                steps.append((horizon_s, steps[-1][1]))
                label = run.solver if column == 1 else None
                values.step(*zip(*steps, strict=True), style, where="post", c=colour, label=label)
        closed = [(step[0], relative_gap(step[1], step[2])) for step in trace]
        known = [(at, 100 * gap) for at, gap in closed if gap is not None]
        if known:
            known.append((horizon_s, known[-1][1]))
            gaps.step(*zip(*known, strict=True), where="post", c=colour)
    found = [float(run.objective) for run in runs if run.objective is not None]
    if found:
        # Trivial first bounds are far from all that matters.
        low, high = min(found), max(found)
        room = max(high - low, 0.05 * abs(high), 1e-9)
        values.set_ylim(low - room, high + room)
        values.legend(fontsize="small")
    values.set(title=title, ylabel="objective and bound", xscale="log")
    gaps.set(xlabel="seconds", ylabel="gap, %", yscale="symlog")
    for axes in (values, gaps):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)


def _curve(run: Scored, seconds: np.ndarray) -> np.ndarray:
    if run.reference is None:
        return np.full(len(seconds), run.gap)
    times = [wall_s for wall_s, _, _ in run.row["trace"]]
    gaps = [1.0, *(metrics.primal_gap(found, run.reference) for _, found, _ in run.row["trace"])]
    return np.asarray(gaps)[np.searchsorted(times, seconds, side="right")]
