"""Thousands of small dense quadratic programs of one shape in one call.

    minimise 1/2 x'Px + q'x  subject to  l <= Ax <= u        for each of B instances

by ADMM: OSQP's splitting (Stellato et al. 2020, doi:10.1007/s12532-020-00179-2) with Ruiz
equilibration, over-relaxation, and a step of its own for every row: equalities have a long
one, rows at a side one 30 times that of rows between their sides, and all are set anew, with
a new factorisation, when primal and dual residual drift apart (about twice an instance).
Every instance stops by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidParams

INFINITE = 1e20
_CHUNK = 128  # instances that a thread takes at a time
_Array = Any  # NumPy, or CuPy where device="cuda" was given arrays on a device


class BatchStatus(IntEnum):
    """How one instance ended."""

    SOLVED = 0
    ITERATION_LIMIT = 1
    PRIMAL_INFEASIBLE = 2
    DUAL_INFEASIBLE = 3


@dataclass(frozen=True)
class BatchResult:
    """Answers of B instances; row k of every array is instance k.

    x          float64 (B, n); a descent ray with q'x = -1 where DUAL_INFEASIBLE
    y          float64 (B, m) with Px + q + A'y = 0, positive at u and negative at l; where
               PRIMAL_INFEASIBLE a certificate: A'y = 0 and u'max(y, 0) + l'min(y, 0) = -1
    status     int8 (B,) of `BatchStatus`
    iterations int32 (B,)
    primal     float64 (B,) max violation of l <= Ax <= u
    dual       float64 (B,) max |Px + q + A'y|
    gap        float64 (B,) |primal objective - dual objective|
    """

    x: _Array
    y: _Array
    status: _Array
    iterations: _Array
    primal: _Array
    dual: _Array
    gap: _Array


@dataclass(frozen=True)
class Settings:
    """Numbers of the method, checked; see `solve_batch`."""

    eps: float
    eps_infeasible: float
    max_iterations: int
    check_every: int
    rho: float
    alpha: float
    sigma: float
    scaling: int

    def __post_init__(self) -> None:
        for name in ("eps", "eps_infeasible", "rho", "sigma"):
            value = getattr(self, name)
            if not 0.0 < value < np.inf:
                raise InvalidParams(f"{name} is {value}", remedy="give a positive number")
        if not 0.0 < self.alpha < 2.0:
            raise InvalidParams(f"alpha is {self.alpha}", remedy="over-relaxation is in (0, 2)")
        for name, least in (("max_iterations", 1), ("check_every", 1), ("scaling", 0)):
            value = getattr(self, name)
            if value != int(value) or value < least:
                raise InvalidParams(f"{name} is {value}", remedy=f"give an integer from {least}")

    def numbers(self) -> tuple[float, float, int, int, float, float, float, int]:
        """In the order of the fields and of one type each, as a compiled kernel wants them."""
        return (
            float(self.eps),
            float(self.eps_infeasible),
            int(self.max_iterations),
            int(self.check_every),
            float(self.rho),
            float(self.alpha),
            float(self.sigma),
            int(self.scaling),
        )


@dataclass(frozen=True)
class Batch:
    """Checked arrays: P (1 or B, n, n), q (B, n), A (1 or B, m, n), l and u (B, m), contiguous."""

    P: _Array
    q: _Array
    A: _Array
    l: _Array  # noqa: E741
    u: _Array
    start: tuple[_Array, _Array] | None


def solve_batch(
    P: _Array,
    q: _Array,
    A: _Array,
    l: _Array,  # noqa: E741
    u: _Array,
    *,
    eps: float = 1e-4,
    eps_infeasible: float = 1e-6,
    max_iterations: int = 4000,
    x0: _Array | None = None,
    y0: _Array | None = None,
    check_every: int = 10,
    rho: float = 30.0,
    alpha: float = 1.6,
    sigma: float = 1e-6,
    scaling: int = 4,
    threads: int = 1,
    device: str = "cpu",
) -> BatchResult:
    """Solve min 1/2 x'Px + q'x, l <= Ax <= u for B instances of n variables and m rows.

    P (B, n, n) or (n, n), symmetric and positive semidefinite; q (B, n) or (n,); A (B, m, n) or
    (m, n); l, u (B, m) or (m,), where sizes from 1e20 are infinite.  What has no leading B is
    shared.  All float64; m may be 0 and P may be 0.

    SOLVED holds on the unscaled data, recomputed from the answer: with r relative to 1 + size,
    primal <= eps (1 + |Ax|), dual <= eps (1 + max(|Px|, |A'y|, |q|)) and
    gap <= eps (1 + max(|primal objective|, |dual objective|)), all in the maximum norm.
    PRIMAL_INFEASIBLE holds when y proves that no x with |x|_1 < 1/eps_infeasible is feasible;
    DUAL_INFEASIBLE when x is a descent ray up to eps_infeasible, that is, unbounded if feasible.

    x0, y0 warm-start.  Residuals are checked every `check_every` iterations; `rho` is the first
    step times trace(A'A) / trace(P), `scaling` the passes of equilibration.

    device "cpu" runs `threads` threads that end with the call and no parallel kernel, so that a
    process may fork after it.  device "cuda" runs `kernels/batch_qp.cu`; arrays already on the
    device (CuPy, or torch through DLPack) are not copied, and answers to them are CuPy arrays.

    Raises InvalidInstance (naming the first instance that has NaN, l > u, an asymmetric or an
    indefinite P, or shapes that do not fit), InvalidParams, MissingDependency without CuPy.
    """
    settings = Settings(
        eps, eps_infeasible, max_iterations, check_every, rho, alpha, sigma, scaling
    )
    if threads < 1:
        raise InvalidParams(f"threads is {threads}", remedy="give an integer from 1")
    if device == "cpu":
        result = _on_cpu(checked(np, _writable, P, q, A, l, u, x0, y0), settings, threads)
    elif device == "cuda":
        from solverhub.ops import batch_qp_cuda

        result = batch_qp_cuda.solve((P, q, A, l, u, x0, y0), settings)
    else:
        raise InvalidParams(f"no device {device!r}", remedy="one of cpu, cuda")
    return result


def checked(
    xp: Any,
    take: Callable[[_Array], _Array],
    P: _Array,
    q: _Array,
    A: _Array,
    l: _Array,  # noqa: E741
    u: _Array,
    x0: _Array | None,
    y0: _Array | None,
) -> Batch:
    """The arrays as float64 of the module `xp`, shapes checked, sides from 1e20 infinite."""

    def floats(array: _Array, name: str, *axes: int) -> _Array:
        out = take(array)
        if out.dtype.kind not in "fiub":
            raise InvalidInstance(f"{name} holds {out.dtype}", remedy="give real numbers")
        if out.ndim not in axes:
            raise InvalidInstance(f"{name} has shape {out.shape}", remedy=f"give {axes} axes")
        return xp.asarray(out, dtype=np.float64)

    P, A = floats(P, "P", 2, 3), floats(A, "A", 2, 3)
    q, l, u = floats(q, "q", 1, 2), floats(l, "l", 1, 2), floats(u, "u", 1, 2)  # noqa: E741
    starts = [None if v is None else floats(v, k, 1, 2) for v, k in ((x0, "x0"), (y0, "y0"))]
    n, m = q.shape[-1], l.shape[-1]
    counts = [v.shape[0] for v, axes in ((P, 3), (A, 3), (q, 2), (l, 2), (u, 2)) if v.ndim == axes]
    B = counts[0] if counts else 1

    def shaped(array: _Array, name: str, *shape: int) -> _Array:
        leading = array.shape[: array.ndim - len(shape)]
        if array.shape[array.ndim - len(shape) :] != shape or leading not in ((), (B,)):
            fit = " or ".join(map(str, ((B, *shape), shape)))
            raise InvalidInstance(f"{name} has shape {array.shape}", remedy=f"it must be {fit}")
        return array

    if n == 0:
        raise InvalidInstance("there are no variables", remedy="give q at least one column")

    def each(array: _Array, name: str, size: int) -> _Array:
        if shaped(array, name, size).ndim == 1:
            array = xp.tile(array, (B, 1))
        return xp.ascontiguousarray(array)

    def matrices(array: _Array, name: str, rows: int) -> _Array:
        full = xp.ascontiguousarray(shaped(array, name, rows, n))
        return full if full.ndim == 3 else full[None]

    l, u = each(l, "l", m), each(u, "u", m)  # noqa: E741
    start = None
    if x0 is not None or y0 is not None:
        x, y = (xp.zeros(k) if v is None else v for v, k in zip(starts, (n, m), strict=True))
        start = each(x, "x0", n), each(y, "y0", m)
        if not all(bool(xp.isfinite(v).all()) for v in start):
            raise InvalidInstance("x0 or y0 holds NaN or infinities", remedy="give finite numbers")
    return Batch(
        matrices(P, "P", n),
        each(q, "q", n),
        matrices(A, "A", m),
        xp.where(l <= -INFINITE, -np.inf, l),
        xp.where(u >= INFINITE, np.inf, u),
        start,
    )


def _writable(array: _Array) -> np.ndarray:
    """As an array; one for reading only is copied, since it would be another type to Numba."""
    out = np.asarray(array)
    return out if out.flags.writeable else out.copy()


def _on_cpu(batch: Batch, settings: Settings, threads: int) -> BatchResult:
    from solverhub.ops.batch_qp_cpu import solve_range

    (B, n), m = batch.q.shape, batch.l.shape[1]
    x, y = (
        (np.zeros((B, n)), np.zeros((B, m))) if batch.start is None else map(np.array, batch.start)
    )
    status, iterations = np.zeros(B, np.int8), np.zeros(B, np.int32)
    found = np.zeros((B, 3))
    data, warm = (batch.P, batch.q, batch.A, batch.l, batch.u), batch.start is not None
    how = settings.numbers()

    def run(first: int) -> None:
        last = min(first + _CHUNK, B)
        solve_range(first, last, *data, x, y, warm, how, status, iterations, found)

    if threads == 1 or B <= _CHUNK:
        for first in range(0, B, _CHUNK):
            run(first)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, range(0, B, _CHUNK)))
    refuse(batch, status)
    return BatchResult(x, y, status, iterations, found[:, 0], found[:, 1], found[:, 2])


def refuse(batch: Batch, status: np.ndarray) -> None:
    """Raise InvalidInstance for the first instance whose status is a refusal."""
    from solverhub.ops import batch_qp_checks as checks

    bad = np.flatnonzero(status < 0)
    if bad.size == 0:
        return
    k = int(bad[0])
    if status[k] == checks.CROSSED:
        raise InvalidInstance(
            f"instance {k} has a row with l > u or no finite point", remedy="correct its sides"
        )
    if status[k] == checks.NOT_SYMMETRIC:
        raise InvalidInstance(
            f"P of instance {k} is not symmetric", remedy="give both triangles: (P + P') / 2"
        )
    if status[k] == checks.INDEFINITE:
        P = batch.P[k if len(batch.P) > 1 else 0]
        least = float(np.linalg.eigvalsh(P.get() if hasattr(P, "get") else P)[0])
        raise InvalidInstance(
            f"P of instance {k} is indefinite, its least eigenvalue is {least:.3g}",
            remedy="only convex programs can be solved",
        )
    raise InvalidInstance(
        f"instance {k} holds NaN, or infinities outside l and u", remedy="give finite numbers"
    )
