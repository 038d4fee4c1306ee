"""From the numbers of any reader to a checked quadratic program, with warnings.

Rules for a matrix P that is not symmetric: where one strict triangle is empty and the other
is not, P is the triangle of a symmetric matrix (as OSQP, Clarabel and most files store
it); any other is replaced by (P + P') / 2, which has the same x'Px.  Both warn, unless
the difference is rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse import csc_array

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming
from solverhub.problems.convexity import negative_curvature
from solverhub.problems.ilp_model import magnitude_range
from solverhub.problems.quadratic_program import QuadraticProgram

_ROUNDING = 1e-12
_RANGE = 1e9


@dataclass(frozen=True, slots=True)
class QpModel:
    """A program as read, the ids of its file, the title inside the file or "", and warnings."""

    program: QuadraticProgram
    naming: Naming = INTERNAL
    title: str = ""
    warnings: tuple[str, ...] = ()


def build(
    P: Any,
    q: Any,
    A: Any,
    l: Any,  # noqa: E741 (the name of the family)
    u: Any,
    r: float = 0.0,
    integer: Any = None,
    *,
    naming: Naming = INTERNAL,
    title: str = "",
    warnings: tuple[str, ...] = (),
) -> QpModel:
    """The checked program of dense or sparse matrices and flat vectors.

    P None is zero, A None has no rows, l or u None has no side.  Raises `InvalidInstance`,
    also where P is not positive semidefinite.
    """
    q = np.asarray(q)
    n = q.size
    quadratic, noted = symmetric(csc_array((n, n)) if P is None else _sparse("P", P))
    rows = csc_array((0, n)) if A is None else _sparse("A", A)
    m = rows.shape[0]
    program = QuadraticProgram(
        P=quadratic,
        q=q,
        A=rows,
        l=np.full(m, -np.inf) if l is None else l,
        u=np.full(m, np.inf) if u is None else u,
        r=r,
        integer=integer,
    )
    curvature = negative_curvature(program.P)
    if curvature is not None:
        raise InvalidInstance(
            f"P is not positive semidefinite: it has an eigenvalue of {curvature:.6g} or less",
            remedy="the objective must be convex; a problem that maximises needs -P and -q",
        )
    told = (*warnings, *noted, *scale_warnings(program))
    return QpModel(program, naming, title, told)


def symmetric(given: csc_array) -> tuple[csc_array, tuple[str, ...]]:
    """The symmetric matrix that `given` stands for, and warnings; the rules are above."""
    n, columns = given.shape
    if n != columns:
        raise InvalidInstance(f"P has shape {given.shape}", remedy="give a square matrix")
    difference = abs(given - given.T)
    largest = float(difference.max()) if difference.nnz else 0.0
    if not largest:
        return given, ()
    for part, name in (
        (scipy.sparse.triu(given, 1), "upper"),
        (scipy.sparse.tril(given, -1), "lower"),
    ):
        if part.count_nonzero() + np.count_nonzero(given.diagonal()) == given.count_nonzero():
            full = csc_array(given + part.T)
            return full, (f"P has only its {name} triangle: the other is taken to mirror it",)
    averaged = csc_array((given + given.T) / 2)
    if largest <= _ROUNDING * float(abs(given).max()):
        return averaged, ()
    return averaged, (f"P is not symmetric (by up to {largest:g}): (P + P') / 2 is used",)


def scale_warnings(program: QuadraticProgram) -> list[str]:
    """Warnings on coefficients so far apart that solvers lose digits."""
    found = []
    sides = np.concatenate([program.l, program.u])
    for what, values in (
        ("entries of P", program.P.data),
        ("entries of q", program.q),
        ("entries of A", program.A.data),
        ("sides l and u", sides[np.isfinite(sides)]),
    ):
        smallest, largest = magnitude_range(values)
        if largest > _RANGE or 0 < smallest < 1 / _RANGE or largest > _RANGE * smallest > 0:
            found.append(
                f"{what} range from {smallest:g} to {largest:g} in size: answers may be"
                " inaccurate; rescale the model"
            )
    return found


def _sparse(name: str, given: Any) -> csc_array:
    if not scipy.sparse.issparse(given):
        given = np.asarray(given)
        if given.ndim != 2 or given.dtype.kind not in "biuf":
            raise InvalidInstance(
                f"{name} has shape {given.shape} and dtype {given.dtype}",
                remedy="give a matrix of numbers",
            )
    matrix = csc_array(given, dtype=np.float64)
    if not np.isfinite(matrix.data).all():
        return matrix  # the program names the place
    matrix.sum_duplicates()
    return matrix
