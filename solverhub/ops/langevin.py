"""Regularised Langevin walks of many chains on one quadratic function of 0/1 variables.

The function to be maximised is

    f(x) = b'x + x'Qx / 2,    Q symmetric with a zero diagonal,

its field h = b + Qx, and what flipping x_i gains is g_i = (1 - 2 x_i) h_i.  In a step every
variable of every chain flips, independently of the others, with probability

    sigmoid((g_i - r) / temperature),    r = the `rank`-th largest gain of its chain,

so that about `rank` of them flip however rough f is (Feng and Yang 2025, arXiv:2502.00277).  The
temperature falls linearly over the steps.

The paper multiplies all chains by Q each step.  As few entries of x change, only their rows of Q
are added to the field here, which gives the same numbers: rows of a dense matrix (`dense`, where
the graph is small and not sparse), or of CSR arrays.  `everywhere` is a coupling of all pairs that
is in no array of the sparse form: it makes complements of sparse graphs cheap.

Numbers are float32, and sums of multiples of a power of two are exact, which makes the forms for
CPU and CUDA, dense and sparse, agree bit by bit.  Random numbers are hashes of (seed, chain, step,
variable): a walk can be cut in slices of steps and of chains without changing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.ops import langevin_cpu

DENSE_CELLS = 1 << 22
"""Entries of Q up to which it may be held dense, 16 MB."""
DENSE_SHARE = 0.05
"""Share of its entries that are not 0 from which it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Couplings:
    """b and Q of f; build it with `couplings`.

    `linear` float32 (n,); `dense` float32 (n, n), or (0, 0) where Q is in CSR arrays: `indptr`
    int64 (n + 1,), `indices` int32, `values` float32, beside `everywhere` for each pair.
    """

    linear: np.ndarray
    dense: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    everywhere: float

    @property
    def n(self) -> int:
        """Number of variables."""
        return int(self.linear.size)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`steps` steps whose temperature falls from `hot` to `cold`; see the module for `rank`."""

    steps: int
    rank: int
    hot: float
    cold: float
    seed: int

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.steps < 1 or self.rank < 1:
            raise InvalidParams(f"steps {self.steps}, rank {self.rank}", remedy="give 1 or more")
        if not self.hot >= self.cold > 0:
            raise InvalidParams(
                f"temperatures {self.hot} to {self.cold}", remedy="give falling ones above 0"
            )


class Chains(Protocol):
    """The state of K chains on a device, and the best that each has seen."""

    def walk(self, schedule: Schedule, first: int, last: int) -> None:
        """Steps first..last-1 of the schedule."""
        ...

    @property
    def best_values(self) -> np.ndarray:
        """float64 (K,): the largest f of each chain so far."""
        ...

    def best(self, chains: Any = slice(None)) -> np.ndarray:
        """int8 (K, n), or of these chains: where they are reached."""
        ...


def couplings(
    linear: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    everywhere: float = 0.0,
) -> Couplings:
    """f of b (n,) and the symmetric CSR matrix (both directions of each pair, no diagonal)."""
    n = linear.size
    linear, values = linear.astype(np.float32), values.astype(np.float32)
    indptr, indices = indptr.astype(np.int64), indices.astype(np.int32)
    full = everywhere != 0.0 or indices.size >= DENSE_SHARE * n * n
    if n * n > DENSE_CELLS or not full:
        return Couplings(linear, np.zeros((0, 0), np.float32), indptr, indices, values, everywhere)
    dense = np.full((n, n), everywhere, np.float32)
    np.fill_diagonal(dense, 0.0)
    dense[np.repeat(np.arange(n), np.diff(indptr)), indices] += values
    return Couplings(linear, dense, indptr, indices, values, everywhere)


def flip_gains(q: Couplings, x: Any, *, device: str = "cpu") -> Any:
    """What flipping each variable gains, float32 (K, n), of states int8 (K, n).

    On a CUDA device for `device="cuda"`, as a CuPy array; arrays there (also of torch) are read
    in place.  Raises `MissingDependency` where there is no device.
    """
    if device == "cuda":
        from solverhub.ops import langevin_cuda

        return langevin_cuda.flip_gains(q, x)
    states = np.ascontiguousarray(x, np.int8)
    return (1 - 2 * states) * langevin_cpu.fields(q, states)


def chains(q: Couplings, x: np.ndarray, *, device: str = "cpu", threads: int = 1) -> Chains:
    """Chains that begin at the rows of x, int8 (K, n), which is copied.

    Raises `MissingDependency` for `device="cuda"` without a device.
    """
    if device == "cuda":
        from solverhub.ops.langevin_cuda import CudaChains

        return CudaChains(q, x)
    return langevin_cpu.CpuChains(q, x, threads)
