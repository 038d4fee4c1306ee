"""The CUDA form of `neighbour_aggregation`: CuPy arrays, `kernels/neighbour_aggregation.cu`."""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.ops import cuda
from solverhub.ops.neighbour_aggregation_cpu import MAX, MEAN, SUM

_THREADS = 256
_BLOCKS = 65_536


def forward(
    kind: int, values: Any, indptr: Any, indices: Any, temperature: float
) -> tuple[Any, Any | None]:
    """See `neighbour_aggregation_cpu.forward`."""
    cp = cuda.cupy()
    shape = indptr.size - 1, values.shape[1]
    out = cp.empty(shape, cp.float32)
    given = (values, indptr, indices)
    if kind in (SUM, MEAN):
        _launch("add", shape, *given, np.int32(kind), out)
        return out, None
    if kind == MAX:
        source = cp.empty(shape, cp.int32)
        _launch("greatest", shape, *given, out, source)
        return out, source
    log_total = cp.empty(shape, cp.float32)
    _launch("soften", shape, *given, np.float32(temperature), out, log_total)
    return out, log_total


def backward(
    kind: int, gradient: Any, kept: tuple[Any, ...], indptr: Any, indices: Any, temperature: float
) -> Any:
    """See `neighbour_aggregation_cpu.backward`."""
    values, found, second = kept
    out = cuda.cupy().empty(values.shape, np.float32)
    if kind == MAX:
        _launch("greatest_back", out.shape, gradient, second, indptr, indices, out)
    else:
        given = (gradient, values, found, second, indptr, indices, np.float32(temperature))
        _launch("soften_back", out.shape, *given, out)
    return out


def _launch(name: str, shape: tuple[int, int], *arguments: Any) -> None:
    """On torch's current stream, which made the arguments."""
    rows, width = shape
    packs = rows * (width // 4 if width % 4 == 0 else width)
    if packs == 0:
        return
    import torch

    blocks = min(_BLOCKS, -(-packs // _THREADS))
    stream = cuda.cupy().cuda.ExternalStream(torch.cuda.current_stream().cuda_stream)
    with stream:
        cuda.kernel("neighbour_aggregation", f"neighbour_aggregation_{name}")(
            (blocks,), (_THREADS,), (np.int64(rows), np.int32(width), *arguments)
        )
