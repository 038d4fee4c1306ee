"""ProxQP: a proximal augmented Lagrangian method, a peer to be measured against.

Bambade, El-Kazdadi, Taylor and Carpentier 2022, doi 10.15607/RSS.2022.XVIII.040.  It has no
limit on time, so its runs belong into a process that can be killed.
"""

from __future__ import annotations

from importlib import metadata

import numpy as np
import scipy.sparse as sp
from proxsuite import proxqp

from solverhub.engines.qp_answer import QpAnswer, Status
from solverhub.problems.quadratic_program import QuadraticProgram

_MOST = 10**9

_STATUS = {
    proxqp.PROXQP_SOLVED: Status.OPTIMAL,
    proxqp.PROXQP_PRIMAL_INFEASIBLE: Status.INFEASIBLE,
    proxqp.PROXQP_DUAL_INFEASIBLE: Status.UNBOUNDED,
    proxqp.PROXQP_MAX_ITER_REACHED: Status.ITERATIONS,
}


def version() -> str:
    """Version of the installed package."""
    return metadata.version("proxsuite")


class Run:
    """One solve of a program as it is; `stop` cannot end it."""

    def __init__(
        self,
        program: QuadraticProgram,
        *,
        eps: float,
        relative: bool,
        iterations: int | None = None,
    ) -> None:
        self._program, self._eps, self._relative = program, eps, relative
        self._iterations = _MOST if iterations is None else max(1, min(iterations, _MOST))

    def stop(self) -> None:
        """Nothing: ProxQP does not look up."""

    def solve(self) -> QpAnswer:
        """Run to the end."""
        program = self._program
        matrix = program.A.tocsr()
        equal = program.l == program.u
        solver = proxqp.sparse.QP(program.n, int(equal.sum()), int((~equal).sum()))
        settings = solver.settings
        settings.eps_abs = settings.eps_duality_gap_abs = self._eps
        settings.eps_rel = settings.eps_duality_gap_rel = self._eps if self._relative else 0.0
        settings.check_duality_gap = True
        settings.max_iter = self._iterations
        solver.init(
            sp.csc_matrix(program.P, copy=True),
            np.array(program.q),
            sp.csc_matrix(matrix[equal]),
            program.u[equal],
            sp.csc_matrix(matrix[~equal]),
            program.l[~equal],
            program.u[~equal],
        )
        solver.solve()
        found = solver.results
        y = np.zeros(program.m)
        y[equal], y[~equal] = found.y, found.z
        status = _STATUS.get(found.info.status, Status.FAILED)
        x, iterations = np.array(found.x), int(found.info.iter)
        return QpAnswer(status, x, rows=y, iterations=iterations, words=str(found.info.status))
