"""The splitting itself: one linear solve and one projection a step.

With z = clip(v), y = rho (v - z) the state is w = (x, v).  A step solves

    [ P + sigma I   A'       ] [ x~ ]   [ sigma x - q ]
    [ A             -1/rho   ] [ nu ] = [ z - y / rho ],      z~ = z + (nu - y) / rho,

and relaxes: x <- alpha x~ + (1 - alpha) x, v <- alpha z~ + (1 - alpha) z + y / rho.  That
map is averaged in the norm weighted by (sigma, rho), in which it is accelerated
(Stellato et al., OSQP, doi 10.1007/s12532-020-00179-2; Banjac et al. 2019,
doi 10.1007/s10957-019-01575-y for what differences of iterates prove).
"""

from __future__ import annotations

import numpy as np

from solverhub.exact.admm_acceleration import Anderson
from solverhub.exact.admm_linear import LinearSystem
from solverhub.exact.admm_scaling import Scaled
from solverhub.exact.admm_settings import AdmmParams
from solverhub.exact.admm_steps import Steps
from solverhub.ops.sparse_qp import Array


class Splitting:
    """The iteration from (x, y); after `step`, `x, z, y` and the differences `dx, dy`."""

    def __init__(
        self,
        scaled: Scaled,
        linear: LinearSystem,
        steps: Steps,
        params: AdmmParams,
        x: np.ndarray,
        y: np.ndarray,
    ) -> None:
        self._s, self._linear, self._params = scaled, linear, params
        self.steps = steps
        self._on = on = linear.vectors
        n, m = scaled.D.size, scaled.E.size
        self._n = n
        self._q, self._low, self._high = (on.array(side) for side in (scaled.q, scaled.l, scaled.u))
        self._a, self._b = on.empty(n), on.empty(m)
        memory = params.acceleration
        self._anderson = Anderson(on, memory, n + m) if memory else None
        self.place(x, y)

    def place(self, x: np.ndarray, y: np.ndarray) -> None:
        """Go on from here, with z = clip(Ax)."""
        s = self._s
        self.x, self.y = x.copy(), y.copy()
        self.z = np.clip(s.A @ x, s.l, s.u)
        self._restart()

    def _restart(self) -> None:
        weight, on = self.steps.weight, self._on
        self._rho = on.array(weight)
        self._root = on.array(
            np.concatenate([np.full(self._n, np.sqrt(self._params.sigma)), np.sqrt(weight)])
        )
        self._w = on.array(np.concatenate([self.x, self.z + self.y / weight]))
        if self._anderson:
            self._anderson.reset()

    def step(self) -> None:
        """One step, on the device of the linear system."""
        on, n, low, high = self._on, self._n, self._low, self._high
        sigma, alpha = self._params.sigma, self._params.alpha
        x, v = self._w[:n], self._w[n:]
        self._linear.prepare(sigma, self.steps.weight)
        on.right_side(x, v, self._q, low, high, sigma, self._a, self._b)
        found_x, found_v = self._linear.solve(self._a, self._b)
        new = on.empty(self._w.size)
        on.relax(x, v, found_x, found_v, low, high, self._rho, alpha, new[:n], new[n:])
        self._before, self._new = self._w, new
        if self._anderson:
            root = self._root
            self._w = self._anderson.next(root * self._w, root * new) / root
        else:
            self._w = new

    def settle(self) -> None:
        """Set x, z, y and the differences from the last step, on the host."""
        on, n = self._on, self._n
        _, before = self._sides(self._before[n:])
        z, y = self._sides(self._new[n:])
        self.dx = on.host(self._new[:n] - self._before[:n])
        self.dy = on.host(y - before)
        self.x, self.z, self.y = on.host(self._new[:n]), on.host(z), on.host(y)

    def _sides(self, v: Array) -> tuple[Array, Array]:
        z, y = self._on.empty(v.size), self._on.empty(v.size)
        self._on.split(v, self._low, self._high, self._rho, z, y)
        return z, y

    def adapt(self) -> bool:
        """Balance the weights; True if they changed."""
        s = self._s
        curvature, pull = s.P @ self.x, s.A.T @ self.y
        dual = float(np.abs(curvature + s.q + pull).max(initial=0.0))
        scale = max(float(np.abs(part).max(initial=0.0)) for part in (curvature, pull, s.q))
        if not self.steps.balance(s.A @ self.x, self.z, dual, scale):
            return False
        self._restart()
        return True
