"""Projections on cycle inequalities in turn, with multipliers (Hildreth 1957).

    project(edges, indptr, scale, z, x)     x <- x - scale a_t s,  z_t <- z_t + s  for every row t

with s = max(a_t x / (sum of scale over the row), -z_t).  Row t has the edges
`edges[indptr[t]:indptr[t + 1]]`, all different, the first with +1 and the others with -1.

On the GPU rows that share no edge are projected on at once: a row comes in a later level than all
earlier ones with which it shares an edge, so that the answer is that of one row after another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.ops import cuda
from solverhub.ops.cycle_projections_cpu import sweep
from solverhub.ops.packing_cpu import levels

_BLOCK = 256


def project(
    edges: np.ndarray,
    indptr: np.ndarray,
    scale: np.ndarray,
    z: np.ndarray,
    x: np.ndarray,
    *,
    passes: int = 1,
    device: str = "cpu",
) -> None:
    """Make `passes` passes over the rows, changing z float64 (c,) and x float64 (E,) in place.

    edges int32 (k,), indptr int64 (c + 1,), scale float64 (E,) above 0.  "cuda" runs
    `kernels/cycle_projections.cu` and copies z and x back; MissingDependency without CuPy.
    """
    if device not in ("cpu", "cuda"):
        raise InvalidParams(f"no device {device!r}", remedy="one of cpu, cuda")
    if device == "cpu" or z.size == 0:
        for _ in range(passes):
            sweep(edges, indptr, scale, z, x)
        return
    cp = cuda.cupy()
    begins, order = schedule(edges, indptr, x.size)
    kernel = cuda.kernel("cycle_projections")
    rows: tuple[Any, ...] = tuple(map(cp.asarray, (order, edges, indptr, scale, z, x)))
    for _ in range(passes):
        for first, last in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
            blocks = -(-(last - first) // _BLOCK)
            kernel((blocks,), (_BLOCK,), (np.int64(first), np.int64(last), *rows))
    z[:], x[:] = cp.asnumpy(rows[4]), cp.asnumpy(rows[5])


def schedule(edges: np.ndarray, indptr: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(begins int64 (levels + 1,), order int64 (c,)): the rows of each level, ascending."""
    level = levels(indptr, edges.astype(np.int64), size)
    begins = np.append(0, np.cumsum(np.bincount(level)))
    return begins.astype(np.int64), np.argsort(level, kind="stable").astype(np.int64)
