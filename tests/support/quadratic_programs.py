"""Small quadratic programs from plain lists, and random ones with a known optimum."""

import numpy as np
from scipy.sparse import csc_array

from solverhub.problems.quadratic_program import QuadraticProgram


def quadratic(P, q, rows, sides, *, r=0.0, integer=None):
    """`sides` are pairs with None for infinite; P may be 0."""
    n = len(q)
    low, high = (
        np.array([default if pair[end] is None else pair[end] for pair in sides], dtype=float)
        for end, default in ((0, -np.inf), (1, np.inf))
    )
    return QuadraticProgram(
        P=csc_array((n, n)) if np.isscalar(P) else csc_array(np.array(P, dtype=float)),
        q=np.array(q, dtype=float),
        A=csc_array(np.array(rows, dtype=float).reshape(len(sides), n)),
        l=low,
        u=high,
        r=r,
        integer=integer,
    )


def solved(rng, n, m, *, rank=None, density=0.5):
    """A program and its optimal point, multipliers and objective, by the optimality conditions.

    A point x, rows with their slacks and multipliers y are drawn; q = -(Px + A'y) makes
    them optimal.  Some rows are equations, some one-sided, some bounds of a variable.
    """
    factor = rng.normal(size=(n, n if rank is None else rank))
    P = factor @ factor.T / n
    A = rng.normal(size=(m, n)) * (rng.random((m, n)) < density)
    single = rng.random(m) < 0.3
    A[single] = np.eye(n)[rng.integers(0, n, single.sum())]
    x, y = rng.normal(size=n), rng.normal(size=m)
    kind = rng.choice(["equal", "upper", "lower", "slack", "free"], m)
    kind[~A.any(axis=1)] = "slack"
    value = A @ x
    gap = rng.random(m) + 0.1
    wide = np.where(rng.random(m) < 0.5, np.inf, 10.0)
    low = np.select(
        [kind == "equal", kind == "upper", kind == "lower", kind == "slack"],
        [value, value - wide, value, value - gap],
        -np.inf,
    )
    high = np.select(
        [kind == "equal", kind == "upper", kind == "lower", kind == "slack"],
        [value, value, value + wide, value + gap],
        np.inf,
    )
    y = np.select(
        [kind == "equal", kind == "upper", kind == "lower"], [y, np.abs(y), -np.abs(y)], 0.0
    )
    program = QuadraticProgram(
        P=csc_array((P + P.T) / 2), q=-(P @ x + A.T @ y), A=csc_array(A), l=low, u=high
    )
    return program, x, y, 0.5 * x @ P @ x + program.q @ x
