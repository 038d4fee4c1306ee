"""The CUDA form of `batch_qp`: one warp an instance, one launch, see `kernels/batch_qp.cu`."""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.ops import cuda
from solverhub.ops.batch_qp import BatchResult, Settings, checked, refuse

_FULL_SHARED = 48 * 1024  # bytes a block may take without asking


def work_size(n: int, m: int) -> int:
    """Doubles that an instance takes; `work_size` of the kernel."""
    return (2 * n + m) * (n | 1) + 8 * n + 10 * m


def solve(arrays: tuple[Any, ...], settings: Settings) -> BatchResult:
    """`solve_batch` on the current device; `arrays` are P, q, A, l, u, x0, y0."""
    cp = cuda.cupy()
    stays = any(cuda.is_on_device(array) for array in arrays if array is not None)
    batch = checked(cp, cuda.on_device, *arrays)
    (B, n), m = batch.q.shape, batch.l.shape[1]
    x, y = (cp.zeros((B, n)), cp.zeros((B, m)))
    if batch.start is not None:
        x[...], y[...] = batch.start
    status, iterations = cp.zeros(B, cp.int8), cp.zeros(B, cp.int32)
    found = cp.zeros((B, 3))
    if B:
        _launch(cp, batch, settings, x, y, status, iterations, found)
        refuse(batch, cp.asnumpy(status))
    out = (x, y, status, iterations, *(cp.ascontiguousarray(found[:, k]) for k in range(3)))
    return BatchResult(*(out if stays else map(cp.asnumpy, out)))


def _launch(
    cp: Any,
    batch: Any,
    settings: Settings,
    x: Any,
    y: Any,
    status: Any,
    iterations: Any,
    found: Any,
) -> None:
    (B, n), m = batch.q.shape, batch.l.shape[1]
    kernel = cuda.kernel("batch_qp")
    size = 8 * work_size(n, m)
    device = cp.cuda.Device().attributes
    blocks, shared, workspace = B, size, None
    if size > device["MaxSharedMemoryPerBlockOptin"]:
        blocks = min(B, 16 * device["MultiProcessorCount"])
        shared, workspace = 0, cp.empty(blocks * work_size(n, m))
    elif size > _FULL_SHARED:
        kernel.max_dynamic_shared_size_bytes = size
    s = settings
    kernel(
        (blocks,),
        (32,),
        (
            *map(np.int32, (B, n, m, len(batch.P) > 1, len(batch.A) > 1)),
            batch.P, batch.q, batch.A, batch.l, batch.u, x, y, status, iterations, found,
            np.uint64(0) if workspace is None else workspace,
            *map(np.float64, (s.eps, s.eps_infeasible, s.rho, s.alpha, s.sigma)),
            *map(np.int32, (s.max_iterations, s.check_every, s.scaling)),
            np.int32(batch.start is not None),
        ),
        shared_mem=shared,
    )  # fmt: skip
