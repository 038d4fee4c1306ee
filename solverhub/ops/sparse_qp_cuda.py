"""The CUDA form of `sparse_qp`: arrays and matrices of CuPy, loops of `kernels/sparse_qp.cu`."""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.ops import cuda

_THREADS = 256
_BLOCKS = 4096


class CudaVectors:
    """Arrays on the current device."""

    def __init__(self) -> None:
        self._cp = cuda.cupy()

    def array(self, values: Any) -> Any:
        """A copy on the device, or the array itself if it lies there."""
        return cuda.on_device(values)

    def host(self, values: Any) -> np.ndarray:
        """A copy on the host."""
        return np.asarray(self._cp.asnumpy(values))

    def empty(self, *shape: int) -> Any:
        """An array float64 of any content."""
        return self._cp.empty(shape)

    def matrix(self, matrix: Any) -> Any:
        """A copy on the device; indices are int32."""
        from cupyx.scipy.sparse import csr_matrix

        parts = matrix.data, matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
        return csr_matrix(tuple(map(self.array, parts)), shape=matrix.shape)

    def dot(self, a: Any, b: Any) -> Any:
        """The inner product, which stays on the device."""
        return self._cp.dot(a, b)

    def dots(self, rows: Any, vector: Any) -> np.ndarray:
        """See `sparse_qp.Vectors`, here and below."""
        return self.host(rows @ vector)

    def minus_rows(self, vector: Any, rows: Any, factors: np.ndarray) -> Any:
        return vector - self.array(factors) @ rows

    def right_side(
        self, x: Any, v: Any, q: Any, low: Any, high: Any, sigma: float, a: Any, b: Any
    ) -> None:
        self._launch("right_side", x, v, arguments=(x, v, q, low, high, sigma, a, b))

    def relax(
        self, x: Any, v: Any, found_x: Any, found_v: Any, low: Any, high: Any,
        rho: Any, alpha: float, new_x: Any, new_v: Any,
    ) -> None:  # fmt: skip
        given = (x, v, found_x, found_v, low, high, rho, alpha, new_x, new_v)
        self._launch("relax", x, v, arguments=given)

    def split(self, v: Any, low: Any, high: Any, rho: Any, z: Any, y: Any) -> None:
        self._launch("split", v, arguments=(v, low, high, rho, z, y))

    def add_shift(self, t: Any, u: Any, shift: Any, p: Any) -> None:
        self._launch("add_shift", t, arguments=(t, u, shift, p))

    def descend(
        self, rs: Any, pt: Any, p: Any, t: Any, inverse: Any, x: Any, r: Any, s: Any
    ) -> None:
        self._launch("descend", x, arguments=(rs, pt, p, t, inverse, x, r, s))

    def turn(self, rs: Any, old: Any, s: Any, p: Any) -> None:
        self._launch("turn", p, arguments=(rs, old, s, p))

    def _launch(self, name: str, *sized: Any, arguments: tuple[Any, ...]) -> None:
        sizes = [int(array.size) for array in sized]
        blocks = min(_BLOCKS, -(-max(sizes) // _THREADS))
        given = (np.float64(value) if isinstance(value, float) else value for value in arguments)
        if blocks:
            kernel = cuda.kernel("sparse_qp", f"sparse_qp_{name}")
            kernel((blocks,), (_THREADS,), (*map(np.int64, sizes), *given))
