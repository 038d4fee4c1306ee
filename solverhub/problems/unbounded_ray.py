"""Certificates that an integer program has no best objective: a ray, judged without rounding.

From a feasible x the points x + t r, t >= 0, stay feasible where r leaves every finite side and
bound alone or moves away from it, and the objective improves without end where it improves along r.
All numbers of a program are floats and so rational: a multiple of r is whole, so that integer
columns are met again and again (Meyer 1974, doi 10.1007/BF01585506).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from solverhub.core.errors import InvalidSolution
from solverhub.problems.activity import rows_of
from solverhub.problems.integer_program import EXACT, IntegerProgram

SCALES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 60, 100)
"""Whole multiples of a ray's least part among which whole rays are sought."""
NEAR = 1e-6


def proves_unbounded(program: IntegerProgram, ray: np.ndarray) -> bool:
    """True if the objective improves without end along `ray` float64 (n,) from any feasible point.

    Raises `InvalidSolution` for another shape or values that are not finite.
    """
    try:
        r = np.asarray(ray, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidSolution("the ray is not numbers") from error
    if r.shape != (program.n,) or not np.isfinite(r).all():
        raise InvalidSolution(
            f"the ray has shape {r.shape}", remedy=f"give {program.n} finite numbers, one a column"
        )
    if (np.isfinite(program.lower) & (r < 0)).any():
        return False
    if (np.isfinite(program.upper) & (r > 0)).any():
        return False
    if program.sense.sign * _dot(program.c, r) >= 0:
        return False
    rows = rows_of(program)
    sizes = np.bincount(rows, np.abs(program.A.data * r[program.A.indices]), program.m)
    whole = bool((r == np.rint(r)).all())
    whole_rows = np.bincount(rows, program.A.data != np.rint(program.A.data), program.m) == 0
    exact = whole & whole_rows & (sizes < EXACT)
    moves = np.sign(program.A @ r)
    for i in np.flatnonzero(~exact & (sizes > 0)):
        span = slice(program.A.indptr[i], program.A.indptr[i + 1])
        total = _dot(program.A.data[span], r[program.A.indices[span]])
        moves[i] = (total > 0) - (total < 0)
    moves[sizes == 0] = 0
    low, high = np.isfinite(program.row_lower), np.isfinite(program.row_upper)
    return not bool(((low & (moves < 0)) | (high & (moves > 0))).any())


def whole_ray(program: IntegerProgram, ray: np.ndarray) -> np.ndarray | None:
    """A ray in nearly this direction that proves it, whole if one is; None without any."""
    parts = np.abs(ray[np.abs(ray) > NEAR * np.abs(ray).max(initial=0.0)])
    if not parts.size or not np.isfinite(ray).all():
        return None
    for scale in SCALES:
        scaled = ray * (scale / parts.min())
        near: np.ndarray = np.rint(scaled) + 0.0
        close = np.abs(near - scaled).max() <= NEAR * np.abs(scaled).max()
        if close and proves_unbounded(program, near):
            return near
    return ray if proves_unbounded(program, ray) else None


def _dot(left: np.ndarray, right: np.ndarray) -> Fraction:
    used = np.flatnonzero((left != 0) & (right != 0))
    terms = zip(left[used].tolist(), right[used].tolist(), strict=True)
    return sum((Fraction(a) * Fraction(b) for a, b in terms), Fraction())
