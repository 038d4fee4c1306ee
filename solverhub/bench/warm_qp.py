"""What a warm start of `admm` saves: iterations after a change of q by 1 %, against a cold start.

Every component of q is multiplied by 1 + 0.01 g, g normal.  The changed program is solved from
nothing, from the point and multipliers of the program before it, and from that point alone.
Programs of which a solve takes longer than the limit are left out, and counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from solverhub.bench.suites import Files, cases
from solverhub.exact.admm_engine import Answer, Status, Workspace
from solverhub.exact.admm_settings import AdmmParams
from solverhub.problems.quadratic_program import QuadraticProgram

_CHANGE = 0.01
_LIMIT_S = 5.0
_TOLERANCES = (1e-3, 1e-6)
_FILES = (Files("qp", "qp", ("*.mat", "*.mat.gz")),)


def measure(data: Path | None = None) -> list[list[str]]:
    """Header and one line a tolerance, over the shared quadratic programs."""
    programs = [case.parsed.instance for case in cases(_FILES, data)]
    return table(programs)


def table(
    programs: Sequence[QuadraticProgram], tolerances: Sequence[float] = _TOLERANCES
) -> list[list[str]]:
    """Header and one line a tolerance, over these programs."""
    lines = [
        ["eps", "programs", "left out", "of the cold iterations, median", "quartiles", "x only"]
    ]
    for eps in tolerances:
        found = [pair for program in programs if (pair := shares(program, eps)) is not None]
        whole, point = np.array(found).T if found else np.full((2, 1), np.nan)
        low, high = np.quantile(whole, [0.25, 0.75])
        lines.append(
            [
                *(f"{eps:g}", str(len(found)), str(len(programs) - len(found))),
                *(f"{np.median(whole):.3f}", f"{low:.3f} to {high:.3f}"),
                f"{np.median(point):.3f}",
            ]
        )
    return lines


def shares(program: QuadraticProgram, eps: float, seed: int = 0) -> tuple[float, float] | None:
    """Iterations from (x, y) and from x, each over those from nothing; None beyond the limit."""
    noise = np.random.default_rng(seed).standard_normal(program.n)
    changed = replace(program, q=program.q * (1.0 + _CHANGE * noise))
    params = AdmmParams(eps=eps)
    space = Workspace(program, params)
    before = space.solve(stopped=_after(_LIMIT_S))
    cold = Workspace(changed, params).solve(stopped=_after(_LIMIT_S))
    if Status.STOPPED in (before.status, cold.status):
        return None
    space.update(q=changed.q)
    warm = space.solve((before.x, before.y), stopped=_after(_LIMIT_S))
    point = Workspace(changed, params).solve((before.x, None), stopped=_after(_LIMIT_S))
    return _share(warm, cold), _share(point, cold)


def _share(warm: Answer, cold: Answer) -> float:
    return warm.iterations / max(1, cold.iterations)


def _after(limit_s: float) -> Callable[[int], bool]:
    end = time.process_time() + limit_s
    return lambda iterations: time.process_time() > end
