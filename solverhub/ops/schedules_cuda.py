"""The CUDA form of `schedules`: one warp a solution, one launch, see `kernels/schedules.cu`."""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.ops import cuda

_FULL_SHARED = 48 * 1024  # bytes a block may take without asking


def work_size(n: int) -> int:
    """Integers that a solution takes; `work_size` of the kernel."""
    return 5 * n + 1


def inner_places(indptr: np.ndarray) -> np.ndarray:
    """int8 (N + 1,): whether the operations before and at a place are of one job."""
    inner = np.ones(int(indptr[-1]) + 1, np.int8)
    inner[indptr] = 0
    return inner


def evaluate(
    duration: Any, indptr: np.ndarray, machine_next: Any, backward: bool
) -> tuple[Any, ...]:
    """makespan, est and, with `backward`, lst and critical, as CuPy arrays.

    duration int32 (1 or B, N) and machine_next int32 or int64 (B, N), both CuPy and contiguous.
    """
    cp = cuda.cupy()
    B, n = machine_next.shape
    inner = cp.asarray(inner_places(indptr))
    makespan, est = cp.empty(B, cp.int32), cp.empty((B, n), cp.int32)
    lst = cp.empty((B, n), cp.int32) if backward else None
    critical = cp.empty((B, n), cp.int8) if backward else None
    if B:
        _launch(cp, duration, inner, machine_next, makespan, est, lst, critical)
    return makespan, est, lst, None if critical is None else critical.view(cp.bool_)


def _launch(
    cp: Any,
    duration: Any,
    inner: Any,
    machine_next: Any,
    makespan: Any,
    est: Any,
    lst: Any,
    critical: Any,
) -> None:
    B, n = machine_next.shape
    kernel = cuda.kernel("schedules")
    size = 4 * work_size(n)
    device = cp.cuda.Device().attributes
    blocks, shared, workspace = B, size, None
    if size > device["MaxSharedMemoryPerBlockOptin"]:
        blocks = min(B, 16 * device["MultiProcessorCount"])
        shared, workspace = 0, cp.empty(blocks * work_size(n), cp.int32)
    elif size > _FULL_SHARED:
        kernel.max_dynamic_shared_size_bytes = size
    null = np.uint64(0)
    kernel(
        (blocks,),
        (32,),
        (
            *map(np.int32, (B, n, len(duration) > 1, machine_next.dtype.itemsize == 8)),
            duration, inner, machine_next, makespan, est,
            *(null if array is None else array for array in (lst, critical, workspace)),
        ),
        shared_mem=shared,
    )  # fmt: skip
