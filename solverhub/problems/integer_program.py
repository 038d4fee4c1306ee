"""The instance of the `ilp` family: a linear objective over rows and bounds, some columns integer.

    minimise or maximise  c'x + offset
    subject to            row_lower <= A x <= row_upper,  lower <= x <= upper
                          x_j integer for some j

A value of 1e20 or more counts as infinite in sides and bounds, and is refused as a
coefficient.  Crossed sides or bounds are kept: they make an infeasible instance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidInstance
from solverhub.core.result import Sense

INFINITY = 1e20
"""From this size on a side or bound is infinite."""

EXACT = 2.0**53
"""Below this size every integer is a float64."""


@dataclass(frozen=True, eq=False, kw_only=True)
class IntegerProgram:
    """A linear or mixed-integer linear program with n columns and m rows.

    - `c` float64 (n,), `offset`: the objective.
    - `A` csr_array (m, n) float64: canonical on return (columns ascending in a row, entries
      summed, no stored zeros), int32 indices where they suffice.
    - `row_lower, row_upper` float64 (m,), `lower, upper` float64 (n,): ±inf where absent.
    - `integer` bool (n,).

    All arrays are made read-only.  Raises `InvalidInstance` for shapes that do not fit,
    NaN, infinite coefficients, a lower side or bound of +inf or an upper one of -inf.
    """

    sense: Sense
    c: np.ndarray
    A: csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray
    offset: float = 0.0

    def __post_init__(self) -> None:
        m, n = self.A.shape
        put = object.__setattr__
        put(self, "sense", Sense(self.sense))
        put(self, "offset", float(self.offset) + 0.0)
        put(self, "c", _vector("c", self.c, n))
        put(self, "integer", _flags(self.integer, n))
        for name, size in (("row_lower", m), ("row_upper", m), ("lower", n), ("upper", n)):
            put(self, name, _limits(name, getattr(self, name), size))
        put(self, "A", _canonical(self.A))
        _require_finite("offset", np.array([self.offset]))
        _require_finite("c", self.c)
        _require_finite("A.values", self.A.data)

    @property
    def n(self) -> int:
        """Number of columns (variables)."""
        return int(self.A.shape[1])

    @property
    def m(self) -> int:
        """Number of rows (constraints)."""
        return int(self.A.shape[0])

    @cached_property
    def integral(self) -> bool:
        """True if integer costs on integer columns alone make every objective an integer."""
        costly = self.c != 0
        whole = self.c[costly]
        return (
            bool(self.integer[costly].all())
            and bool((whole == np.rint(whole)).all())
            and self.offset.is_integer()
        )

    @cached_property
    def exact_rows(self) -> np.ndarray:
        """bool (m,): rows of integer columns, coefficients and sides, all below 2^53 in size."""
        data = self.A.data
        inexact = (data != np.rint(data)) | (np.abs(data) >= EXACT)
        inexact |= ~self.integer[self.A.indices]
        exact = np.ones(self.m, dtype=bool)
        exact[np.repeat(np.arange(self.m), np.diff(self.A.indptr))[inexact]] = False
        for side in (self.row_lower, self.row_upper):
            finite = np.isfinite(side)
            exact &= ~finite | ((side == np.rint(side)) & (np.abs(side) < EXACT))
        return exact


def _vector(name: str, given: Any, size: int) -> np.ndarray:
    try:
        array = np.array(given, dtype=np.float64) + 0.0
    except (TypeError, ValueError) as error:
        raise InvalidInstance(f"{name} is not a list of numbers") from error
    if array.shape != (size,):
        raise InvalidInstance(
            f"{name} has shape {array.shape}, expected ({size},)",
            remedy="give one value a column in c, lower, upper and integer, one a row in sides",
        )
    if np.isnan(array).any():
        raise InvalidInstance(f"{name}[{int(np.isnan(array).argmax())}] is not a number (NaN)")
    array.flags.writeable = False
    return array


def _flags(given: Any, size: int) -> np.ndarray:
    array = np.array(given)
    if array.dtype != np.bool_ and not (array.size == 0 or np.isin(array, (0, 1)).all()):
        raise InvalidInstance("integer has a value that is neither true nor false")
    if array.shape != (size,):
        raise InvalidInstance(f"integer has shape {array.shape}, expected ({size},)")
    array = array.astype(bool)
    array.flags.writeable = False
    return array


def _limits(name: str, given: Any, size: int) -> np.ndarray:
    array = _vector(name, given, size)
    array.flags.writeable = True
    array[array >= INFINITY] = np.inf
    array[array <= -INFINITY] = -np.inf
    array.flags.writeable = False
    wrong = np.inf if name.endswith("lower") else -np.inf
    if (array == wrong).any():
        raise InvalidInstance(
            f"{name}[{int((array == wrong).argmax())}] is {wrong}, which no value can meet",
            remedy=f"give a finite limit, or {-wrong} for none (1e20 and above is infinite)",
        )
    return array


def _canonical(given: Any) -> csr_array:
    """The caller's arrays are shared where they are canonical already, else copied."""
    matrix = csr_array(given, dtype=np.float64)
    if not (matrix.has_canonical_format and matrix.data.all()):
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    for name in ("data", "indices", "indptr"):
        part = getattr(matrix, name).view()
        part.flags.writeable = False
        setattr(matrix, name, part)
    return matrix


def _require_finite(name: str, values: np.ndarray) -> None:
    bad = ~(np.abs(values) < INFINITY)
    if bad.any():
        where = int(bad.argmax())
        raise InvalidInstance(
            f"{name}[{where}] is {values[where]}",
            remedy="coefficients are numbers of less than 1e20; rescale the row or the objective",
        )
