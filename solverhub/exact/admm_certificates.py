"""Infeasibility and unboundedness from differences of iterates, proved on the original data.

Where a problem has no solution the iterates do not settle, but their differences do: those
of y to multipliers with A'y = 0 and u'y+ - l'y- < 0, those of x to a ray (Banjac et al.
2019, doi 10.1007/s10957-019-01575-y).  A difference that comes near is handed to
`problems.qp_certificates`, whose word alone counts.
"""

from __future__ import annotations

import numpy as np

from solverhub.problems.qp_certificates import proves_no_point, proves_ray
from solverhub.problems.quadratic_program import QuadraticProgram


class Certificates:
    """Tries differences, each kind the less often the more of its tries have failed."""

    def __init__(self, qp: QuadraticProgram, eps: float) -> None:
        self._qp, self._eps = qp, eps
        self._At = qp.A.T.tocsr()
        self._wait = {"farkas": 0, "ray": 0}
        self._failed = {"farkas": 0, "ray": 0}

    def farkas(self, dy: np.ndarray) -> np.ndarray | None:
        """Multipliers float64 (m,) that prove that no point exists, or None."""
        size = float(np.abs(dy).max(initial=0.0))
        if size == 0.0 or not np.isfinite(size) or not self._due("farkas"):
            return None
        qp, y = self._qp, dy / size
        served = np.where(y > 0, qp.u, qp.l)
        lost = np.isinf(served)
        if float(np.abs(y[lost]).max(initial=0.0)) > self._eps:
            return None
        y = np.where(lost, 0.0, y)
        support = float(np.sum(np.where(lost, 0.0, served) * y))
        if support >= 0.0 or float(np.abs(self._At @ y).max(initial=0.0)) > self._eps:
            return None
        return y if self._tried("farkas", proves_no_point(qp, y)) else None

    def ray(self, dx: np.ndarray) -> np.ndarray | None:
        """A direction float64 (n,) along which the objective falls without end, or None."""
        size = float(np.abs(dx).max(initial=0.0))
        if size == 0.0 or not np.isfinite(size) or not self._due("ray"):
            return None
        qp, x = self._qp, dx / size
        if float(qp.q @ x) >= 0.0 or float(np.abs(qp.P @ x).max(initial=0.0)) > self._eps:
            return None
        rows = qp.A @ x
        high = rows[np.isfinite(qp.u)].max(initial=0.0)
        low = rows[np.isfinite(qp.l)].min(initial=0.0)
        if max(float(high), -float(low)) > self._eps:
            return None
        return x if self._tried("ray", proves_ray(qp, x)) else None

    def _due(self, kind: str) -> bool:
        self._wait[kind] -= 1
        return self._wait[kind] < 0

    def _tried(self, kind: str, proved: bool) -> bool:
        if not proved:
            self._failed[kind] += 1
            self._wait[kind] = 2 ** min(self._failed[kind], 6)
        return proved
