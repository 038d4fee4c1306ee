"""One large sparse quadratic program on a CPU or a CUDA device: what a splitting step consists of.

`NormalEquations` solves, without factorising anything,

    (P + diag(s) + A' diag(w) A) x = a + A' diag(w) b,        v = w (A x - b),

by conjugate gradients with the diagonal as preconditioner, from the last solution on.  Matrices
stay on the device; three sparse products, two inner products and three fused loops make an
iteration, and numbers come back to the host only to see whether it may end.  `vectors` gives
the loops of the splitting itself (`Vectors`).  Both have one text for both devices: only the
loops differ, in `sparse_qp_cpu` and in `kernels/sparse_qp.cu`.

Hestenes and Stiefel 1952, doi 10.6028/jres.049.044; on a GPU as in Schubiger, Banjac and Lygeros,
arXiv 1912.04263.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidParams

Array = Any  # NumPy, or CuPy on a CUDA device

LOOK = 10
EXACT, LOOSE = 1e-12, 1e-2
MOST_EXACT, MOST_LOOSE = 5000, 200


class Vectors(Protocol):
    """Arrays of a device, float64, and fused loops over them; an inner product is a scalar there.

    - `right_side`: a = sigma x - q and b = z - y / rho = 2 z - v, where z = clip(v)
    - `relax`: the over-relaxed step of x and of v = z + y / rho
    - `split`: z = clip(v) and y = rho (v - z)
    - `dots`, `minus_rows`: rows @ vector, and vector - factors @ rows
    - `add_shift`: t += u + shift p
    - `descend`: with the step rs / pt, x += step p, r -= step t, s = inverse r
    - `turn`: p = s + (rs / old) p
    """

    def array(self, values: np.ndarray) -> Array: ...
    def host(self, values: Array) -> np.ndarray: ...
    def empty(self, *shape: int) -> Array: ...
    def matrix(self, matrix: Any) -> Any: ...
    def dot(self, a: Array, b: Array) -> Any: ...
    def right_side(
        self,
        x: Array,
        v: Array,
        q: Array,
        low: Array,
        high: Array,
        sigma: float,
        a: Array,
        b: Array,
    ) -> None: ...
    def relax(
        self, x: Array, v: Array, found_x: Array, found_v: Array, low: Array, high: Array,
        rho: Array, alpha: float, new_x: Array, new_v: Array,
    ) -> None: ...  # fmt: skip
    def split(self, v: Array, low: Array, high: Array, rho: Array, z: Array, y: Array) -> None: ...
    def dots(self, rows: Array, vector: Array) -> np.ndarray: ...
    def minus_rows(self, vector: Array, rows: Array, factors: np.ndarray) -> Array: ...
    def add_shift(self, t: Array, u: Array, shift: Array, p: Array) -> None: ...
    def descend(
        self, rs: Any, pt: Any, p: Array, t: Array, inverse: Array, x: Array, r: Array, s: Array
    ) -> None: ...
    def turn(self, rs: Any, old: Any, s: Array, p: Array) -> None: ...


def vectors(device: str = "cpu") -> Vectors:
    """Those of "cpu" or "cuda"; `MissingDependency` where there is no such device."""
    if device == "cpu":
        from solverhub.ops import sparse_qp_cpu

        return sparse_qp_cpu.CpuVectors()
    if device == "cuda":
        from solverhub.ops import sparse_qp_cuda

        return sparse_qp_cuda.CudaVectors()
    raise InvalidParams(f"device is {device!r}", remedy="cpu or cuda")


class NormalEquations:
    """P (n, n) symmetric and A (m, n), sparse, on a device; `iterations` of the last solve."""

    def __init__(self, P: Any, A: Any, device: str = "cpu") -> None:
        self.vectors = on = vectors(device)
        P, A = csr_array(P), csr_array(A)
        At = csr_array(A.T)
        self._P, self._A, self._At = on.matrix(P), on.matrix(A), on.matrix(At)
        self._weighted = on.matrix(At.copy())  # A' diag(w)
        self._squares = on.matrix(csr_array((At.data**2, At.indices, At.indptr), shape=At.shape))
        self._diagonal = on.array(P.diagonal())
        self._x = on.array(np.zeros(P.shape[0]))
        self.iterations = 0

    def prepare(self, shift: Array, weight: Array) -> None:
        """Take shift s (n,) > 0 and weights w (m,) >= 0 from now on."""
        self._shift, self._weight = shift, weight
        self._weighted.data[:] = self._At.data * weight[self._At.indices]
        self._inverse = 1.0 / (self._diagonal + shift + self._squares @ weight)

    def solve(self, a: Array, b: Array, *, exact: bool) -> tuple[Array, Array]:
        """x (n,) and v (m,) for a (n,) and b (m,).

        To a residual of `EXACT` of the right side, or, if not `exact`, of `LOOSE` of that which
        the last solution has.
        """
        on, most = self.vectors, MOST_EXACT if exact else MOST_LOOSE
        right = a + self._weighted @ b
        x = self._x.copy()
        r = right - self._times(x)
        floor = EXACT**2 * float(on.dot(right, right))
        goal = floor if exact else max(floor, LOOSE**2 * float(on.dot(r, r)))
        s = self._inverse * r
        p, rs = s.copy(), on.dot(r, s)
        for k in range(most):
            self.iterations = k
            if k % LOOK == 0 and float(on.dot(r, r)) <= goal:
                break
            t = self._times(p)
            on.descend(rs, on.dot(p, t), p, t, self._inverse, x, r, s)
            rs, old = on.dot(r, s), rs
            on.turn(rs, old, s, p)
        self._x = x
        return x, self._weight * (self._A @ x - b)

    def _times(self, x: Array) -> Array:
        t = self._P @ x
        self.vectors.add_shift(t, self._weighted @ (self._A @ x), self._shift, x)
        return t
