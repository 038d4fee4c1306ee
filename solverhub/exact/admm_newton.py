"""Proximal method of multipliers with a semismooth Newton method inside.

Outer step k minimises over x, to a falling tolerance,

    1/2 x'Px + q'x + |x - c|^2 / (2 gamma) + 1/2 dist(Ax + y / s, [l, u])^2_s,

then takes y <- s (w - clip(w)), w = Ax + y / s, and c <- x.  The function is piecewise
quadratic: a Newton step solves with the rows outside their sides alone, and an exact line
search follows it over all breakpoints.  Where splitting needs thousands of cheap steps this
needs tens of factorisations.

Hermans, Themelis and Patrinos, QPALM, doi 10.1007/s12532-022-00218-0 (the rules for s and
gamma are near to theirs); Rockafellar 1976, doi 10.1287/moor.1.2.97.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solverhub.exact.admm_line_search import step_length
from solverhub.exact.admm_linear import LinearSystem
from solverhub.exact.admm_scaling import Scaled

GAMMA_FIRST, GAMMA_MOST = 1e1, 1e10
QUICK, GROWTH = 5, 10.0
_WEIGHT_MOST = 1e8
_SHRINK = 0.25
_INNER = 100


class Newton:
    """The state: x (n,), y (m,) in scaled units, weights s; `steps` counts Newton steps."""

    def __init__(
        self,
        scaled: Scaled,
        linear: LinearSystem,
        x: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray,
    ) -> None:
        self._s, self._linear = scaled, linear
        self._At = scaled.A.T.tocsr()
        self.x, self.y = x.copy(), y.copy()
        self.weight = weight.copy()
        self.gamma = GAMMA_FIRST
        self.steps = 0

    def run(self) -> Iterator[bool]:
        """Yield after every Newton step; True when an outer step has ended."""
        s = self._s
        missed = np.full(s.E.size, np.inf)
        inner = 1.0
        while True:
            begun = self.steps
            yield from self._minimise(inner)
            growth = GROWTH if self.steps - begun <= QUICK else 1.0
            miss = np.abs(s.A @ self.x - self._clipped)
            self.y = self._multipliers
            yield True
            self._adapt(miss, missed, growth)
            missed = miss
            self.gamma = min(self.gamma * growth, GAMMA_MOST)
            inner = max(0.1 * inner, 1e-11)

    def _minimise(self, tolerance: float) -> Iterator[bool]:
        s, weight = self._s, self.weight
        centre, zero = self.x, np.zeros(s.E.size)
        x, prox = self.x, 1.0 / self.gamma
        before: np.ndarray | None = None
        whole = False
        rows, curvature = s.A @ x, s.P @ x
        for _ in range(_INNER):
            w = rows + self.y / weight
            clipped = np.clip(w, s.l, s.u)
            multipliers = weight * (w - clipped)
            smooth = curvature + s.q + prox * (x - centre)
            gradient = smooth + self._At @ multipliers
            self.x, self._clipped, self._multipliers = x, clipped, multipliers
            if float(np.abs(gradient).max(initial=0.0)) <= tolerance:
                return
            active = w != clipped
            if whole and before is not None and np.array_equal(active, before):
                return
            self._linear.prepare(prox, np.where(active, weight, 0.0))
            d, _v = self._linear.solve(-gradient, zero, exact=True)
            along, bent = s.A @ d, s.P @ d
            t = step_length(
                w, along, s.l, s.u, weight, float(d @ bent) + prox * float(d @ d), float(d @ smooth)
            )
            self.steps += 1
            if t == 0.0 or not np.isfinite(t):
                return
            whole, before = abs(t - 1.0) < 1e-6, active
            x, rows, curvature = x + t * d, rows + t * along, curvature + t * bent
            self.x = x
            yield False

    def _adapt(self, miss: np.ndarray, missed: np.ndarray, growth: float) -> None:
        top = float(miss.max(initial=0.0))
        if top == 0.0:
            return
        slow = miss > _SHRINK * missed
        factor = np.where(slow, np.maximum(1.0, 100.0 * miss / top), 1.0)
        if top > _SHRINK * float(missed.max(initial=0.0)):
            factor = np.maximum(factor, growth)
        self.weight = np.minimum(self.weight * factor, np.maximum(_WEIGHT_MOST, self.weight))
