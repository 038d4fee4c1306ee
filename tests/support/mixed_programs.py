"""Random small programs with integer and continuous columns, and their optima by enumeration."""

import itertools

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from solverhub.core.result import Sense
from solverhub.problems.integer_program import IntegerProgram


def program(c, rows, sides, bounds, integer, *, sense=Sense.MINIMISE, offset=0.0):
    """From plain lists: `sides` and `bounds` are pairs with None for infinite."""
    low, high = (
        np.array([default if pair[end] is None else pair[end] for pair in sides], dtype=float)
        for end, default in ((0, -np.inf), (1, np.inf))
    )
    lower, upper = (
        np.array([default if pair[end] is None else pair[end] for pair in bounds], dtype=float)
        for end, default in ((0, -np.inf), (1, np.inf))
    )
    return IntegerProgram(
        sense=sense,
        c=np.array(c, dtype=float),
        A=csr_array(np.array(rows, dtype=float).reshape(len(sides), len(c))),
        row_lower=low,
        row_upper=high,
        lower=lower,
        upper=upper,
        integer=np.array(integer, dtype=bool),
        offset=offset,
    )


def random_program(rng, kind):
    """`kind` is integer, mixed or continuous; about a fifth of them are infeasible."""
    n, m = int(rng.integers(2, 6)), int(rng.integers(1, 5))
    A = rng.integers(-5, 6, (m, n)) * (rng.random((m, n)) < rng.choice([0.4, 0.7, 1.0])) * 1.0
    lower = rng.integers(-3, 1, n).astype(float)
    upper = lower + rng.integers(0, 5, n)
    integer = np.full(n, kind != "continuous")
    if kind == "mixed":
        integer[rng.choice(n, int(rng.integers(1, min(3, n))), replace=False)] = False
    inside = lower + (upper - lower) * rng.random(n)
    inside[integer] = np.round(inside[integer])
    middle = A @ inside + (rng.random(m) < 0.25) * rng.integers(-6, 7, m)
    form = rng.integers(0, 4, m)
    return IntegerProgram(
        sense=Sense.MINIMISE if rng.random() < 0.5 else Sense.MAXIMISE,
        c=rng.integers(-9, 10, n).astype(float),
        A=csr_array(A),
        row_lower=np.select(
            [form == 0, form == 1], [-np.inf, middle.round(1)], middle - (form == 2)
        ),
        row_upper=np.select(
            [form == 0, form == 1], [middle.round(1), np.inf], middle + (form == 2)
        ),
        lower=lower,
        upper=upper,
        integer=integer,
        offset=float(rng.integers(-3, 4)),
    )


def open_program(rng):
    """Larger, with some columns that have no upper bound: one in six is unbounded."""
    n, m = int(rng.integers(8, 20)), int(rng.integers(4, 15))
    A = rng.integers(-9, 10, (m, n)) * (rng.random((m, n)) < rng.choice([0.1, 0.2, 0.4])) * 1.0
    lower = rng.integers(-3, 1, n).astype(float)
    upper = np.where(rng.random(n) < 0.1, np.inf, lower + rng.integers(0, 9, n))
    integer = rng.random(n) < rng.choice([0.3, 0.6, 0.9])
    inside = lower + np.where(np.isfinite(upper), upper - lower, 5.0) * rng.random(n)
    inside[integer] = np.round(inside[integer])
    middle, form = (A @ inside).round(1), rng.integers(0, 3, m)
    return IntegerProgram(
        sense=Sense.MINIMISE if rng.random() < 0.5 else Sense.MAXIMISE,
        c=rng.integers(-9, 10, n).astype(float),
        A=csr_array(A),
        row_lower=np.where(form == 0, -np.inf, middle - rng.integers(0, 5, m)),
        row_upper=np.where(form == 1, np.inf, middle + rng.integers(0, 5, m)),
        lower=lower,
        upper=upper,
        integer=integer,
    )


def optimum(given):
    """The best objective, None if there is no feasible point; integer columns must be bounded."""
    whole = np.flatnonzero(given.integer)
    ranges = [range(int(given.lower[j]), int(given.upper[j]) + 1) for j in whole]
    values = (_with_fixed(given, whole, point) for point in itertools.product(*ranges))
    return min(
        (value for value in values if value is not None),
        key=lambda value: given.sense.sign * value,
        default=None,
    )


def _with_fixed(given, whole, point):
    rest = np.flatnonzero(~given.integer)
    A, sign = given.A.toarray(), given.sense.sign
    done = A[:, whole] @ np.array(point, dtype=float)
    value = given.offset + given.c[whole] @ np.array(point, dtype=float)
    low, high = given.row_lower - done, given.row_upper - done
    if len(rest) == 0:
        return value if (low <= 1e-9).all() and (high >= -1e-9).all() else None
    up, down = np.isfinite(high), np.isfinite(low)
    found = linprog(
        sign * given.c[rest],
        A_ub=np.vstack([A[up][:, rest], -A[down][:, rest]]),
        b_ub=np.concatenate([high[up], -low[down]]),
        bounds=np.column_stack([given.lower[rest], given.upper[rest]]),
    )
    return value + sign * found.fun if found.status == 0 else None
