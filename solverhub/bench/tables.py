"""Rows of a suite as tables: one line an instance, and one line a solver.

The reference of an instance is the best of all its runs and of what is known from
elsewhere; the single best solver is that with the least mean gap, the virtual best takes
the best run of each instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solverhub.bench import metrics
from solverhub.bench.runner import Row
from solverhub.core.result import Sense

VIRTUAL_BEST = "virtual best"


@dataclass(frozen=True, slots=True)
class Scored:
    """One run with its figures against the reference of its instance."""

    row: Row
    objective: float | None
    reference: float | None
    gap: float
    integral_s: float
    to_best_s: float | None

    @property
    def solver(self) -> str:
        """Name of the solver."""
        return str(self.row["solver"])

    @property
    def proved(self) -> bool:
        """True if nothing is left open."""
        return self.row["reason"] in ("optimal", "infeasible", "unbounded")

    @property
    def case(self) -> tuple[str, str]:
        """Instance and seed."""
        return str(self.row["digest"]), str(self.row["seed"])


def score(rows: Sequence[Row]) -> list[Scored]:
    """Every run against the reference of its instance."""
    references: dict[str, float] = {}
    for row in rows:
        sense = Sense(row["sense"])
        for text in (row["objective"], row["best_known"]):
            if text not in ("", None):
                value, digest = float(text), str(row["digest"])
                if digest not in references or sense.better(value, references[digest]):
                    references[digest] = value
    return [_score(row, references.get(str(row["digest"]))) for row in rows]


def _score(row: Row, reference: float | None) -> Scored:
    objective = None if row["objective"] in ("", None) else float(row["objective"])
    steps = [(wall_s, found) for wall_s, found, _ in row["trace"]]
    horizon_s = float(row["time_limit_s"])
    if reference is None:
        closed = row["reason"] in ("infeasible", "unbounded")
        gap, integral_s = (0.0, 0.0) if closed else (1.0, horizon_s)
    else:
        gap = metrics.primal_gap(objective, reference)
        integral_s = metrics.primal_integral(steps, reference, horizon_s)
    return Scored(row, objective, reference, gap, integral_s, metrics.time_to_best(steps))


def by_instance(scored: Sequence[Scored]) -> list[list[str]]:
    """Header and one line an instance and seed: what each solver found."""
    solvers = list(dict.fromkeys(run.solver for run in scored))
    lines = [["instance", "best", *solvers]]
    cases: dict[tuple[str, str], dict[str, Scored]] = {}
    for run in scored:
        cases.setdefault(run.case, {})[run.solver] = run
    for runs in cases.values():
        first = next(iter(runs.values()))
        name = f"{first.row['instance']}"
        seeds = {str(run.row["seed"]) for run in scored}
        name += f" (seed {first.row['seed']})" if len(seeds) > 1 else ""
        best = "" if first.reference is None else _number(first.reference)
        lines.append([name, best, *(_outcome(runs.get(solver)) for solver in solvers)])
    return lines


def _outcome(run: Scored | None) -> str:
    if run is None:
        return ""
    row = run.row
    if run.objective is None:
        return str(row["reason"]).replace("_", " ")
    if row["reason"] == "optimal":
        return f"{_number(run.objective)}, proved in {float(row['wall_s']):.2f} s"
    gap = f", gap {100 * float(row['gap']):.3g} %" if row["gap"] not in ("", None) else ""
    return f"{_number(run.objective)}{gap}"


def by_solver(scored: Sequence[Scored]) -> list[list[str]]:
    """Header and one line a solver, the virtual best last; the single best has a star."""
    header = ["solver", "runs", "best found", "proved", "mean gap", "95 % interval"]
    lines = [[*header, "primal integral", "time to best", "p against the best"]]
    groups: dict[str, list[Scored]] = {}
    for run in scored:
        groups.setdefault(run.solver, []).append(run)
    single_best = min(groups, key=lambda name: _mean([run.gap for run in groups[name]]))
    for name, runs in groups.items():
        label = f"{name} *" if name == single_best else name
        p_value = None if name == single_best else _paired(runs, groups[single_best])
        lines.append([label, *_figures(runs), "" if p_value is None else f"{p_value:.3g}"])
    cases: dict[tuple[str, str], list[Scored]] = {}
    for run in scored:
        cases.setdefault(run.case, []).append(run)
    best = [
        min(runs, key=lambda run: (run.gap, not run.proved, run.integral_s))
        for runs in cases.values()
    ]
    lines.append([VIRTUAL_BEST, *_figures(best), ""])
    return lines


def _figures(runs: Sequence[Scored]) -> list[str]:
    gaps = [run.gap for run in runs]
    low, high = metrics.bootstrap_interval(gaps)
    times = [run.to_best_s for run in runs if run.to_best_s is not None]
    return [
        str(len(runs)),
        str(sum(run.gap <= 1e-9 for run in runs)),
        str(sum(run.proved for run in runs)),
        f"{100 * _mean(gaps):.3f} %",
        f"{100 * low:.3f} to {100 * high:.3f} %",
        f"{_mean([run.integral_s for run in runs]):.3f} s",
        f"{float(np.median(times)):.2f} s" if times else "",
    ]


def _paired(left: Sequence[Scored], right: Sequence[Scored]) -> float | None:
    others = {run.case: run.integral_s for run in right}
    pairs = [(run.integral_s, others[run.case]) for run in left if run.case in others]
    return metrics.paired_p_value(*zip(*pairs, strict=True)) if len(pairs) > 1 else None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.6g}"


def markdown(lines: Sequence[Sequence[Any]]) -> str:
    """A table with a header line as Markdown."""
    header, *body = [[str(cell) for cell in line] for line in lines]
    rule = ["---"] * len(header)
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, rule, *body)) + "\n"
