"""Metric nearness: seconds to a relative gap of 1e-6, beside triangle fixing.

Three classes of distances on n points; every answer is judged, its bound recomputed.  Each size
runs both solvers in turn on all threads; the processor time, judging included, is that of all
threads together, which other work on the machine touches less.  Triangle fixing gets `_PATIENCE`
times what Project and Forget took, at least `_LEAST_S` and at most `_MOST_S`, and shows its gap
where that is not enough.
"""

from __future__ import annotations

import time

from solverhub.core.budget import Budget, available_threads
from solverhub.core.problem import Parsed
from solverhub.core.result import Result
from solverhub.local import solve_parsed
from solverhub.problems.generators import generate

KINDS = ("uniform", "binary", "product")
SIZES = (100, 200, 300, 500, 700, 1000)
GAP = 1e-6
_PATIENCE, _LEAST_S, _MOST_S = 10, 2.0, 60.0
_LONGEST_S = 900.0
HEADER = [
    "distances",
    "n",
    "objective",
    "project-forget",
    "its processor time",
    "gap",
    "bound",
    "triangle-fixing",
    "its gap",
]


def measure() -> list[list[str]]:
    """Header and one line a class and size."""
    lines = [HEADER]
    for kind in KINDS:
        _warm(kind)
        for n in SIZES:
            lines.append(line(kind, n))
    return lines


def line(kind: str, n: int) -> list[str]:
    """Both solvers on one instance."""
    parsed = generate(f"{kind}-distances", 0, n=n)
    began_s = time.process_time()
    ours = _run(parsed, "project-forget", _LONGEST_S)
    spent_s = time.process_time() - began_s
    patience_s = min(_MOST_S, max(_LEAST_S, _PATIENCE * ours.wall_s))
    peer = _run(parsed, "triangle-fixing", patience_s)
    done = peer.gap is not None and peer.gap <= GAP
    return [
        kind,
        str(n),
        f"{float(ours.objective or 0):.8g}",
        f"{ours.wall_s:.2f} s",
        f"{spent_s:.2f} s",
        f"{ours.gap:.1e}",
        str(ours.bound_check and ours.bound_check.value),
        f"{peer.wall_s:.2f} s" if done else f"not in {patience_s:.0f} s",
        f"{peer.gap:.1e}",
    ]


def _run(parsed: Parsed, solver: str, time_s: float) -> Result:
    budget = Budget.start(time_s, gap=GAP, threads=available_threads())
    return solve_parsed(parsed, solver, budget)


def _warm(kind: str) -> None:
    parsed = generate(f"{kind}-distances", 1, n=40)
    for solver in ("project-forget", "triangle-fixing"):
        _run(parsed, solver, 10.0)
