"""Ready-made agents of regression: least squares, lasso, and logistic regression with L2.

The data stay with the agent; only its answers leave it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csc_array
from scipy.special import expit

from solverhub.core.errors import InvalidInstance, SolverFailed
from solverhub.problems.quadratic_program import QuadraticProgram

_TOLERANCE = 1e-12
_STEPS = 100
_SWEEPS = 20_000
_TRY = 10
_ARMIJO, _HALVINGS = 1e-4, 60


class LeastSquares:
    """f(x) = 1/2 |A x - b|^2 + l2/2 |x|^2 for A (m, n), b (m,).

    Its prox solves (A'A + (l2 + rho) I) x = A'b + rho v, factorised once a rho.
    """

    def __init__(self, A: np.ndarray, b: np.ndarray, l2: float = 0.0) -> None:
        self._A, self._b = data(A, b)
        self._l2 = weight("l2", l2)
        self.n = self._A.shape[1]
        self._gram, self._right = self._A.T @ self._A, self._A.T @ self._b
        self._factor: tuple[float, tuple[np.ndarray, bool]] | None = None

    def prox(self, v: np.ndarray, rho: float) -> np.ndarray:
        """argmin f(x) + rho/2 |x - v|^2."""
        if self._factor is None or self._factor[0] != rho:
            system = self._gram + (self._l2 + rho) * np.eye(self.n)
            self._factor = rho, cho_factor(system)
        return np.asarray(cho_solve(self._factor[1], self._right + rho * v))

    def objective(self, x: np.ndarray) -> float:
        """f(x)."""
        rest = self._A @ x - self._b
        return float(0.5 * rest @ rest + 0.5 * self._l2 * x @ x)

    @property
    def program(self) -> QuadraticProgram:
        """f as a quadratic program without rows."""
        P = self._gram + self._l2 * np.eye(self.n)
        return QuadraticProgram(
            P=csc_array((P + P.T) / 2),
            q=-self._right,
            A=csc_array((0, self.n)),
            l=np.zeros(0),
            u=np.zeros(0),
            r=float(0.5 * self._b @ self._b),
        )


class Lasso:
    """f(x) = 1/2 |A x - b|^2 + l1 |x|_1 for A (m, n), b (m,), l1 >= 0.

    With H = A'A + rho I and c = A'b + rho v the prox minimises 1/2 x'H x - c'x + l1 |x|_1.
    Where its signs s are known it solves H_SS x_S = c_S - l1 s_S; so the signs of the last
    answer are tried first, and accelerated proximal gradient steps (FISTA in its strongly
    convex form, doi:10.1137/080716542) find others until the conditions of optimality hold.
    """

    def __init__(self, A: np.ndarray, b: np.ndarray, l1: float) -> None:
        self._A, self._b = data(A, b)
        self._l1 = weight("l1", l1)
        self.n = self._A.shape[1]
        self._gram, self._right = self._A.T @ self._A, self._A.T @ self._b
        self._largest = float(np.linalg.eigvalsh(self._gram)[-1]) if self.n else 0.0
        self._x = np.zeros(self.n)

    def prox(self, v: np.ndarray, rho: float) -> np.ndarray:
        """argmin f(x) + rho/2 |x - v|^2."""
        H, c = self._gram + rho * np.eye(self.n), self._right + rho * v
        largest = max(self._largest, 0.0) + rho
        momentum = (np.sqrt(largest) - np.sqrt(rho)) / (np.sqrt(largest) + np.sqrt(rho))
        x = ahead = self._x
        for sweep in range(_SWEEPS):
            if sweep % _TRY == 0:
                exact = self._by_signs(H, c, np.sign(x))
                if exact is not None:
                    x = exact
                    break
            step = ahead - (H @ ahead - c) / largest
            moved = np.sign(step) * np.maximum(np.abs(step) - self._l1 / largest, 0.0)
            ahead, before, x = moved + momentum * (moved - x), x, moved
            if np.abs(x - before).max(initial=0.0) <= 1e-15 * np.abs(x).max(initial=0.0):
                break
        self._x = x
        return x.copy()

    def objective(self, x: np.ndarray) -> float:
        """f(x)."""
        rest = self._A @ x - self._b
        return float(0.5 * rest @ rest + self._l1 * np.abs(x).sum())

    def _by_signs(self, H: np.ndarray, c: np.ndarray, signs: np.ndarray) -> np.ndarray | None:
        kept = np.flatnonzero(signs)
        x = np.zeros(self.n)
        if kept.size:
            x[kept] = np.linalg.solve(H[np.ix_(kept, kept)], c[kept] - self._l1 * signs[kept])
            if (x[kept] * signs[kept] < 0).any():
                return None
        pull = np.abs(c - H @ x)
        pull[kept] = 0.0
        allowed = self._l1 + _TOLERANCE * (1.0 + np.abs(c).max(initial=0.0))
        return x if (pull <= allowed).all() else None


class Logistic:
    """f(x) = sum_k log(1 + exp(-y_k a_k'x)) + l2/2 |x|^2 for A (m, n), y (m,) in {-1, 1}.

    Its prox is found by Newton's method with backtracking, from the last answer.
    """

    def __init__(self, A: np.ndarray, y: np.ndarray, l2: float = 0.0) -> None:
        self._A, labels = data(A, y)
        if not np.isin(labels, (-1.0, 1.0)).all():
            at = int(np.argmin(np.isin(labels, (-1.0, 1.0))))
            raise InvalidInstance(f"label {at} is {labels[at]}", remedy="labels are -1 or 1")
        self._l2 = weight("l2", l2)
        self.n = self._A.shape[1]
        self._signed = labels[:, None] * self._A
        self._x = np.zeros(self.n)

    def prox(self, v: np.ndarray, rho: float) -> np.ndarray:
        """argmin f(x) + rho/2 |x - v|^2."""
        x, eye = self._x, np.eye(self.n)

        def value(at: np.ndarray) -> float:
            return self.objective(at) + 0.5 * rho * float((at - v) @ (at - v))

        for _ in range(_STEPS):
            wrong = expit(-self._signed @ x)
            slope = -self._signed.T @ wrong + self._l2 * x + rho * (x - v)
            scale = 1.0 + rho * np.abs(v).max(initial=0.0)
            if np.abs(slope).max(initial=0.0) <= _TOLERANCE * scale:
                break
            curved = self._signed.T @ ((wrong * (1.0 - wrong))[:, None] * self._signed)
            step = np.linalg.solve(curved + (self._l2 + rho) * eye, -slope)
            moved = _backtrack(value, x, step, float(slope @ step))
            if moved is None:
                break
            x = moved
        else:
            raise SolverFailed(f"Newton's method did not end in {_STEPS} steps")
        self._x = x
        return x.copy()

    def objective(self, x: np.ndarray) -> float:
        """f(x)."""
        return float(np.logaddexp(0.0, -self._signed @ x).sum() + 0.5 * self._l2 * x @ x)


def data(A: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64, checked: A (m, n), b (m,), finite."""
    A, b = np.array(A, dtype=np.float64), np.array(b, dtype=np.float64)
    if A.ndim != 2 or b.shape != A.shape[:1]:
        raise InvalidInstance(f"data of shapes {A.shape} and {b.shape}, expected (m, n) and (m,)")
    if not (np.isfinite(A).all() and np.isfinite(b).all()):
        raise InvalidInstance("the data have NaN or infinities")
    return A, b


def weight(name: str, value: float) -> float:
    """A finite weight of 0 or more."""
    if not (np.isfinite(value) and value >= 0):
        raise InvalidInstance(f"{name} is {value}", remedy="give a finite number of 0 or more")
    return float(value)


def _backtrack(
    value: Callable[[np.ndarray], float], x: np.ndarray, step: np.ndarray, slope: float
) -> np.ndarray | None:
    """The first point along the step that descends; None where rounding hides a descent."""
    here, length = value(x), 1.0
    for _ in range(_HALVINGS):
        if value(x + length * step) <= here + _ARMIJO * length * slope + 1e-15 * abs(here):
            return x + length * step
        length *= 0.5
    return None
