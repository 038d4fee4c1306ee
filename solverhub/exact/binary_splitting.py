"""ADMM over a discrete set, from many starts at once.

The convex part of the program and the set X (bounds, whole numbers) get a copy of x each, the
rows another: with scaled multipliers u and v a step is

    x <- argmin 1/2 x'P x + q'x + rho/2 (|x - y + u|^2 + |Gx - w + v|^2),
    y <- project(x + u),   w <- clip(Gx + v, low, high),   u += x - y,   v += Gx - w.

- `projected`: y is rounded to X (Takapoui, Moehle, Boyd and Bemporad 2017, arXiv:1509.08416):
  a heuristic without a guarantee, hence the many starts.
- `lp_box`: {0,1}^n is the box cut by the sphere |x - 1/2|^2 = n/4; x gets a copy for each of
  the two, and rho grows, which drives x to where they meet (Wu and Ghanem 2018,
  arXiv:1604.07666, with p = 2).

Rows are scaled to length 1.  The matrix P + rho (I + G'G) is factorised once a rho, and all
starts (the columns of an array) share it: a dense Cholesky factor, or QDLDL of the
quasi-definite form where the data are sparse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csc_array, csr_array, diags_array

from solverhub.exact.admm_linear import Direct
from solverhub.exact.binary_form import DiscreteForm

_SMALL, _FULL = 300, 0.05
_MOST_DENSE = 4000
_MOST_BYTES = 2.0**28
_LOOK = 4
_GROWTH, _LEVELS, _FIRST = 1.8, 10, 0.1

Stop = Callable[[], bool]


class _Solved(Protocol):
    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray: ...


class Splitting:
    """The steps on one program; safe to share between threads.

    `scale` is the curvature that a rho of 1 stands for.
    """

    def __init__(self, form: DiscreteForm) -> None:
        self.form = form
        lengths = np.sqrt(np.asarray(form.G.multiply(form.G).sum(axis=1)).ravel())
        inverse = 1.0 / np.where(lengths > 0, lengths, 1.0)
        self.G = csr_array(diags_array(inverse) @ form.G) if form.G.shape[0] else form.G
        self.Gt = csr_array(self.G.T)
        self.low, self.high = (form.low * inverse)[:, None], (form.high * inverse)[:, None]
        curvature = float(np.abs(form.P.diagonal()).mean()) if form.n else 0.0
        cost = float(np.abs(form.q).mean()) if form.n else 0.0
        self.scale = curvature or cost or 1.0
        self._systems: dict[float, _Solved] = {}

    def projected(self, starts: np.ndarray, rho: float, steps: int, stop: Stop) -> np.ndarray:
        """From `starts` (n, K): the best projected iterate of each, (n, K), by `merit`."""
        solve, weight = self._system(rho * self.scale), rho * self.scale
        y = self.form.project(starts)
        u = np.zeros_like(y)
        w = np.clip(self.G @ y, self.low, self.high)
        v = np.zeros_like(w)
        best, value = y.copy(), self.merit(y)
        for step in range(steps):
            x = solve(weight * (y - u) - self.form.q[:, None], w - v)
            y = self.form.project(x + u)
            rows = self.G @ x
            w = np.clip(rows + v, self.low, self.high)
            u += x - y
            v += rows - w
            if step % _LOOK == _LOOK - 1:
                found = self.merit(y)
                better = found < value
                best[:, better], value[better] = y[:, better], found[better]
            if stop():
                break
        return best

    def lp_box(self, starts: np.ndarray, steps: int, stop: Stop) -> np.ndarray:
        """From `starts` (n, K) of a binary program: the binary points reached, (n, K)."""
        form = self.form
        free = form.lower < form.upper
        x = np.clip(starts, form.lower[:, None], form.upper[:, None])
        box, ball = x.copy(), x.copy()
        u, t = np.zeros_like(x), np.zeros_like(x)
        w = np.clip(self.G @ x, self.low, self.high)
        v = np.zeros_like(w)
        rho = _FIRST
        for _ in range(_LEVELS):
            solve, weight = self._system(rho * self.scale), rho * self.scale
            for _ in range(max(1, steps // _LEVELS)):
                middle = 0.5 * (box - u + ball - t)
                x = solve(weight * middle - form.q[:, None], w - v)
                box = np.clip(x + u, form.lower[:, None], form.upper[:, None])
                ball = _on_sphere(x + t, free, box)
                rows = self.G @ x
                w = np.clip(rows + v, self.low, self.high)
                u += x - box
                t += x - ball
                v += rows - w
                if stop():
                    return form.project(x)
            rho *= _GROWTH
            u, t, v = u / _GROWTH, t / _GROWTH, v / _GROWTH
        return form.project(x)

    def merit(self, points: np.ndarray) -> np.ndarray:
        """Objective plus a penalty on what the scaled rows lack, (K,)."""
        form = self.form
        value = np.einsum("ij,ij->j", points, 0.5 * (form.P @ points) + form.q[:, None])
        if not form.low.size:
            return np.asarray(value)
        rows = self.G @ points
        lack = np.maximum(self.low - rows, 0.0) + np.maximum(rows - self.high, 0.0)
        return np.asarray(value + 10.0 * (self.scale + np.abs(form.q).max()) * lack.sum(axis=0))

    def _system(self, rho: float) -> _Solved:
        known = self._systems.get(rho)
        if known is None:
            known = self._factorised(rho)
            size = 8.0 * self.form.n**2 * (len(self._systems) + 1)
            if size <= _MOST_BYTES:
                self._systems[rho] = known
        return known

    def _factorised(self, rho: float) -> _Solved:
        form, n = self.form, self.form.n
        full = (form.P.nnz + self.G.nnz) / max(1, n * n)
        if n <= _SMALL or (full >= _FULL and n <= _MOST_DENSE):
            matrix = (form.P + rho * (self.Gt @ self.G)).toarray()
            matrix[np.diag_indices(n)] += rho
            factor = cho_factor(matrix, overwrite_a=True, check_finite=False)

            def dense(a: np.ndarray, b: np.ndarray) -> np.ndarray:
                right = a + rho * (self.Gt @ b)
                found: np.ndarray = cho_solve(factor, right, overwrite_b=True, check_finite=False)
                return found

            return dense
        system = Direct(form.P, csc_array(self.G))
        system.prepare(rho, np.full(self.G.shape[0], rho))

        def sparse(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            pairs = zip(a.T, b.T, strict=True)
            return np.stack([system.solve(left, right)[0] for left, right in pairs], axis=1)

        return sparse


def _on_sphere(points: np.ndarray, free: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The nearest points of the sphere through the corners of the free columns' box."""
    away = points[free] - 0.5
    length = np.maximum(np.linalg.norm(away, axis=0), 1e-12)
    found = box.copy()
    found[free] = 0.5 + (0.5 * np.sqrt(float(free.sum()))) * away / length
    return found
