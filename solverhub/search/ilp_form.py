"""The form of an integer program that its searches work on: minimised, by rows and by columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solverhub.problems.integer_program import IntegerProgram

STEP = 1e-6
"""Least improvement, relative, where objectives are not whole numbers."""


@dataclass(frozen=True, eq=False, kw_only=True)
class IlpForm:
    """A program to minimise `cost` x over the rows and bounds of `program`.

    - `cost` float64 (n,), without the offset; `lower, upper` float64 (n,), rounded inward
      where the column is integer.
    - `indptr, indices, data`: rows (CSR); `col_indptr, col_indices, col_data`: columns (CSC).
    - `slack` float64 (m,): by how much a search may miss a row, less than the judge lets pass.
    """

    program: IntegerProgram
    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray
    col_indptr: np.ndarray
    col_indices: np.ndarray
    col_data: np.ndarray
    slack: np.ndarray

    @classmethod
    def of(cls, program: IntegerProgram) -> IlpForm:
        """The form of a program."""
        columns, whole = program.A.tocsc(), program.integer
        return cls(
            program=program,
            cost=program.sense.sign * program.c,
            lower=np.where(whole, np.ceil(program.lower), program.lower),
            upper=np.where(whole, np.floor(program.upper), program.upper),
            indptr=program.A.indptr.astype(np.int64),
            indices=program.A.indices.astype(np.int32),
            data=program.A.data,
            col_indptr=columns.indptr.astype(np.int64),
            col_indices=columns.indices.astype(np.int32),
            col_data=columns.data,
            slack=1e-7 * np.maximum(1.0, _sides(program)),
        )

    @property
    def n(self) -> int:
        """Number of columns."""
        return self.program.n

    @property
    def m(self) -> int:
        """Number of rows."""
        return self.program.m

    @cached_property
    def whole(self) -> np.ndarray:
        """int64: integer columns that are not fixed."""
        return np.flatnonzero(self.program.integer & (self.lower < self.upper))

    @cached_property
    def sides(self) -> np.ndarray:
        """float64 (m,): the size of the larger finite side of each row, 0 without one."""
        return _sides(self.program)

    @cached_property
    def loose(self) -> np.ndarray:
        """int64: continuous columns that are not fixed."""
        return np.flatnonzero(~self.program.integer & (self.lower < self.upper))

    @cached_property
    def costs_are_whole(self) -> bool:
        """True if only integer columns have costs, which are integers."""
        costly = self.cost != 0
        return bool((self.program.integer[costly]).all()) and bool(
            (self.cost == np.rint(self.cost)).all()
        )

    def worth(self, point: np.ndarray) -> float:
        """The minimised objective without its offset."""
        return float(self.cost @ point)

    def step(self, worth: float) -> float:
        """By how much a point must be better than one of this worth to count as better."""
        return 1.0 if self.costs_are_whole else STEP * max(1.0, abs(worth))

    def pin(self, values: np.ndarray) -> np.ndarray:
        """The values within their bounds, integer columns at the nearest integers."""
        near = np.where(self.program.integer, np.rint(values), values)
        pinned: np.ndarray = np.clip(near, self.lower, self.upper) + 0.0
        return pinned

    def holds(self, point: np.ndarray) -> bool:
        """True if the rows hold within `slack`."""
        activity = self.program.A @ point
        low, high = self.program.row_lower - self.slack, self.program.row_upper + self.slack
        return bool((activity >= low).all() and (activity <= high).all())


def _sides(program: IntegerProgram) -> np.ndarray:
    found: np.ndarray = np.maximum(_size(program.row_lower), _size(program.row_upper))
    return found


def _size(side: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(side), np.abs(side), 0.0)
