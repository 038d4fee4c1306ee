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
from solverhub.exact.admm_kernels import relax, right_side, split
from solverhub.exact.admm_linear import LinearSystem
from solverhub.exact.admm_scaling import Scaled
from solverhub.exact.admm_settings import AdmmParams
from solverhub.exact.admm_steps import Steps


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
        z: np.ndarray | None = None,
    ) -> None:
        self._s, self._linear, self._params = scaled, linear, params
        self.steps = steps
        n, m = scaled.D.size, scaled.E.size
        self._n = n
        self._a, self._b = np.empty(n), np.empty(m)
        self._anderson = Anderson(params.acceleration, n + m)
        self.place(x, y, z)

    def place(self, x: np.ndarray, y: np.ndarray, z: np.ndarray | None = None) -> None:
        """Go on from here; z is clip(Ax) where none is given."""
        s = self._s
        self.x, self.y = x.copy(), y.copy()
        self.z = np.clip(s.A @ x if z is None else z, s.l, s.u)
        self._restart()

    def _restart(self) -> None:
        weight = self.steps.weight
        self._root = np.concatenate(
            [np.full(self._n, np.sqrt(self._params.sigma)), np.sqrt(weight)]
        )
        self._w = np.concatenate([self.x, self.z + self.y / weight])
        self._anderson.reset()

    def step(self) -> None:
        """One step."""
        s, n, weight = self._s, self._n, self.steps.weight
        sigma, alpha = self._params.sigma, self._params.alpha
        x, v = self._w[:n], self._w[n:]
        self._linear.prepare(sigma, weight)
        right_side(x, v, s.q, s.l, s.u, sigma, self._a, self._b)
        found_x, found_v = self._linear.solve(self._a, self._b)
        new = np.empty(self._w.size)
        relax(x, v, found_x, found_v, s.l, s.u, weight, alpha, new[:n], new[n:])
        self._before, self._new = self._w, new
        if self._params.acceleration:
            root = self._root
            self._w = self._anderson.next(root * self._w, root * new) / root
        else:
            self._w = new

    def settle(self) -> None:
        """Set x, z, y and the differences from the last step."""
        s, n, weight = self._s, self._n, self.steps.weight
        z, y = np.empty(weight.size), np.empty(weight.size)
        split(self._before[n:], s.l, s.u, weight, z, y)
        self.dx, before = self._new[:n] - self._before[:n], y
        z, y = np.empty(weight.size), np.empty(weight.size)
        split(self._new[n:], s.l, s.u, weight, z, y)
        self.dy = y - before
        self.x, self.z, self.y = self._new[:n], z, y

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
