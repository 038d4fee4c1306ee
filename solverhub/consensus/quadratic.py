"""An agent whose function is a `QuadraticProgram` with its constraints.

    f(x) = 1/2 x'P x + q'x + r  where l <= A x <= u, inf elsewhere

With P + rho I = L L' and y = L'x its prox is the point of the polyhedron A L^-T y in [l, u]
nearest to y0 = L^-1 (rho v - q) (see `projection`).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from solverhub.consensus.projection import nearest
from solverhub.core.errors import InvalidInstance
from solverhub.problems.quadratic_program import QuadraticProgram


class Quadratic:
    """The agent of a convex program without integer columns; dense, for some hundred columns.

    Raises `InvalidInstance` for integer columns, crossed sides and (at the first prox) a
    matrix P that is not positive semidefinite or constraints that contradict each other.
    """

    def __init__(self, program: QuadraticProgram) -> None:
        if program.integer.any():
            raise InvalidInstance(
                f"column {int(program.integer.argmax())} takes integers alone",
                remedy="consensus is for convex programs; relax it",
            )
        if (program.l > program.u).any():
            at = int((program.l > program.u).argmax())
            raise InvalidInstance(f"row {at} has l = {program.l[at]} above u = {program.u[at]}")
        self.program, self.n = program, program.n
        self._P = program.P.toarray()
        self._rows, self._sides, self._equal = _one_sided(program)
        self._rho = 0.0

    def prox(self, v: np.ndarray, rho: float) -> np.ndarray:
        """argmin f(x) + rho/2 |x - v|^2."""
        if self._rho != rho:
            self._factorise(rho)
        free = solve_triangular(self._L, rho * v - self.program.q, lower=True)
        found = nearest(free, self._scaled, self._heights, self._equal)
        return np.asarray(solve_triangular(self._L.T, found, lower=False))

    def objective(self, x: np.ndarray) -> float:
        """1/2 x'P x + q'x + r, whether x meets the constraints or not."""
        program = self.program
        return float(0.5 * x @ self._P @ x + program.q @ x + program.r)

    def _factorise(self, rho: float) -> None:
        try:
            self._L = np.linalg.cholesky(self._P + rho * np.eye(self.n))
        except np.linalg.LinAlgError as error:
            raise InvalidInstance("its P is not positive semidefinite") from error
        scaled = solve_triangular(self._L, self._rows.T, lower=True).T
        lengths = np.linalg.norm(scaled, axis=1)
        self._scaled, self._heights = scaled / lengths[:, None], self._sides / lengths
        self._rho = rho


def _one_sided(program: QuadraticProgram) -> tuple[np.ndarray, np.ndarray, int]:
    """(G, h, k) with G x >= h, of which the first k rows are equations."""
    A, l, u = program.A.toarray(), program.l, program.u  # noqa: E741 (as in the program)
    empty = ~A.any(axis=1)
    unmet = empty & ((l > 0) | (u < 0))
    if unmet.any():
        raise InvalidInstance(f"row {int(unmet.argmax())} has no entry and cannot be met")
    equal, low = ~empty & (l == u), ~empty & (l < u) & np.isfinite(l)
    high = ~empty & (l < u) & np.isfinite(u)
    G = np.concatenate([A[equal], A[low], -A[high]])
    return G, np.concatenate([l[equal], l[low], -u[high]]), int(equal.sum())
