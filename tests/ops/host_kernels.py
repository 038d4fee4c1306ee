"""Kernels compiled with g++ through `kernels/host/shim.h`, callable with NumPy arrays."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from solverhub import assets
from solverhub.ops.batch_qp import BatchResult


def build(op: str, lanes: int, folder: Path) -> ctypes.CDLL:
    """`kernels/host/<op>.cpp` with so many lanes; skips where there is no g++."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed: the host form of the kernels cannot be compiled")
    library = folder / f"{op}-{lanes}.so"
    source = assets.folder("kernels") / "host" / f"{op}.cpp"
    flags = ["-std=c++20", "-O1", "-fPIC", "-shared", "-pthread", f"-DLANES={lanes}"]
    subprocess.run([compiler, *flags, str(source), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def batch_qp(library: ctypes.CDLL, P, q, A, l, u, *, limit=4000, start=None) -> BatchResult:  # noqa: E741
    """`solve_batch` with its defaults, by the host form; refusals stay in `status`."""
    (B, n), m = q.shape, l.shape[1]
    x, y = (np.zeros((B, n)), np.zeros((B, m))) if start is None else map(np.array, start)
    status, iterations = np.zeros(B, np.int8), np.zeros(B, np.int32)
    found = np.zeros((B, 3))
    inputs = [np.ascontiguousarray(v, dtype=np.float64) for v in (P, q, A, l, u)]
    arrays = [v.ctypes.data_as(ctypes.c_void_p) for v in (*inputs, x, y, status, iterations, found)]
    numbers = map(ctypes.c_double, (1e-4, 1e-6, 30.0, 1.6, 1e-6))
    library.batch_qp_host(
        B, n, m, int(P.ndim == 3), int(A.ndim == 3), *arrays, *numbers, limit, 10, 4,
        int(start is not None),
    )  # fmt: skip
    return BatchResult(x, y, status, iterations, found[:, 0], found[:, 1], found[:, 2])
