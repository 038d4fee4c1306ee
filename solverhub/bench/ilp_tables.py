"""Tables of integer programs: by set of generated instances, and by time to a proof."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median

from solverhub.bench.suites import Case
from solverhub.bench.tables import Scored

HEADER = [
    "set", "solver", "runs", "primal integral", "final gap", "proof gap", "feasible",
    "first feasible", "proved", "memory",
]  # fmt: skip
QUICK_S = 30.0
"""A proof of any solver within this makes an instance one of those that proofs are compared on."""


def by_set(cases: Sequence[Case], scored: Sequence[Scored]) -> list[list[str]]:
    """Header and one line a set and solver; empty cells where no run has the figure.

    The primal integral (s) and the final gap are against the best of all runs, the proof gap is
    that between a run's own objective and bound, where it has both.  The memory is the largest
    peak, see `memory.MemoryWatch`.
    """
    lines = [HEADER]
    names = {
        case.parsed.problem.digest(case.parsed.instance): case.source.name
        for case in cases
        if case.source is not None
    }
    groups: dict[tuple[str, str], list[Scored]] = {}
    for run in scored:
        if run.row["digest"] in names:
            groups.setdefault((names[run.row["digest"]], run.solver), []).append(run)
    order = list(dict.fromkeys(names.values()))
    for (name, solver), runs in sorted(groups.items(), key=lambda item: order.index(item[0][0])):
        lines.append([name, solver, *_figures(runs)])
    return lines


def _figures(runs: Sequence[Scored]) -> list[str]:
    proofs = [float(run.row["gap"]) for run in runs if run.row["gap"] not in ("", None)]
    firsts = [first for run in runs if (first := first_feasible(run)) is not None]
    sizes = [int(size) for run in runs if (size := run.row.get("memory_mib"))]
    return [
        str(len(runs)),
        f"{fmean(run.integral_s for run in runs):.3f} s",
        f"{100 * fmean(run.gap for run in runs):.3f} %",
        f"{100 * fmean(proofs):.2f} %" if proofs else "",
        f"{sum(run.objective is not None for run in runs)} of {len(runs)}",
        f"{max(firsts):.2f} s" if firsts else "",
        str(sum(run.proved for run in runs)),
        f"{max(sizes)} MiB" if sizes else "",
    ]


def first_feasible(run: Scored) -> float | None:
    """Seconds to the first objective, None without one."""
    return next((at for at, found, _ in run.row["trace"] if found is not None), None)


def proofs(cases: Sequence[Case], scored: Sequence[Scored]) -> list[list[str]]:
    """Header, one line an instance that some solver proves within 30 s, and the geometric means.

    Cells are median seconds to the proof over the seeds, all of which must reach it, late where
    they are above twice the fastest and half a second.  The means are of ratios to the fastest,
    over the instances that the solver proves.
    """
    solvers = list(dict.fromkeys(run.solver for run in scored))
    lines = [["instance", *solvers]]
    ratios: dict[str, list[float]] = {solver: [] for solver in solvers}
    groups: dict[str, dict[str, list[Scored]]] = {}
    for run in scored:
        groups.setdefault(run.row["digest"], {}).setdefault(run.solver, []).append(run)
    for found in groups.values():
        times = {
            name: median(float(run.row["wall_s"]) for run in runs)
            for name, runs in found.items()
            if all(run.proved for run in runs)
        }
        fastest = min(times.values(), default=math.inf)
        if fastest > QUICK_S:
            continue
        cells = []
        for solver in solvers:
            if solver not in times:
                cells.append("-")
                continue
            ratios[solver].append(times[solver] / max(fastest, 1e-3))
            late = times[solver] > 2 * fastest + 0.5
            cells.append(f"{times[solver]:.2f} s{' (late)' if late else ''}")
        lines.append([str(next(iter(found.values()))[0].row["instance"]), *cells])
    if len(lines) > 1:
        means = [_geometric(ratios[solver], len(lines) - 1) for solver in solvers]
        lines.append(["geometric mean of ratios", *means])
    return lines


def _geometric(values: Sequence[float], count: int) -> str:
    """The mean, with the number of instances where it lacks some."""
    if not values:
        return "-"
    mean = math.exp(fmean(math.log(value) for value in values))
    return f"{mean:.2f}" + ("" if len(values) == count else f" ({len(values)} of {count})")


def first_of_sets(cases: Sequence[Case], scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    """Name to the runs, with the first seed, of the first instance of each set, or of each file."""
    seen: set[str] = set()
    found: dict[str, list[Scored]] = {}
    for case in cases:
        label = case.parsed.name if case.source is None else case.source.name
        digest = case.parsed.problem.digest(case.parsed.instance)
        runs = [run for run in scored if run.row["digest"] == digest]
        if label in seen or not runs:
            continue
        seen.add(label)
        seed = runs[0].row["seed"]
        found[label.replace("/", "-")] = [run for run in runs if run.row["seed"] == seed]
    return found
