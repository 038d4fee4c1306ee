"""Polish: guess the active rows, solve the equality-constrained problem, and guess again.

For the guessed set the optimality system is linear,

    [ P + d I   A_J' ] [ x ]   [ -q + d x0          ]
    [ A_J       -d I ] [ y ] = [ side_J - d y0      ],

solved as a proximal point iteration in (x, y), so that d only sets the speed of the
iteration and a rank-deficient P or A_J does no harm.  Then rows whose multiplier has the
wrong sign leave and rows that are broken enter (Hintermueller, Ito and Kunisch 2002,
doi 10.1137/S1052623401383558), a few times.  Where a guess repeats itself the pair is refined
once more on the problem as it was given, with residuals in extended precision (Wilkinson's
iterative refinement): an absolute gap of objectives of 1e11 needs the last digits of both.
Nothing is taken on trust: the caller measures the residuals of every pair.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solverhub.exact.admm_linear import LinearSystem
from solverhub.exact.admm_scaling import Scaled
from solverhub.problems.quadratic_program import QuadraticProgram

DELTA = 1e-7
NEAR = 1e-6
_ROUNDS = 4
_REFINEMENTS = 5


def polish(
    qp: QuadraticProgram,
    scaled: Scaled,
    linear: LinearSystem,
    x: np.ndarray,
    z: np.ndarray,
    y: np.ndarray,
    guesses: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs (x, y), each one factorisation, from the point and its row values z.

    At most `guesses` of them; the last two agree where it stops sooner.
    """
    s = scaled
    equal = s.l == s.u
    at_low = (z - s.l < -y) | equal
    at_high = (s.u - z < y) & ~equal
    for _ in range(guesses):
        active = at_low | at_high
        x, y = _solve(s, linear, active, np.where(at_high, s.u, s.l), x, np.where(active, y, 0.0))
        signed = np.where(equal, y, np.where(at_high, np.maximum(y, 0.0), np.minimum(y, 0.0)))
        yield x, signed
        rows = s.A @ x
        high = np.where(at_high, y > 0.0, rows > s.u) & ~equal
        low = np.where(at_low, y < 0.0, rows < s.l) | equal
        if np.array_equal(high, at_high) and np.array_equal(low, at_low):
            yield _refined(qp, s, linear, active, at_high, x, signed)
            return
        at_low, at_high = low, high


def _refined(
    qp: QuadraticProgram,
    s: Scaled,
    linear: LinearSystem,
    active: np.ndarray,
    at_high: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The pair of this active set, whose system `linear` still holds, in scaled units."""
    P, A, At = (M.astype(np.longdouble) for M in (qp.P, qp.A, qp.A.T.tocsr()))
    side = np.where(active, np.where(at_high, qp.u, qp.l), 0.0)
    given, dual = (part.astype(np.longdouble) for part in s.original(x, y))
    for _ in range(_REFINEMENTS):
        slope = -(P @ given + qp.q + At @ dual)
        miss = np.where(active, side - A @ given, 0.0)
        a, b = (s.c * s.D * slope).astype(np.float64), (s.E * miss).astype(np.float64)
        dx, dy = linear.solve(a, b, exact=True)
        dx, dy = s.original(dx, np.where(active, dy, 0.0))
        given, dual = given + dx, dual + dy
    return s.inward(given.astype(np.float64), dual.astype(np.float64))


def mark_sides(scaled: Scaled, z: np.ndarray) -> np.ndarray:
    """Multipliers (m,) with which `polish` first guesses the rows within `NEAR` of a side."""
    low, high = z - scaled.l <= NEAR, scaled.u - z <= NEAR
    return np.where(high, 2.0 * NEAR, np.where(low, -2.0 * NEAR, 0.0))


def _solve(
    s: Scaled,
    linear: LinearSystem,
    active: np.ndarray,
    side: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    linear.prepare(DELTA, np.where(active, 1.0 / DELTA, 0.0))
    target = np.where(active, side, 0.0)
    for _ in range(_ROUNDS):
        x, y = linear.solve(DELTA * x - s.q, target - DELTA * y, exact=True)
    return x, y
