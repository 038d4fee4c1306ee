"""The instance of the `qp` family: a convex quadratic objective over two-sided rows.

    minimise    1/2 x'P x + q'x + r
    subject to  l <= A x <= u,  x_j integer for some j

Bounds of variables are rows of A with one entry; `variable_bounds` tells them from the
general rows.  A size of 1e20 or more, within rounding (files have 1e20 less its last bits),
counts as infinite in the sides; 1e20 is refused as a coefficient.  Crossed sides are kept:
they make an infeasible instance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csc_array

from solverhub.core.errors import InvalidInstance
from solverhub.problems.integer_program import INFINITY

_INFINITE = INFINITY * (1.0 - 1e-9)


@dataclass(frozen=True, eq=False, kw_only=True)
class QuadraticProgram:
    """A quadratic program with n columns and m rows.

    - `P` csc_array (n, n) float64: symmetric, both triangles stored.  It is taken to be
      positive semidefinite: `qp_model.build`, which every reader uses, refuses others.
    - `q` float64 (n,), `r`: the linear part and the constant of the objective.
    - `A` csc_array (m, n) float64, `l, u` float64 (m,): the rows, ±inf where a side is absent.
    - `integer` bool (n,): columns that take integers alone; None for no column.

    Both matrices are canonical on return (rows ascending in a column, entries summed, no
    stored zeros) with int32 indices where they suffice, and all arrays are read-only.  Raises
    `InvalidInstance` for shapes that do not fit, NaN, infinite coefficients, a matrix P that
    is not symmetric, a lower side of inf or an upper one of -inf.
    """

    P: csc_array
    q: np.ndarray
    A: csc_array
    l: np.ndarray  # noqa: E741 (the name of the field)
    u: np.ndarray
    r: float = 0.0
    integer: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "q", _vector("q", self.q, None))
        n = self.q.size
        put(self, "P", _matrix("P", self.P, n))
        put(self, "A", _matrix("A", self.A, n))
        for side in ("l", "u"):
            put(self, side, _sides(side, getattr(self, side), self.A.shape[0]))
        put(self, "r", float(self.r) + 0.0)
        put(self, "integer", _flags(self.integer, n))
        if self.P.shape != (n, n):
            raise InvalidInstance(f"P has shape {self.P.shape}, expected ({n}, {n}) as q has")
        _require_finite("q", self.q)
        _require_finite("r", np.array([self.r]))
        if (abs(self.P - self.P.T)).nnz:
            raise InvalidInstance("P is not symmetric", remedy="give (P + P.T) / 2")

    @property
    def n(self) -> int:
        """Number of columns (variables)."""
        return int(self.A.shape[1])

    @property
    def m(self) -> int:
        """Number of rows (constraints)."""
        return int(self.A.shape[0])


def variable_bounds(qp: QuadraticProgram) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(lower, upper, general_rows): bounds of variables by the rows that have one entry.

    `lower, upper` float64 (n,), ±inf where no row bounds the variable; several rows of one
    variable intersect, and coefficients other than 1 are divided out, rounded outward.
    `general_rows` int64 (k,): the other rows, ascending, empty ones included.
    """
    rows = qp.A.tocsr()
    single = np.flatnonzero(np.diff(rows.indptr) == 1)
    at = rows.indptr[single]
    column, scale = rows.indices[at], rows.data[at]
    low, high = qp.l[single], qp.u[single]
    flip = scale < 0
    low, high = np.where(flip, high, low), np.where(flip, low, high)
    with np.errstate(over="ignore"):
        low = np.where(scale == 1, low, np.nextafter(low / scale, -np.inf))
        high = np.where(scale == 1, high, np.nextafter(high / scale, np.inf))
    lower, upper = np.full(qp.n, -np.inf), np.full(qp.n, np.inf)
    np.maximum.at(lower, column, low)
    np.minimum.at(upper, column, high)
    return lower, upper, np.flatnonzero(np.diff(rows.indptr) != 1)


def _vector(name: str, given: Any, size: int | None) -> np.ndarray:
    try:
        array = np.array(given, dtype=np.float64) + 0.0
    except (TypeError, ValueError) as error:
        raise InvalidInstance(f"{name} is not a list of numbers") from error
    if array.ndim != 1 or (size is not None and array.size != size):
        raise InvalidInstance(
            f"{name} has shape {array.shape}, expected ({'n' if size is None else size},)",
            remedy="give one value a column of P and A in q, one a row of A in l and u",
        )
    if np.isnan(array).any():
        raise InvalidInstance(f"{name}[{int(np.isnan(array).argmax())}] is not a number (NaN)")
    array.flags.writeable = False
    return array


def _sides(name: str, given: Any, size: int) -> np.ndarray:
    array = np.array(_vector(name, given, size))
    array[array >= _INFINITE] = np.inf
    array[array <= -_INFINITE] = -np.inf
    array.flags.writeable = False
    wrong = np.inf if name == "l" else -np.inf
    if (array == wrong).any():
        raise InvalidInstance(
            f"{name}[{int((array == wrong).argmax())}] is {wrong}, which no value can meet",
            remedy=f"give a finite side, or {-wrong} for none (1e20 and above is infinite)",
        )
    return array


def _flags(given: Any, size: int) -> np.ndarray:
    array = np.zeros(size, dtype=bool) if given is None else np.array(given)
    if array.dtype != np.bool_ and not np.isin(array, (0, 1)).all():
        raise InvalidInstance("integer has a value that is neither true nor false")
    if array.shape != (size,):
        raise InvalidInstance(f"integer has shape {array.shape}, expected ({size},)")
    array = array.astype(bool)
    array.flags.writeable = False
    return array


def _matrix(name: str, given: Any, n: int) -> csc_array:
    """The caller's arrays are shared where they are canonical already, else copied."""
    matrix = csc_array(given, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != n:
        raise InvalidInstance(
            f"{name} has shape {matrix.shape}, but q has {n} entries",
            remedy=f"give {name} one column an entry of q",
        )
    if not (matrix.has_canonical_format and matrix.data.all()):
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    bad = ~(np.abs(matrix.data) < INFINITY)
    if bad.any():
        at = int(bad.argmax())
        column = int(np.searchsorted(matrix.indptr, at, side="right")) - 1
        raise _not_finite(f"{name}[{int(matrix.indices[at])}, {column}]", matrix.data[at])
    for part in ("data", "indices", "indptr"):
        array = getattr(matrix, part)
        small = part == "data" or array.dtype == np.int32 or matrix.nnz >= 2**31
        array = (array if small else array.astype(np.int32)).view()
        array.flags.writeable = False
        setattr(matrix, part, array)
    return matrix


def _require_finite(name: str, values: np.ndarray) -> None:
    bad = ~(np.abs(values) < INFINITY)
    if bad.any():
        at = int(bad.argmax())
        raise _not_finite(name if name == "r" else f"{name}[{at}]", values[at])


def _not_finite(place: str, value: float) -> InvalidInstance:
    return InvalidInstance(
        f"{place} is {float(value)}",
        remedy="coefficients are numbers of less than 1e20; drop or rescale it",
    )
