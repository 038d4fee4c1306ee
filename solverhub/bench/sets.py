"""Runs of a suite by set of generated instances, each against its stored reference.

The ratio of a run is its objective over the reference, below 1 for a maximum that falls short
and above 1 for a minimum; a run without a solution counts with 0, or with 2 for a minimum.  A
figure "at" an instant has the best that the trace has told by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from solverhub.bench import metrics
from solverhub.bench.runner import Row
from solverhub.bench.suites import Case, Generated
from solverhub.core.result import Sense

HEADER = ("set", "solver", "graphs", "mean objective", "ratio", "at the reference")
NOTHING = {Sense.MAXIMISE: 0.0, Sense.MINIMISE: 2.0}
"""Ratio of a run without a solution."""


def by_set(cases: Sequence[Case], rows: Sequence[Row]) -> list[list[str]]:
    """Header and one line a set and solver; sets without references are left out."""
    lines = [[*HEADER, "ratio early", "at it early", "time to best"]]
    sources = {
        (case.parsed.problem.name, case.parsed.name): case.source
        for case in cases
        if case.source is not None and case.source.reading_s is not None
    }
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        source = sources.get((row["problem"], row["instance"]))
        if source is not None and row["best_known"] not in ("", None):
            groups.setdefault((source.name, row["solver"]), []).append(row)
    named = {source.name: source for source in sources.values() if source is not None}
    order = list(named)
    for (name, solver), own in sorted(groups.items(), key=lambda item: order.index(item[0][0])):
        lines.append([name, solver, *_figures(named[name], own)])
    return lines


def _figures(source: Generated, rows: Sequence[Row]) -> list[str]:
    end_s = max(float(row["time_limit_s"]) for row in rows)
    early_s = min(source.reading_s or end_s, end_s)
    late, early = ([_ratio(row, at) for row in rows] for at in (float("inf"), early_s))
    found = [float(row["objective"]) for row in rows if row["objective"] not in ("", None)]
    times = [metrics.time_to_best([step[:2] for step in row["trace"]]) for row in rows]
    known = [at for at in times if at is not None]
    return [
        str(len({row["digest"] for row in rows})),
        f"{fmean(found):.2f}" if len(found) == len(rows) else "-",
        f"{fmean(late):.4f}",
        f"{_share(rows, late):.0%}",
        f"{fmean(early):.4f} at {early_s:g} s",
        f"{_share(rows, early):.0%}",
        f"{fmean(known):.3f} s" if known else "-",
    ]


def _ratio(row: Row, at_s: float) -> float:
    sense, reference = Sense(row["sense"]), float(row["best_known"])
    told = [value for wall_s, value, _ in row["trace"] if wall_s <= at_s and value is not None]
    if not told:
        return NOTHING[sense]
    return 1.0 if told[-1] == reference else float(told[-1]) / reference


def _share(rows: Sequence[Row], ratios: Sequence[float]) -> float:
    """Share of the runs that are at the reference, or beyond it."""
    reached = 0
    for row, ratio in zip(rows, ratios, strict=True):
        reached += not Sense(row["sense"]).better(1.0, ratio)
    return reached / len(rows)
