"""Success of solvers of quadratic programs: how often, how exactly, how quickly, and how honestly.

Other suites score objectives; here a run counts as solved if its pair of point and
multipliers meets the tolerance on the program as it was given (`problems.qp_residuals`).
Every solver gets every program at each tolerance and criterion, told to it as `eps` and
`criterion`; at 1e-9 the relative criterion alone, since the gap of an objective of 1e11
is below its rounding.  Each run is in a process of its own, and rows go to `rows.csv` as they
finish: a run that the file holds is not made again.

A run that misses a loose tolerance until the time limit misses a tighter one too.  A suite that
infers does not wait for that: the row is copied, and says so.
"""

from __future__ import annotations

import csv
import resource
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from solverhub import catalog
from solverhub.bench.suites import Case
from solverhub.core.budget import Budget
from solverhub.core.errors import SolverhubError
from solverhub.core.result import Result
from solverhub.exact.qp_peers import SAYS
from solverhub.local import solve_parsed
from solverhub.problems.qp_residuals import residuals
from solverhub.problems.quadratic_program import QuadraticProgram
from solverhub.routing.route import AUTO

SETTINGS = (
    *((eps, criterion) for criterion in ("relative", "absolute") for eps in (1e-3, 1e-6)),
    (1e-9, "relative"),
)
PREFERRED = (AUTO, "admm", "clarabel", "piqp", "osqp", "proxqp", "scs")
KEY = ("digest", "solver", "eps", "criterion", "threads", "time_limit_s")
COLUMNS = (
    *("instance", *KEY, "reason", "limit", "objective", "relative", "absolute", "met"),
    "said",
    *("wall_s", "cpu_s", "route", "inferred", "error"),
)
_FOUND = ("reason", "limit", "objective", "relative", "absolute", "said", "wall_s", "cpu_s")
_SAME = ("digest", "solver", "threads", "time_limit_s")
_ENDED = 0.99
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class QpSuite:
    """What is run: solvers of the catalog or `auto`, seconds and threads a run.

    `infer`: take runs that the time limit ended as ended by it at tighter tolerances too.
    """

    solvers: tuple[str, ...]
    time_limit_s: float = 30.0
    threads: int = 2
    settings: tuple[tuple[float, str], ...] = SETTINGS
    infer: bool = False


def solvers() -> tuple[str, ...]:
    """`auto`, the project's own and the peers, as far as they are installed."""
    there = {AUTO, *catalog.available("qp")}
    return tuple(name for name in PREFERRED if name in there)


def run(
    suite: QpSuite, cases: Sequence[Case], folder: Path, report: Callable[[Row], None]
) -> list[Row]:
    """Make the missing runs, telling each to `report`, and return all rows of the suite."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rows.csv"
    held = load(path)
    done = {key(row) for row in held}
    for case, row in _planned(suite, cases):
        if key(row) in done:
            continue
        ended = _ended_at_a_looser(held, row) if suite.infer else None
        if ended is None:
            _measure(case, row)
        else:
            row.update({name: ended[name] for name in _FOUND}, met=False, inferred=True)
        _add(path, row)
        held.append(row)
        report(row)
    wanted = {key(row) for _, row in _planned(suite, cases)}
    return [row for row in load(path) if key(row) in wanted]


def load(path: Path) -> list[Row]:
    """All finished runs."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def key(row: Row) -> tuple[str, ...]:
    """What makes a run the same run."""
    return tuple(str(row[name]) for name in KEY)


def _ended_at_a_looser(held: Sequence[Row], row: Row) -> Row | None:
    """A run of the same program and solver, looser in every way, that the time limit ended."""
    for other in held:
        if (
            all(str(other[name]) == str(row[name]) for name in _SAME)
            and str(other["met"]) == "False"
            and not other["error"]
            and float(other["wall_s"]) >= _ENDED * row["time_limit_s"]
            and float(other["eps"]) >= row["eps"]
            and other["criterion"] in ("relative", row["criterion"])
        ):
            return other
    return None


def pair(result: Result) -> tuple[np.ndarray, np.ndarray] | None:
    """The point and the multipliers that a result carries as evidence, if it does.

    The point is told apart from the solution, which the judge drops where it breaks rows by
    more than its own tolerance, though not by more than a loose one that was asked for.
    """
    evidence = result.evidence or {}
    point, dual = evidence.get("point", result.solution), evidence.get("row_dual")
    return None if point is None or dual is None else (np.asarray(point), np.asarray(dual))


def _planned(suite: QpSuite, cases: Sequence[Case]) -> Iterator[tuple[Case, Row]]:
    """Solvers innermost, so that a slow spell of the machine falls on all of them."""
    for eps, criterion in suite.settings:
        for case in cases:
            for solver in suite.solvers:
                row: Row = dict.fromkeys(COLUMNS, "")
                row.update(
                    instance=case.parsed.name,
                    digest=case.parsed.problem.digest(case.parsed.instance),
                    solver=solver,
                    eps=eps,
                    criterion=criterion,
                    threads=suite.threads,
                    time_limit_s=float(suite.time_limit_s),
                )
                yield case, row


def _measure(case: Case, row: Row) -> None:
    eps, criterion = row["eps"], row["criterion"]
    budget = Budget.start(row["time_limit_s"], gap=eps, threads=row["threads"])
    before = _children_s()
    try:
        result = solve_parsed(
            case.parsed,
            row["solver"],
            budget,
            params={"eps": eps, "criterion": criterion},
            isolate=True,
        )
    except SolverhubError as error:
        row.update(reason="failed", error=str(error), met=False, wall_s=row["time_limit_s"])
        return
    row.update(_figures(case.parsed.instance, result, eps, criterion))
    row["cpu_s"] = round(_children_s() - before, 4)


def _figures(program: QuadraticProgram, result: Result, eps: float, criterion: str) -> Row:
    found = pair(result)
    measured = None if found is None else residuals(program, *found)
    return {
        "reason": result.termination.reason.value,
        "limit": result.termination.limit.value if result.termination.limit else "",
        "objective": "" if result.objective is None else float(result.objective),
        "relative": "" if measured is None else measured.largest("relative"),
        "absolute": "" if measured is None else measured.largest("absolute"),
        "met": measured is not None and measured.meets(eps, criterion),
        "said": _said(result),
        "wall_s": round(result.wall_s, 4),
        "route": result.provenance.route if result.provenance else "",
    }


def _said(result: Result) -> str:
    """The status by a peer's own word; for the others it is the judged one."""
    words = [line.removeprefix(SAYS) for line in result.log if line.startswith(SAYS)]
    return words[-1] if words else result.termination.reason.value


def _children_s() -> float:
    """Processor seconds of ended children and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _add(path: Path, row: Row) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if fresh:
            writer.writeheader()
        writer.writerow(row)
