"""Independent sets, or cliques, made of many arbitrary selections of vertices at once.

In a given order, the selected vertices that fit what is kept so far are kept, and then every
other vertex that still fits: a maximal set, and the selection itself where it was one.  The same
for all selections on CPU and CUDA.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from solverhub.ops import cuda

_WARPS = 1 << 14
"""Blocks of one warp in a launch at most; each takes selections so many apart."""


def repair(
    indptr: np.ndarray,
    indices: np.ndarray,
    order: np.ndarray,
    x: Any,
    *,
    clique: bool = False,
    device: str = "cpu",
) -> Any:
    """Maximal sets int8 (K, n) of selections int8 (K, n); `x` is left alone.

    `indptr`, `indices` are the graph in CSR, `order` a permutation of its vertices.  Kept are
    vertices without a kept neighbour, with `clique` those next to all kept ones.  With
    `device="cuda"` a CuPy array, and `MissingDependency` where there is no device.
    """
    indptr, indices = indptr.astype(np.int64, copy=False), indices.astype(np.int32, copy=False)
    order = order.astype(np.int32, copy=False)
    if device == "cuda":
        return _on_cuda(indptr, indices, order, x, clique)
    found = np.array(x, np.int8, order="C")
    _repair(indptr, indices, order, clique, found)
    return found


def _on_cuda(
    indptr: np.ndarray, indices: np.ndarray, order: np.ndarray, x: Any, clique: bool
) -> Any:
    cp = cuda.cupy()
    found = cp.array(cuda.on_device(x), cp.int8, order="C", copy=True)
    K, n = found.shape
    blocks = min(K, _WARPS)
    if blocks and n:
        kept = cp.empty((blocks, n), cp.int32)
        arrays = map(cuda.on_device, (indptr, indices, order))
        given = (np.int32(K), np.int32(n), np.int32(clique), *arrays, found, kept)
        cuda.kernel("set_repair")((blocks,), (32,), given)
    return found


@njit(cache=True, nogil=True)
def _repair(indptr, indices, order, clique, x):  # type: ignore[no-untyped-def]
    """`kept[v]` counts the kept neighbours of v; 2 in x marks what is kept."""
    kept = np.empty(order.size, np.int32)
    for k in range(x.shape[0]):
        kept[:] = 0
        size = 0
        for turn in range(2):
            for v in order:
                fits = kept[v] == (size if clique else 0)
                if not fits or x[k, v] == 2 or (turn == 0 and x[k, v] == 0):
                    continue
                x[k, v] = 2
                size += 1
                for at in range(indptr[v], indptr[v + 1]):
                    kept[indices[at]] += 1
        for v in range(order.size):
            x[k, v] = x[k, v] == 2
