"""Is a symmetric matrix positive semidefinite, and if not, along which direction?

P is scaled to a unit diagonal, which keeps the signs of its eigenvalues.  A scaled
eigenvalue of -1e-8 or more passes, as rounding of the data.  In this order:

1. a negative diagonal entry, or a pair with P_ij^2 > P_ii P_jj, is a negative direction;
2. a diagonally dominant matrix has none;
3. otherwise a Cholesky factorisation of the banded matrix in the ordering of Cuthill and
   McKee (LAPACK's pbtrf) decides; where it breaks off, the last row gives the direction;
4. where that costs too much, LOBPCG looks for one (Knyazev 2001, doi
   10.1137/S1064827500366124): what it finds is certain, but eigenvalues near zero
   may escape it.

The answer is a curvature v'Pv / v'v of P itself, above which its least eigenvalue cannot lie; a
few steps of LOBPCG from the direction bring it near that.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.linalg.lapack import dpbtrf, dpbtrs
from scipy.sparse import csc_array, csr_array, diags_array, eye_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import lobpcg

TOLERANCE = 1e-8
_MOST_WORK = 5e8
_MOST_STORED = 2e7
_ITERATIONS = 60
_DENSE = 200


def negative_curvature(P: csc_array) -> float | None:
    """An estimate of a negative eigenvalue of P, None where none is found.

    `P` is symmetric (n, n) float64.  Its least eigenvalue is at most the answer.
    """
    used = np.flatnonzero(np.diff(P.indptr))
    matrix = csr_array(P[used][:, used])
    diagonal = matrix.diagonal()
    largest = float(np.abs(matrix.data).max(initial=0.0))
    if not largest:
        return None
    if (diagonal < -TOLERANCE * largest).any():
        return float(diagonal.min())
    scale = 1.0 / np.sqrt(np.maximum(diagonal, TOLERANCE * largest * np.finfo(float).eps))
    scaled = csr_array(diags_array(scale) @ matrix @ diags_array(scale))
    entries = scaled.tocoo()
    apart = entries.row != entries.col
    sizes = np.abs(entries.data[apart])
    if sizes.max(initial=0.0) > 1.0 + TOLERANCE:
        worst = int(sizes.argmax())
        pair = [int(entries.row[apart][worst]), int(entries.col[apart][worst])]
        return float(np.linalg.eigvalsh(matrix[pair][:, pair].toarray())[0])
    rows = np.bincount(entries.row[apart], weights=sizes, minlength=used.size)
    if (rows <= 1.0).all():
        return None
    direction = _negative_direction(scaled)
    if direction is None:
        return None
    if direction @ (scaled @ direction) >= -TOLERANCE * (direction @ direction):
        return None
    return _estimate(matrix, scale * direction)


def _estimate(matrix: csr_array, v: np.ndarray) -> float:
    """A curvature near the least eigenvalue, and no larger than that of v."""
    if v.size <= _DENSE:
        return float(np.linalg.eigvalsh(matrix.toarray())[0])
    start = v / np.linalg.norm(v)
    return min(float(start @ (matrix @ start)), _lowest(matrix, start)[0])


def _negative_direction(scaled: csr_array) -> np.ndarray | None:
    order = reverse_cuthill_mckee(scaled, symmetric_mode=True)
    entries = scaled[order][:, order].tocoo()
    width = int(np.abs(entries.row - entries.col).max())
    n = scaled.shape[0]
    if n * (width + 1) ** 2 > _MOST_WORK or n * (width + 1) > _MOST_STORED:
        return _sought_direction(scaled)
    band = np.zeros((width + 1, n), order="F")
    below = entries.row >= entries.col
    row, column = entries.row[below], entries.col[below]
    band[row - column, column] = entries.data[below]
    band[0] += TOLERANCE
    factor, failed = dpbtrf(band, lower=1)
    if failed <= 0:
        return None
    direction = np.zeros(n)
    direction[order] = _broken_row(band, factor, failed - 1)
    return direction


def _broken_row(band: np.ndarray, factor: np.ndarray, k: int) -> np.ndarray:
    """v = (-B^-1 b, 1, 0, ...) of the leading block [[B, b], [b', c]]: v'v its Schur complement."""
    v = np.zeros(band.shape[1])
    v[k] = 1.0
    if k:
        first = max(0, k - band.shape[0] + 1)
        right = np.zeros(k)
        right[first:] = band[k - np.arange(first, k), np.arange(first, k)]
        solved, _ = dpbtrs(factor[:, :k], right, lower=1)
        v[:k] = -solved
    return v


def _sought_direction(scaled: csr_array) -> np.ndarray:
    start = np.random.default_rng(0).standard_normal(scaled.shape[0])
    return _lowest(csr_array(scaled + TOLERANCE * eye_array(scaled.shape[0])), start)[1]


def _lowest(matrix: csr_array, start: np.ndarray) -> tuple[float, np.ndarray]:
    """Curvature and direction that LOBPCG reaches from a start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every eigenvalue that has not settled
        _, found = lobpcg(matrix, start[:, None], tol=TOLERANCE, maxiter=_ITERATIONS, largest=False)
    v = np.asarray(found)[:, 0]
    return float(v @ (matrix @ v) / (v @ v)), v
