"""Runs a suite: every solver on every instance, interleaved, each in a process of its own.

Rows go to `rows.csv` as they finish, traces to `traces.jsonl`; a run that both files hold is
not run again, so an interrupted suite is resumed by starting it again.  Solvers alternate on
each instance, so that a slow spell of the machine falls on all of them.  What a solver loads
once a process it loads before its clock starts, as on the command line and in the service.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from solverhub import catalog
from solverhub.bench.memory import MemoryWatch
from solverhub.bench.suites import Case, Suite, split
from solverhub.core.budget import Budget
from solverhub.core.errors import SolverhubError
from solverhub.core.result import Result
from solverhub.local import solve_parsed
from solverhub.routing.route import AUTO, load, route

COLUMNS = (
    *("suite", "problem", "instance", "digest", "solver", "seed", "threads", "time_limit_s"),
    *("sense", "reason", "limit", "objective", "bound", "bound_check", "gap", "wall_s"),
    *("verified", "best_known", "route", "error", "memory_mib"),
)
KEY = ("suite", "digest", "solver", "seed", "threads", "time_limit_s")
Row = dict[str, Any]


class Records:
    """The rows and traces of a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._rows, self._traces = folder / "rows.csv", folder / "traces.jsonl"

    def load(self) -> list[Row]:
        """All finished runs, each with its `trace` of (seconds, objective, bound)."""
        if not self._rows.exists() or not self._traces.exists():
            return []
        traces = {}
        for line in self._traces.read_text().splitlines():
            record = json.loads(line)
            traces[tuple(record["key"])] = record["trace"]
        with self._rows.open(newline="") as file:
            rows = [dict(row) for row in csv.DictReader(file)]
        return [{**row, "trace": traces[key(row)]} for row in rows if key(row) in traces]

    def add(self, row: Mapping[str, Any], trace: list[list[Any]]) -> None:
        """Append one run; the trace first, since the row says that both are there."""
        with self._traces.open("a") as file:
            file.write(json.dumps({"key": key(row), "trace": trace}) + "\n")
        fresh = not self._rows.exists()
        with self._rows.open("a", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            if fresh:
                writer.writeheader()
            writer.writerow(row)


def key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes a run the same run."""
    return tuple(str(row[name]) for name in KEY)


def pending(
    suite: Suite, found: list[Case], done: set[tuple[str, ...]]
) -> Iterator[tuple[Case, str, Row]]:
    """The runs still to make: solvers innermost, seeds outermost, so that what is there after
    an interruption covers all instances."""
    rounds = max((len(suite.seeds_of(case.parsed.name)) for case in found), default=0)
    for turn in range(rounds):
        for case in found:
            for seed in suite.seeds_of(case.parsed.name)[turn : turn + 1]:
                for solver in _fitting(suite, case):
                    row = _head(suite, case, solver, seed)
                    if key(row) not in done:
                        yield case, solver, row


def _fitting(suite: Suite, case: Case) -> list[str]:
    """Those of the suite's solvers that are for the family of the case."""
    there = {AUTO, *catalog.names(case.parsed.problem.name)}
    return [name for name in suite.solvers if split(name)[0] in there]


def run(
    suite: Suite, found: list[Case], records: Records, report: Callable[[Row], None]
) -> list[Row]:
    """Make the missing runs, telling each to `report`, and return all rows of the suite."""
    done = {key(row) for row in records.load()}
    for case, solver, row in pending(suite, found, done):
        trace = _measure(suite, case, solver, row)
        records.add(row, trace)
        report(row)
    return held(suite, found, records)


def held(suite: Suite, found: list[Case], records: Records) -> list[Row]:
    """The finished runs of the suite, in the order in which it makes them."""
    rows = {key(row): row for row in records.load()}
    wanted = (key(row) for _, _, row in pending(suite, found, set()))
    return [rows[name] for name in wanted if name in rows]


def _head(suite: Suite, case: Case, solver: str, seed: int) -> Row:
    parsed = case.parsed
    row: Row = dict.fromkeys(COLUMNS, "")
    row.update(
        suite=suite.name,
        problem=parsed.problem.name,
        instance=parsed.name,
        digest=parsed.problem.digest(parsed.instance),
        solver=solver,
        seed=seed,
        threads=suite.threads,
        time_limit_s=float(case.time_limit_s or suite.time_limit_s),
        sense=parsed.problem.sense(parsed.instance).value,
        best_known="" if case.best_known is None else case.best_known,
    )
    return row


def _measure(suite: Suite, case: Case, solver: str, row: Row) -> list[list[Any]]:
    """Fill the row, and return the trace."""
    limits = partial(Budget.start, row["time_limit_s"], threads=suite.threads)
    name, params = split(solver)
    try:
        load(case.parsed, route(case.parsed, limits(), name, params))
        with MemoryWatch() as watch:
            result = solve_parsed(
                case.parsed, name, limits(), params=params, seed=row["seed"], isolate=True
            )
    except SolverhubError as error:
        row.update(reason="failed", error=str(error))
        return []
    row.update(_figures(result), memory_mib=round(watch.peak_bytes / 2**20))
    return [[point.wall_s, _plain(point.objective), _plain(point.bound)] for point in result.trace]


def _figures(result: Result) -> Row:
    figures: Row = {
        "reason": result.termination.reason.value,
        "limit": result.termination.limit and result.termination.limit.value,
        "objective": _plain(result.objective),
        "bound": _plain(result.bound),
        "bound_check": result.bound_check and result.bound_check.value,
        "gap": result.gap,
        "wall_s": round(result.wall_s, 4),
        "verified": result.verified,
        "route": result.provenance and result.provenance.route,
    }
    return {name: "" if value is None else value for name, value in figures.items()}


def _plain(value: Any) -> Any:
    return None if value is None else float(value)
