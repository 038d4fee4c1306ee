"""Points of programs with columns, of which some are integer: form and integrality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from solverhub.core.errors import InvalidSolution
from solverhub.core.result import Violation

TOLERANCE = 1e-6
MOST = 100
"""Violations that are told."""


class Columns(Protocol):
    """A program of n columns; `integer` is bool (n,)."""

    @property
    def n(self) -> int:
        """Number of columns."""

    @property
    def integer(self) -> np.ndarray:
        """Which columns are integer."""


def require_form(program: Columns, solution: np.ndarray) -> None:
    """Raise `InvalidSolution` unless the solution is a float64 array of shape (n,)."""
    form = getattr(solution, "dtype", None), getattr(solution, "shape", None)
    if form != (np.dtype(np.float64), (program.n,)):
        raise InvalidSolution(
            f"the solution is {form[0]} of shape {form[1]}",
            remedy=f"give float64 values of shape ({program.n},), one a column",
        )


def rounded(program: Columns, solution: np.ndarray) -> np.ndarray:
    """The solution with integer columns rounded where they are within 1e-6 of an integer."""
    whole = np.rint(solution)
    near = program.integer & (np.abs(solution - whole) <= TOLERANCE)
    return np.where(near, whole, solution)


def worst(amounts: np.ndarray, broken: np.ndarray) -> np.ndarray:
    """Indices of the broken ones with the largest amounts, at most 100."""
    indices = np.flatnonzero(broken)
    return indices[np.argsort(-amounts[indices], kind="stable")[:MOST]]


def fractional(program: Columns, x: np.ndarray) -> Iterator[Violation]:
    """The integer columns that are not within 1e-6 of an integer."""
    amounts = np.abs(x - np.rint(x))
    for j in worst(amounts, program.integer & (amounts > TOLERANCE)):
        message = f"column {j} is {float(x[j])!r}, {amounts[j]:.3g} from an integer"
        yield Violation(f"column {j}", float(amounts[j]), message)
