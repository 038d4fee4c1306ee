"""The CUDA form of `langevin`: one block a chain, one launch a slice; see `kernels/langevin.cu`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from solverhub.ops import cuda
from solverhub.ops.langevin_cpu import logit_table

if TYPE_CHECKING:
    from solverhub.ops.langevin import Couplings, Schedule

_THREADS = 256  # LANES of kernels/block.cuh
_FULL_SHARED = 48 * 1024  # bytes a block may take without asking


def work_size(n: int) -> int:
    """Words of four bytes that a chain takes; `work_size` of the kernel."""
    return 2 * n + 1 + (n + 3) // 4


def flip_gains(q: Couplings, x: Any) -> Any:
    """See `langevin.flip_gains`."""
    held = _Held(q)
    states = _states(x)
    return (1 - 2 * states) * held.fields(states)


class CudaChains:
    """See `langevin.Chains`."""

    def __init__(self, q: Couplings, x: Any) -> None:
        cp = cuda.cupy()
        self._held = _Held(q)
        self._x = cp.array(_states(x), copy=True)
        self._fields = self._held.fields(self._x)
        self._values = cp.full(len(x), -np.inf)
        self._best = self._x.copy()
        self._logits = cp.asarray(logit_table())

    @property
    def best_values(self) -> np.ndarray:
        """See `langevin.Chains`."""
        return np.asarray(cuda.cupy().asnumpy(self._values))

    def best(self, chains: Any = slice(None)) -> np.ndarray:
        """See `langevin.Chains`."""
        return np.asarray(cuda.cupy().asnumpy(self._best[chains]))

    def walk(self, schedule: Schedule, first: int, last: int) -> None:
        """See `langevin.Chains`; returns when the steps are done."""
        K, n = self._x.shape
        if K and n:
            numbers = (K, n, first, last, schedule.steps, min(schedule.rank, n))
            given = (
                *map(np.int32, numbers), np.float64(schedule.hot), np.float64(schedule.cold),
                np.uint32(schedule.seed & 0xFFFFFFFF), *self._held.arguments, self._logits,
                self._x, self._fields, self._values, self._best,
            )  # fmt: skip
            _launch(K, n, given)
        cuda.cupy().cuda.get_current_stream().synchronize()


class _Held:
    """Couplings in the memory of the device."""

    def __init__(self, q: Couplings) -> None:
        cp = cuda.cupy()
        self.linear = cp.asarray(q.linear)
        self.dense = cp.asarray(q.dense) if q.dense.size else None
        lists = q.indptr, q.indices, q.values
        self.lists = [cp.asarray(array) for array in lists] if self.dense is None else lists
        self.everywhere = np.float32(q.everywhere)

    @property
    def arguments(self) -> tuple[Any, ...]:
        """As the kernel takes them, null for the form that is not used."""
        null = np.uint64(0)
        if self.dense is not None:
            return self.linear, self.dense, null, null, null, self.everywhere
        return self.linear, null, *self.lists, self.everywhere

    def fields(self, x: Any) -> Any:
        """b + Qx, float32 (K, n)."""
        cp = cuda.cupy()
        if self.dense is not None:
            return x.astype(cp.float32) @ self.dense + self.linear
        out = cp.empty(x.shape, cp.float32)
        K, n = x.shape
        if K and n:
            given = (np.int32(K), np.int32(n), self.linear, *self.lists, self.everywhere, x, out)
            cuda.kernel("langevin", "langevin_fields")((K,), (_THREADS,), given)
        return out


def _states(x: Any) -> Any:
    cp = cuda.cupy()
    return cp.ascontiguousarray(cuda.on_device(x), cp.int8)


def _launch(K: int, n: int, given: tuple[Any, ...]) -> None:
    cp = cuda.cupy()
    kernel = cuda.kernel("langevin")
    device = cp.cuda.Device().attributes
    blocks, size, workspace = K, 4 * work_size(n), np.uint64(0)
    if size > device["MaxSharedMemoryPerBlockOptin"] - 1024:
        blocks = min(K, 4 * device["MultiProcessorCount"])
        workspace, size = cp.empty(blocks * work_size(n), cp.float32), 0
    elif size > _FULL_SHARED - 1024:
        kernel.max_dynamic_shared_size_bytes = size
    kernel((blocks,), (_THREADS,), (*given, workspace), shared_mem=size)
