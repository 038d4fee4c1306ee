"""Runs of a suite by class of instance: mean excess over the best known, read at several times.

The excess of a run at t seconds is (objective - best known) / best known, with the best
objective that its trace has told by then; negative if it beats what was known.  Where there are
several seeds an instance counts once, with their mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean

from solverhub.bench.runner import Row

TAILLARD = ("15x15", "20x15", "20x20", "30x15", "30x20", "50x15", "50x20", "100x20")
"""Sizes of ta01-10, ta11-20, ..., after E. Taillard, Benchmarks for basic scheduling problems,
European Journal of Operational Research 64 (1993), doi:10.1016/0377-2217(93)90182-M."""

MISSING = "-"


def class_of(instance: str) -> str:
    """`ta 30x20` for ta41, else the letters that the name starts with."""
    if found := re.fullmatch(r"ta([0-9]+)", instance):
        group = (int(found[1]) - 1) // 10
        if 0 <= group < len(TAILLARD):
            return f"ta {TAILLARD[group]}"
    return re.split(r"[0-9]", instance, maxsplit=1)[0] or instance


def excess(row: Row, at_s: float) -> float | None:
    """Share of the best known that the run was above it at `at_s`; None without a solution."""
    found = [value for wall_s, value, _ in row["trace"] if wall_s <= at_s and value is not None]
    if not found or row["best_known"] in ("", None):
        return None
    best = float(row["best_known"])
    above: float = (found[-1] - best) / best
    return above


def by_class(rows: Sequence[Row], readings_s: Sequence[float]) -> list[list[str]]:
    """Header and one line a class, the mean over all instances last, in percent.

    A cell has one figure a reading, `-` where some run had no solution by then; an instance
    that a solver has not run yet is left out of its figures, and the count of its instances
    then stands behind them.
    """
    solvers = list(dict.fromkeys(row["solver"] for row in rows))
    times = " / ".join(f"{at:g}" for at in readings_s)
    lines = [["class", "instances", *(f"{solver}: {times} s" for solver in solvers)]]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(class_of(row["instance"]), []).append(row)
    for name, own in [*groups.items(), ("all", list(rows))]:
        count = len({row["digest"] for row in own})
        cells = [_cell([r for r in own if r["solver"] == s], readings_s, count) for s in solvers]
        lines.append([name, str(count), *cells])
    return lines


def by_seed(rows: Sequence[Row], readings_s: Sequence[float]) -> list[list[str]]:
    """Header and one line an instance that ran with several seeds: least to most, in percent."""
    solvers = list(dict.fromkeys(row["solver"] for row in rows))
    times = " / ".join(f"{at:g}" for at in readings_s)
    lines = [["instance", "seeds", *(f"{solver}: {times} s" for solver in solvers)]]
    cases: dict[str, list[Row]] = {}
    for row in rows:
        cases.setdefault(row["digest"], []).append(row)
    for own in cases.values():
        seeds = sorted({str(row["seed"]) for row in own})
        if len(seeds) > 1:
            ranges = [_range([r for r in own if r["solver"] == s], readings_s) for s in solvers]
            lines.append([own[0]["instance"], ", ".join(seeds), *ranges])
    return lines


def _cell(rows: Sequence[Row], readings_s: Sequence[float], count: int) -> str:
    if not rows:
        return ""
    instances: dict[str, list[Row]] = {}
    for row in rows:
        instances.setdefault(row["digest"], []).append(row)
    figures = []
    for at in readings_s:
        means = [_mean([excess(row, at) for row in own]) for own in instances.values()]
        figures.append(_percent(_mean(means)))
    left_out = "" if len(instances) == count else f" ({len(instances)} of {count})"
    return " / ".join(figures) + left_out


def _range(rows: Sequence[Row], readings_s: Sequence[float]) -> str:
    figures = []
    for at in readings_s:
        values = [excess(row, at) for row in rows]
        known = [value for value in values if value is not None]
        if not known or len(known) < len(values):
            figures.append(MISSING)
        elif min(known) == max(known):
            figures.append(_percent(known[0]))
        else:
            figures.append(f"{_percent(min(known))} to {_percent(max(known))}")
    return " / ".join(figures) if rows else ""


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def _percent(value: float | None) -> str:
    return MISSING if value is None else f"{100 * value:.2f}"
