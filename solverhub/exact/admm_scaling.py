"""Ruiz equilibration of a quadratic program, and the way back.

With D, E diagonal and c > 0 the scaled problem is

    P' = c D P D,  q' = c D q,  A' = E A D,  l' = E l,  u' = E u,

and x = D x', z = E^-1 z', y = E y' / c.  Sweeps divide every row and column of the matrix
[P A'; A 0] by the root of its largest entry, so that they tend to 1; c then brings the
objective's gradient to size 1.

Ruiz, A scaling algorithm to equilibrate both rows and columns norms in matrices,
RAL-TR-2001-034 (2001); Stellato et al., OSQP, doi 10.1007/s12532-020-00179-2, section 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array

from solverhub.problems.quadratic_program import QuadraticProgram

_LEAST, _MOST = 1e-6, 1e6


@dataclass(frozen=True, eq=False)
class Scaled:
    """The scaled problem and its factors: `D` (n,), `E` (m,) and `c`."""

    P: csc_array
    q: np.ndarray
    A: csc_array
    l: np.ndarray  # noqa: E741 (the name of the field)
    u: np.ndarray
    D: np.ndarray
    E: np.ndarray
    c: float

    def original(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pair in the units of the problem as given."""
        return self.D * x, self.E * y / self.c

    def inward(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A pair of the problem as given, in scaled units."""
        return x / self.D, self.c * y / self.E


def scale(qp: QuadraticProgram, sweeps: int) -> Scaled:
    """Equilibrate; sizes of empty rows and columns stay 1."""
    D, E = np.ones(qp.n), np.ones(qp.m)
    P, A = abs(qp.P), abs(qp.A)
    for _ in range(sweeps):
        p, a = _scaled(P, D, D), _scaled(A, E, D)
        D /= np.sqrt(_size(np.maximum(_tops(p), _tops(a))))
        E /= np.sqrt(_size(_tops(a.T.tocsc())))
    c = _cost(_scaled(P, D, D), D * qp.q) if sweeps else 1.0
    return Scaled(
        c * _scaled(qp.P, D, D), c * D * qp.q, _scaled(qp.A, E, D), E * qp.l, E * qp.u, D, E, c
    )


def _cost(P: csc_array, q: np.ndarray) -> float:
    size = max(float(_tops(P).mean()) if q.size else 0.0, float(np.abs(q).max(initial=0.0)))
    return float(np.clip(1.0 / size, 1e-12, 1e12)) if size > 0 else 1.0


def _scaled(M: csc_array, left: np.ndarray, right: np.ndarray) -> csc_array:
    columns = np.repeat(np.arange(M.shape[1]), np.diff(M.indptr))
    data = left[M.indices] * M.data * right[columns]
    return csc_array((data, M.indices, M.indptr), shape=M.shape)


def _tops(M: csc_array) -> np.ndarray:
    """Largest size in every column."""
    tops = np.zeros(M.shape[1])
    full = np.flatnonzero(np.diff(M.indptr))
    if full.size:
        tops[full] = np.maximum.reduceat(np.abs(M.data), M.indptr[full])
    return tops


def _size(tops: np.ndarray) -> np.ndarray:
    return np.clip(np.where(tops == 0, 1.0, tops), _LEAST, _MOST)
