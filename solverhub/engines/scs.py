"""SCS: operator splitting for cones with a quadratic objective, a peer to be measured against.

O'Donoghue 2021, doi 10.1137/20M1366307.
"""

from __future__ import annotations

import math
from importlib import metadata

import numpy as np
import scipy.sparse as sp
import scs

from solverhub.engines.qp_answer import QpAnswer, Status
from solverhub.problems.quadratic_program import QuadraticProgram

_MOST = 10**9

_STATUS = {
    scs.SOLVED: Status.OPTIMAL,
    scs.SOLVED_INACCURATE: Status.SUSPECT,
    scs.INFEASIBLE: Status.INFEASIBLE,
    scs.UNBOUNDED: Status.UNBOUNDED,
}


def version() -> str:
    """Version of the installed package."""
    return metadata.version("scs")


class Run:
    """One solve of a program as it is; `stop` cannot end it, `time_s` does."""

    def __init__(
        self,
        program: QuadraticProgram,
        *,
        eps: float,
        relative: bool,
        iterations: int | None = None,
        time_s: float = math.inf,
    ) -> None:
        self._program = program
        self._settings = {
            "eps_abs": eps,
            "eps_rel": eps if relative else 0.0,
            "max_iters": _MOST if iterations is None else max(1, min(iterations, _MOST)),
            "time_limit_secs": 0.0 if math.isinf(time_s) else max(time_s, 1e-3),
            "verbose": False,
        }

    def stop(self) -> None:
        """Nothing: SCS does not look up."""

    def solve(self) -> QpAnswer:
        """Run to the end: equations in its zero cone, one-sided rows in its nonnegative cone."""
        program = self._program
        matrix = program.A.tocsr()
        equal = program.l == program.u
        high, low = np.isfinite(program.u) & ~equal, np.isfinite(program.l) & ~equal
        data = {
            "P": sp.csc_matrix(sp.triu(program.P)),
            "A": sp.csc_matrix(sp.vstack([matrix[equal], matrix[high], -matrix[low]])),
            "b": np.concatenate([program.u[equal], program.u[high], -program.l[low]]),
            "c": np.array(program.q),
        }
        if not len(data["b"]):
            # SCS refuses to have no rows at all.
            data |= {"A": sp.csc_matrix((1, program.n)), "b": np.ones(1)}
        cone = {"z": int(equal.sum()), "l": data["A"].shape[0] - int(equal.sum())}
        found = scs.SCS(data, cone, **self._settings).solve()
        dual = np.array(found["y"], float)
        y = np.zeros(program.m)
        y[equal] = dual[: equal.sum()]
        y[high] = dual[equal.sum() : equal.sum() + high.sum()]
        y[low] -= dual[equal.sum() + high.sum() :][: low.sum()]
        info = found["info"]
        status = _STATUS.get(info["status_val"], Status.FAILED)
        x = np.array(found["x"], float)
        return QpAnswer(status, x, rows=y, iterations=int(info["iter"]), words=info["status"])
