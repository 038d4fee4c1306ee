"""The CUDA form of `min_plus.shortest_paths`: three launches for 32 pivots."""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.ops import cuda

_PIVOTS, _TILE, _THREADS = 32, 64, 256


def shortest_paths(D: Any) -> Any:
    """A new CuPy matrix of shortest paths; float32 and float64 (n, n) of any library."""
    cp = cuda.cupy()
    closed = cp.array(cuda.on_device(D), order="C", copy=True)
    kernel = cuda.kernel(
        "min_plus", "min_plus" if closed.dtype == cp.float32 else "min_plus_double"
    )
    n = int(closed.shape[0])
    tiles = -(-n // _TILE)
    for k0 in range(0, n, _PIVOTS):
        for stage, blocks in enumerate((1, -(-n // _PIVOTS), tiles * tiles)):
            numbers = (np.int32(stage), np.int32(n), np.int32(k0))
            kernel((blocks,), (_THREADS,), (*numbers, closed))
    return closed
