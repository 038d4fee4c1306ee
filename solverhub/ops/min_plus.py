"""Shortest paths between all pairs, and pairs that a detour by one point beats.

    shortest_paths(D)     D_ij = min over paths of the sum of D along them      (Floyd-Warshall)
    detours(X, tol)       pairs i < j with X_ij > min_k X_ik + X_kj + tol, and that k

for symmetric matrices of lengths from 0, infinite where there is none.  Both take n^3 / 2 steps of
an addition and a minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.ops import min_plus_cpu
from solverhub.ops.crew import Crew

_ROWS = 32


def shortest_paths(
    D: Any,
    *,
    crew: Crew | None = None,
    device: str = "cpu",
    stopped: Callable[[], bool] = lambda: False,
) -> Any:
    """Close a symmetric float64 (n, n) matrix, and return it.

    On the CPU in place, by the threads of `crew`; None where `stopped`, which is asked once a
    block of pivots, became true, and the matrix is then neither the one nor the other.  "cuda"
    runs `kernels/min_plus.cu` on float32 or float64 and returns a new CuPy matrix.

    Raises `InvalidInstance` for another shape or dtype, `MissingDependency` without CuPy.
    """
    if D.ndim != 2 or D.shape[0] != D.shape[1] or D.dtype.kind != "f":
        raise InvalidInstance(f"D is {D.dtype} {D.shape}", remedy="give a square float matrix")
    if device == "cuda":
        from solverhub.ops import min_plus_cuda

        return min_plus_cuda.shortest_paths(D)
    n = D.shape[0]
    own = crew or Crew(1)
    for k0 in range(0, n, min_plus_cpu.PIVOTS):
        if stopped():
            return None
        k1 = min(n, k0 + min_plus_cpu.PIVOTS)
        min_plus_cpu.pivot_panels(D, k0, k1)
        rows = [(D, k0, k1, i0, min(n, i0 + _ROWS)) for i0 in range(0, n, _ROWS)]
        own.run(min_plus_cpu.relax_rows, rows)
    min_plus_cpu.mirror(D)
    return D


def padded(X: np.ndarray) -> np.ndarray:
    """The form that `detours` takes: 4 k rows, infinite beyond n and on the diagonal."""
    n = X.shape[0]
    size = -(-n // 4) * 4
    form = np.full((size, size), np.inf)
    form[:n, :n] = X
    np.fill_diagonal(form, np.inf)
    return form


def detours(
    X: np.ndarray,
    n: int,
    tolerance: float,
    *,
    crew: Crew,
    parts: int = 1,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[np.ndarray, np.ndarray]:
    """int32 (k, 3): pairs i < j and the best point between; float64 (k,): what it saves.

    X is `padded`.  The points are cut into `parts` ranges, of each of which a pair has the best.
    Rows that are still to come when `stopped` becomes true are left out.
    """
    cuts = [n * part // parts for part in range(parts + 1)]
    tasks = [(i0, k0, k1) for i0 in range(0, n, _ROWS) for k0, k1 in pairwise(cuts)]

    def search(i0: int, k0: int, k1: int) -> tuple[np.ndarray, np.ndarray]:
        if stopped():
            return np.empty((0, 3), np.int32), np.empty(0)
        i1 = min(X.shape[0], i0 + _ROWS)
        most = (i1 - i0) * (X.shape[0] - i0)
        triples, excess = np.empty((most, 3), np.int32), np.empty(most)
        count = min_plus_cpu.two_steps(X, n, i0, i1, k0, k1, tolerance, triples, excess)
        return triples[:count].copy(), excess[:count].copy()

    found = crew.run(search, tasks)
    if not found:
        return np.empty((0, 3), np.int32), np.empty(0)
    return np.concatenate([one for one, _ in found]), np.concatenate([two for _, two in found])
