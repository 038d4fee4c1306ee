"""The CUDA form of `packing.project`: level by level, see `kernels/packing.cu`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solverhub.ops import cuda
from solverhub.ops.packing_cpu import levels

_BLOCK = 256
_FEW = 1024
"""Rows of a level up to which one block takes it, together with its like beside it."""


def schedule(
    indptr: np.ndarray, columns: np.ndarray, n_columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """(begins int64 (levels + 1,), order int64 (rows,)): the rows of each level, ascending."""
    level = levels(indptr, columns, n_columns)
    begins = np.append(0, np.cumsum(np.bincount(level)))
    return begins.astype(np.int64), np.argsort(level, kind="stable").astype(np.int64)


def launches(begins: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """(first level, last level + 1, blocks) of each launch of a pass."""
    sizes, first = np.diff(begins), 0
    while first < sizes.size:
        last = first + 1
        while sizes[first] <= _FEW and last < sizes.size and sizes[last] <= _FEW:
            last += 1
        blocks = 1 if sizes[first] <= _FEW else -(-int(sizes[first]) // _BLOCK)
        yield first, last, blocks
        first = last


def project(
    indptr: np.ndarray,
    columns: np.ndarray,
    need: np.ndarray,
    duals: np.ndarray,
    point: np.ndarray,
    steps: np.ndarray,
    passes: int,
    relax: float,
) -> float:
    """As `packing.project`, which checks its arguments."""
    cp = cuda.cupy()
    if need.size == 0:
        return 0.0
    begins, order = schedule(indptr, columns, point.size)
    kernel = cuda.kernel("packing")
    z, u = cp.asarray(duals), cp.asarray(point)
    lacks = cp.zeros(need.size)
    rows = [cp.asarray(array) for array in (begins, order, indptr, columns, need)]
    rest = (*rows, z, u, cp.asarray(steps), np.float64(relax), lacks)
    plan = list(launches(begins))
    for _ in range(passes):
        for first, last, blocks in plan:
            kernel((blocks,), (_BLOCK,), (np.int32(first), np.int32(last), *rest))
    duals[:], point[:] = cp.asnumpy(z), cp.asnumpy(u)
    return max(0.0, float(lacks.max()))
