"""The linear systems of the splitting engine, factorised or by conjugate gradients.

Every step solves, for a diagonal shift s > 0 and row weights w >= 0,

    [ P + diag(s)   A'           ] [ x ]   [ a ]
    [ A            -diag(w)^-1   ] [ v ] = [ b ],      v_i = 0 where w_i = 0,

which is quasi-definite, so that LDL' with a diagonal D exists for any ordering (Vanderbei
1995, doi 10.1137/0805005).  `Direct` factorises it with QDLDL: the pattern and the fill-reducing
ordering are found once, and rows of weight 0 stay in the pattern as zeros.  `Indirect`
eliminates v and leaves the rest to conjugate gradients, on a CPU or a CUDA device
(`ops.sparse_qp`).
"""

from __future__ import annotations

from importlib import metadata
from typing import Protocol

import numpy as np
import qdldl
from scipy.sparse import csc_array, csc_matrix

from solverhub.core.errors import InvalidParams
from solverhub.exact.admm_scaling import Scaled
from solverhub.ops.sparse_qp import Array, NormalEquations, Vectors, vectors

# The weight that stands for "absent" in the factorised form: such a row has no entries.
_ABSENT = 1.0


class LinearSystem(Protocol):
    """One family of systems that differ in shift and weights.

    `factorisations` counts numeric ones; `cost` is about how many loose solves other weights
    cost.  `vectors` makes the arrays that a solve takes without copying them.
    """

    vectors: Vectors
    factorisations: int
    cost: float

    def prepare(self, shift: np.ndarray | float, weight: np.ndarray) -> None:
        """Take these weights from now on."""
        ...

    def solve(self, a: Array, b: Array, *, exact: bool = False) -> tuple[Array, Array]:
        """x (n,) and v (m,), on the host for a and b of the host.

        If `exact`, with a round of refinement (factorised form), or to a residual that no
        longer falls (conjugate gradients, which otherwise stop early).
        """
        ...


class Direct:
    """LDL' of the whole matrix."""

    def __init__(self, P: csc_array, A: csc_array) -> None:
        self.n, self.m = P.shape[0], A.shape[0]
        self.vectors = vectors()
        self.factorisations = 0
        self.cost = 1.0
        self._P, self._A, self._At = P, A, A.T.tocsr()
        self._lay_out(P, A)
        self._solver: qdldl.Solver | None = None
        self._key: tuple[np.ndarray, np.ndarray] | None = None

    def _lay_out(self, P: csc_array, A: csc_array) -> None:
        """Find the slot of every entry of P, the shift, A' and the weights in the upper half."""
        n, m = self.n, self.m
        p, a = P.tocoo(), A.tocoo()
        upper = p.row <= p.col
        row = np.concatenate([p.row[upper], np.arange(n), a.col, n + np.arange(m)])
        column = np.concatenate([p.col[upper], np.arange(n), n + a.row, n + np.arange(m)])
        order = np.lexsort((row, column))
        row, column = row[order], column[order]
        first = np.ones(row.size, dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        slots = np.empty(row.size, dtype=np.int64)
        slots[order] = np.cumsum(first) - 1
        indptr = np.zeros(n + m + 1, dtype=np.int32)
        indptr[1:] = np.cumsum(np.bincount(column[first], minlength=n + m))
        self._matrix = csc_matrix(
            (np.zeros(indptr[-1]), row[first].astype(np.int32), indptr), shape=(n + m, n + m)
        )
        k = int(upper.sum())
        self._base = np.zeros(indptr[-1])
        self._base[slots[:k]] = p.data[upper]
        self._shift_at = slots[k : k + n]
        self._rows_at, self._row_of, self._row_data = slots[k + n : -m or None], a.row, a.data
        if m == 0:
            self._rows_at = slots[k + n :]
        self._weight_at = slots[slots.size - m :]

    def prepare(self, shift: np.ndarray | float, weight: np.ndarray) -> None:
        """Factorise, unless these are the weights already factorised."""
        shift = np.broadcast_to(np.asarray(shift, dtype=np.float64), (self.n,))
        if self._key is not None and _same(self._key, (shift, weight)):
            return
        present = weight > 0
        self._shift, self._present = shift, present
        self._inverse = 1.0 / np.where(present, weight, _ABSENT)
        data = self._matrix.data
        data[:] = self._base
        data[self._shift_at] += shift
        data[self._rows_at] = np.where(present[self._row_of], self._row_data, 0.0)
        data[self._weight_at] = -self._inverse
        if self._solver is None:
            self._solver = qdldl.Solver(self._matrix, upper=True)
            self.cost = _cost(self._solver.factors()[0].indptr)
        else:
            self._solver.update(self._matrix, upper=True)
        self.factorisations += 1
        self._key = (shift.copy(), weight.copy())

    def solve(
        self, a: np.ndarray, b: np.ndarray, *, exact: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Substitute forward and back, then refine."""
        assert self._solver is not None
        right = np.concatenate([a, np.where(self._present, b, 0.0)])
        found = self._solver.solve(right)
        if exact:
            found += self._solver.solve(right - self._times(found))
        return found[: self.n], found[self.n :]

    def _times(self, found: np.ndarray) -> np.ndarray:
        x, v = found[: self.n], found[self.n :]
        top = self._P @ x + self._shift * x + self._At @ np.where(self._present, v, 0.0)
        bottom = np.where(self._present, self._A @ x, 0.0) - self._inverse * v
        return np.concatenate([top, bottom])


class Indirect:
    """Conjugate gradients; nothing is factorised."""

    def __init__(self, P: csc_array, A: csc_array, device: str = "cpu") -> None:
        self.n = P.shape[0]
        self.factorisations = 0
        self.cost = 1.0
        self._system = NormalEquations(P, A, device)
        self.vectors = self._system.vectors
        self._key: tuple[np.ndarray | float, np.ndarray] | None = None
        self._usual = 1.0

    def prepare(self, shift: np.ndarray | float, weight: np.ndarray) -> None:
        """Set the weights, unless these are those of before."""
        if self._key is not None and shift is self._key[0] and weight is self._key[1]:
            return
        self._key = shift, weight
        on = self.vectors
        whole = np.ascontiguousarray(np.broadcast_to(shift, (self.n,)), dtype=np.float64)
        self._system.prepare(on.array(whole), on.array(weight))

    def solve(self, a: Array, b: Array, *, exact: bool = False) -> tuple[Array, Array]:
        """Iterate; what an exact solve takes beyond the usual one is what weights cost."""
        on = self.vectors
        x, v = self._system.solve(on.array(a), on.array(b), exact=exact)
        spent = self._system.iterations
        if exact:
            self.cost = max(1.0, spent / self._usual)
        else:
            self._usual = max(1.0, 0.9 * self._usual + 0.1 * spent)
        return (on.host(x), on.host(v)) if isinstance(a, np.ndarray) else (x, v)


def _cost(indptr: np.ndarray) -> float:
    """Work of the factorisation of a factor with these columns, in solves with it."""
    columns = np.diff(indptr).astype(np.float64)
    return 5.0 + float(columns @ columns) / (5.0 * max(1.0, float(columns.sum())))


def make_system(scaled: Scaled, kind: str, device: str = "cpu") -> LinearSystem:
    """The factorised form, or conjugate gradients; `auto` factorises, on a CPU."""
    if kind == "direct" and device != "cpu":
        raise InvalidParams(
            f"linear_system is direct, which does not run on {device}", remedy="choose auto or cg"
        )
    if kind == "cg" or device != "cpu":
        return Indirect(scaled.P, scaled.A, device)
    return Direct(scaled.P, scaled.A)


def library_version() -> str:
    """Version of QDLDL."""
    return metadata.version("qdldl")


def _same(key: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> bool:
    return bool(np.array_equal(key[0], other[0]) and np.array_equal(key[1], other[1]))
