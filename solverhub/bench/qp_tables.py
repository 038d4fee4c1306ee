"""Tables of the quadratic programming suite.

Times are shifted geometric means, exp(mean(log(t + shift))) - shift with a shift of 1 s, over
all programs; a run that did not solve its program counts with the time limit.  A false claim
is "optimal" of a pair that misses the tolerance, or "infeasible" or "unbounded" of a program
that some run solved: by the answer of this package, and by a peer's own word before the judge.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solverhub.bench.qp import Row

SHIFT_S = 1.0

_HEADER = (
    *("criterion", "eps", "solver", "runs", "inferred", "solved", "share"),
    *("false claims", "false by its own word", "wall time", "processor time"),
)


def by_solver(rows: Sequence[Row]) -> list[list[str]]:
    """Header and one line a criterion, tolerance and solver."""
    solvable = {row["digest"] for row in rows if _met(row)}
    lines = [[*_HEADER]]
    for criterion, eps in dict.fromkeys((row["criterion"], row["eps"]) for row in rows):
        here = [row for row in rows if (row["criterion"], row["eps"]) == (criterion, eps)]
        for solver in dict.fromkeys(row["solver"] for row in here):
            runs = [row for row in here if row["solver"] == solver]
            solved = sum(map(_met, runs))
            counts = len(runs), sum(str(row["inferred"]) == "True" for row in runs), solved
            lines.append(
                [criterion, f"{float(eps):g}", solver, *map(str, counts)]
                + [f"{100 * solved / len(runs):.1f} %", _false(runs, "reason", solvable)]
                + [_false(runs, "said", solvable)]
                + [f"{shifted_mean_s(runs, name):.3f} s" for name in ("wall_s", "cpu_s")]
            )
    return lines


def missed(rows: Sequence[Row]) -> list[list[str]]:
    """Header and one line a run that missed."""
    lines = [["criterion", "eps", "solver", "not solved", "relative", "absolute", "ended"]]
    for row in rows:
        if not _met(row):
            ended = row["error"] or f"{row['reason']} {row['limit']}".strip()
            what = (row["criterion"], f"{float(row['eps']):g}", row["solver"], row["instance"])
            lines.append([*what, _short(row["relative"]), _short(row["absolute"]), ended])
    return lines


def shifted_mean_s(runs: Sequence[Row], name: str) -> float:
    """Shifted geometric mean of a column of seconds, failures at the time limit."""
    times = [
        float(row[name]) if _met(row) and row[name] != "" else float(row["time_limit_s"])
        for row in runs
    ]
    return float(np.exp(np.mean(np.log(np.asarray(times) + SHIFT_S))) - SHIFT_S)


def _met(row: Row) -> bool:
    return str(row["met"]) == "True"


def _false(runs: Sequence[Row], name: str, solvable: set[str]) -> str:
    wrong = [row for row in runs if row[name] == "optimal" and not _met(row)]
    refuted = [
        row
        for row in runs
        if row[name] in ("infeasible", "unbounded") and row["digest"] in solvable
    ]
    return str(len(wrong) + len(refuted))


def _short(value: str) -> str:
    return f"{float(value):.1e}" if value != "" else ""
