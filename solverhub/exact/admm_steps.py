"""Step sizes of the splitting: one weight a row, the same in a class of rows.

Rows fall in four classes: free (no side), one-sided, two-sided and equality.  A row's weight
is rho times the factor of its class; equality rows start with a large one, for their
multiplier is never at rest.  `balance` compares the primal residual, relative to the size of
the rows, with the dual residual; the root of that ratio is the change that would have
balanced the two (He, Yang and Wang 2000, doi 10.1023/A:1004603514434; the root
as in OSQP).
"""

from __future__ import annotations

import numpy as np

FREE, ONE_SIDED, TWO_SIDED, EQUALITY = range(4)
LEAST, MOST = 1e-6, 1e6
_WORTH = 3.0
_FREE_WEIGHT = 1e-6


def row_classes(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The class of every row, int64 (m,)."""
    sides = np.isfinite(low).astype(np.int64) + np.isfinite(high)
    return np.where((sides == 2) & (low == high), EQUALITY, sides)


class Steps:
    """The weights of the rows; `weight` is float64 (m,)."""

    def __init__(self, low: np.ndarray, high: np.ndarray, rho: float, equality: float) -> None:
        self.classes = row_classes(low, high)
        self.rho = np.full(4, rho)
        self.rho[FREE] = _FREE_WEIGHT
        self.rho[EQUALITY] = equality * rho
        self._limit()

    def _limit(self) -> None:
        self.rho[1:] = np.clip(self.rho[1:], LEAST, MOST)
        self.weight = self.rho[self.classes]

    def balance(self, rows: np.ndarray, z: np.ndarray, dual: float, scale: float) -> bool:
        """Adapt to Ax = `rows`, its projection z and the dual residual; True if it changed.

        `dual` is |Px + q + A'y|_inf and `scale` the size of its parts.
        """
        miss = np.abs(rows - z)
        size = max(float(np.abs(rows).max(initial=0.0)), float(np.abs(z).max(initial=0.0)), 1e-10)
        primal = float(miss.max(initial=0.0)) / size
        ratio = np.sqrt(max(primal, 1e-12) / max(dual / max(scale, 1e-10), 1e-12))
        if 1.0 / _WORTH < ratio < _WORTH:
            return False
        before = self.weight
        self.rho[1:] *= np.clip(ratio, 1e-3, 1e3)
        self._limit()
        return not np.array_equal(before, self.weight)
