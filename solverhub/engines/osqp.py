"""OSQP: operator splitting for quadratic programs, a peer to be measured against.

Stellato, Banjac, Goulart, Bemporad and Boyd 2020, doi 10.1007/s12532-020-00179-2.
"""

from __future__ import annotations

import math
from importlib import metadata

import numpy as np
import osqp
import scipy.sparse as sp

from solverhub.engines.qp_answer import QpAnswer, Status
from solverhub.problems.quadratic_program import QuadraticProgram

_INFINITY = 1e30
_MOST = 10**9

_STATUS = {
    osqp.SolverStatus.OSQP_SOLVED: Status.OPTIMAL,
    osqp.SolverStatus.OSQP_SOLVED_INACCURATE: Status.SUSPECT,
    osqp.SolverStatus.OSQP_PRIMAL_INFEASIBLE: Status.INFEASIBLE,
    osqp.SolverStatus.OSQP_DUAL_INFEASIBLE: Status.UNBOUNDED,
    osqp.SolverStatus.OSQP_MAX_ITER_REACHED: Status.ITERATIONS,
    osqp.SolverStatus.OSQP_TIME_LIMIT_REACHED: Status.TIME,
}


def version() -> str:
    """Version of the installed package."""
    return metadata.version("osqp")


class Run:
    """One solve of a program as it is, with polishing; `stop` cannot end it, `time_s` does."""

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
            "max_iter": _MOST if iterations is None else max(1, min(iterations, _MOST)),
            "time_limit": min(time_s, 1e9),
            "polishing": True,
            "verbose": False,
        }

    def stop(self) -> None:
        """Nothing: OSQP does not look up."""

    def solve(self) -> QpAnswer:
        """Run to the end."""
        program, solver = self._program, osqp.OSQP()
        solver.setup(
            sp.csc_matrix(sp.triu(program.P)),
            np.array(program.q),
            sp.csc_matrix(program.A),
            np.maximum(program.l, -_INFINITY),
            np.minimum(program.u, _INFINITY),
            **self._settings,
        )
        found = solver.solve(raise_error=False)
        status = _STATUS.get(osqp.SolverStatus(found.info.status_val), Status.FAILED)
        x, y = np.array(found.x, float), np.array(found.y, float)
        if status is Status.INFEASIBLE:
            y = np.array(found.prim_inf_cert, float)
        return QpAnswer(status, x, rows=y, iterations=int(found.info.iter), words=found.info.status)
