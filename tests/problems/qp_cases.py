"""Random quadratic programs for the tests."""

import numpy as np
from scipy.sparse import csc_array

from solverhub.problems.quadratic_program import QuadraticProgram


def random_program(seed, n=5, m=4, rank=None, boxed=True):
    """A program with a feasible interior point, whose P has the given rank."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((n, n if rank is None else rank))
    rows = rng.standard_normal((m, n)) * (rng.random((m, n)) < 0.7)
    inside = rng.standard_normal(n)
    value = rows @ inside
    lower = np.where(rng.random(m) < 0.5, -np.inf, value - rng.random(m))
    upper = np.where(rng.random(m) < 0.3, np.inf, value + rng.random(m))
    if boxed:
        rows = np.vstack([rows, np.eye(n)])
        lower = np.concatenate([lower, inside - 1 - rng.random(n)])
        upper = np.concatenate([upper, inside + 1 + rng.random(n)])
    half = root @ root.T
    return QuadraticProgram(
        P=csc_array((half + half.T) / 2),
        q=rng.standard_normal(n),
        A=csc_array(rows),
        l=lower,
        u=upper,
        r=float(rng.standard_normal()),
    ), inside
