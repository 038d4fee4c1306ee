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

from solverhub.ops.sparse_qp import Array, Vectors

GROWTH = 2.0
_REGULAR = 1e-10
_WILD = 1e6


class Anderson:
    """The last `memory` >= 1 differences of points (size,), which lie where `vectors` has them."""

    def __init__(self, vectors: Vectors, memory: int, size: int) -> None:
        self._on, self._memory = vectors, memory
        self._df, self._dg = vectors.empty(memory, size), vectors.empty(memory, size)
        self._gram = np.zeros((memory, memory))
        self.reset()

    def reset(self) -> None:
        """Forget; the next step is a plain one."""
        self._held = 0
        self._last: tuple[Array, Array] | None = None
        self._plain: Array | None = None
        self._norm = np.inf

    def next(self, w: Array, g: Array) -> Array:
        """The point to go on from, where g = T(w); both float64 (size,)."""
        f = g - w
        norm = float(self._on.dot(f, f)) ** 0.5
        if self._plain is not None and not norm <= GROWTH * self._norm:
            fallback = self._plain
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
        return self._on.minus_rows(g, self._dg[:k], gamma)

    def _coefficients(self, k: int, f: Array) -> np.ndarray | None:
        gram = self._gram[:k, :k]
        regular = gram + _REGULAR * (np.trace(gram) + 1e-300) * np.eye(k)
        try:
            gamma = np.linalg.solve(regular, self._on.dots(self._df[:k], f))
        except np.linalg.LinAlgError:
            return None
        return gamma if np.isfinite(gamma).all() and np.abs(gamma).max() <= _WILD else None

    def _remember(self, df: Array, dg: Array) -> None:
        at = self._held % self._memory
        self._df[at], self._dg[at] = df, dg
        self._held += 1
        k = min(self._held, self._memory)
        self._gram[at, :k] = self._gram[:k, at] = self._on.dots(self._df[:k], df)
