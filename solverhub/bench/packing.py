"""How many row projections a second `solverhub.ops.packing` makes, on the CPU and on a GPU.

Rows of three columns, as conflict triangles have, drawn among half as many columns, so that a
column is in six rows; ten passes at a time, median of five.  The CPU runs one thread and is timed
by what the thread spends; a GPU is timed with the copies there and back.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from solverhub.core.errors import MissingDependency
from solverhub.ops import cuda, packing

_ROWS = (10_000, 100_000, 1_000_000)
_PASSES, _ROUNDS = 10, 5
HEADER = ["rows", "device", "projections a second", "range"]


def rows(count: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """indptr, columns, need, duals, point and steps of `count` random rows."""
    rng = np.random.default_rng(seed)
    size = max(9, count // 2)
    first = rng.integers(0, size, count)
    gaps = np.cumsum(rng.integers(1, size // 3, (count, 2)), axis=1)
    columns = np.column_stack([first, (first[:, None] + gaps) % size])
    indptr = 3 * np.arange(count + 1)
    lists = np.ones(count), np.zeros(count), np.zeros(size), np.full(size, 0.3)
    return indptr, columns.reshape(-1), *lists


def measure() -> list[list[str]]:
    """Header and one line a size and device."""
    lines = [HEADER]
    for count in _ROWS:
        for device in _devices():
            rates = [_PASSES * count / _seconds(count, device) for _ in range(_ROUNDS + 1)][1:]
            spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
            lines.append([f"{count:,}", device, f"{statistics.median(rates):,.0f}", spread])
    return lines


def _devices() -> list[str]:
    try:
        cuda.cupy()
    except MissingDependency:
        return ["cpu"]
    return ["cpu", "cuda"]


def _seconds(count: int, device: str) -> float:
    arrays = rows(count)
    clock = time.thread_time if device == "cpu" else time.perf_counter
    start = clock()
    packing.project(*arrays, passes=_PASSES, relax=1.5, device=device)
    return clock() - start
