"""Anderson acceleration of a fixed-point iteration w <- T(w), safeguarded.

With f = T(w) - w, the last differences dF, dG of f and of T(w), and gamma = argmin
|f - dF gamma|, the next point is T(w) - dG gamma (type II; Walker and Ni 2011, doi
10.1137/10078356X).  A step that lets the fixed-point residual |f| grow beyond `GROWTH` of the
one it started from is taken back to the plain step, and the memory is cleared, so that the
iteration keeps the convergence of T (the idea of Zhang, O'Donoghue and Boyd 2020,
doi 10.1137/18M1232772).
"""

from __future__ import annotations

import numpy as np

from solverhub.exact.admm_kernels import combine, products

GROWTH = 2.0
_REGULAR = 1e-10
_WILD = 1e6


class Anderson:
    """The memory of the last `memory` differences; 0 gives the plain iteration."""

    def __init__(self, memory: int, size: int) -> None:
        self._memory = memory
        self._df, self._dg = np.zeros((memory, size)), np.zeros((memory, size))
        self._gram = np.zeros((memory, memory))
        self.rejected = 0
        self.reset()

    def reset(self) -> None:
        """Forget; the next step is a plain one."""
        self._held = 0
        self._last: tuple[np.ndarray, np.ndarray] | None = None
        self._plain: np.ndarray | None = None
        self._norm = np.inf

    def next(self, w: np.ndarray, g: np.ndarray) -> np.ndarray:
        """The point to go on from, where g = T(w); both float64 (size,)."""
        if self._memory == 0:
            return g
        f = g - w
        norm = float(np.linalg.norm(f))
        if self._plain is not None and not norm <= GROWTH * self._norm:
            fallback = self._plain
            self.rejected += 1
            self.reset()
            return fallback
        if self._last is not None:
            self._remember(f - self._last[0], g - self._last[1])
        self._last = f, g
        self._norm, self._plain = norm, None
        if self._held < 2:
            return g
        k = min(self._held, self._memory)
        gamma = self._coefficients(k, f)
        if gamma is None:
            return g
        self._plain = g
        extrapolated: np.ndarray = combine(g, self._dg[:k], gamma)
        return extrapolated

    def _coefficients(self, k: int, f: np.ndarray) -> np.ndarray | None:
        gram = self._gram[:k, :k]
        regular = gram + _REGULAR * (np.trace(gram) + 1e-300) * np.eye(k)
        try:
            gamma = np.linalg.solve(regular, products(self._df[:k], f))
        except np.linalg.LinAlgError:
            return None
        return gamma if np.isfinite(gamma).all() and np.abs(gamma).max() <= _WILD else None

    def _remember(self, df: np.ndarray, dg: np.ndarray) -> None:
        at = self._held % self._memory
        self._df[at], self._dg[at] = df, dg
        self._held += 1
        k = min(self._held, self._memory)
        self._gram[at, :k] = self._gram[:k, at] = products(self._df[:k], df)
