"""Random quadratic programs with binary columns.

`qubo` draws coefficients as Beasley 1998 did (Heuristic algorithms for the unconstrained
binary quadratic programming problem; sets `bqp` of the OR-Library), `binary-least-squares`
is the test of Takapoui, Moehle, Boyd and Bemporad 2017 (arXiv:1509.08416) with 0 and 1 for
its set, `sparse-portfolio` a portfolio of at most k assets.  Every instance is feasible and
bounded.  Bounds of variables are the last rows.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import block_array, csc_array, eye_array

from solverhub.core.errors import InvalidParams
from solverhub.problems.quadratic_program import QuadraticProgram


def qubo(n: int = 50, density: float = 0.1, *, seed: int) -> QuadraticProgram:
    """Maximise x'Qx over x in {0, 1}^n, as a convex minimisation.

    Q has whole numbers from -100 to 100 at a share `density` of places.  The diagonal that makes
    -Q dominant is added to it and half of it taken from the costs, since x^2 = x.
    """
    _sizes(n=n)
    if not 0 < density <= 1:
        raise InvalidParams(f"density is {density}", remedy="give a share above 0, at most 1")
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.integers(-100, 101, (n, n)) * (rng.random((n, n)) < density))
    linear = -np.diag(upper).astype(float)
    P = -2.0 * (np.triu(upper, 1) + np.triu(upper, 1).T)
    size = np.abs(P).sum(axis=1)
    return QuadraticProgram(
        P=csc_array(P + np.diag(size)),
        q=linear - size / 2,
        A=csc_array(eye_array(n)),
        l=np.zeros(n),
        u=np.ones(n),
        integer=np.ones(n, bool),
    )


def binary_least_squares(n: int = 40, chosen: int = 0, *, seed: int) -> QuadraticProgram:
    """Minimise |F x - d|^2 over x in {0, 1}^n, with sum x = `chosen` where that is above 0.

    F is normal with 3 n / 2 rows, d = F x for a uniform x in [0, 1]^n.
    """
    _sizes(n=n)
    if not 0 <= chosen <= n:
        raise InvalidParams(f"chosen is {chosen}", remedy=f"give 0 to {n}")
    rng = np.random.default_rng(seed)
    F = rng.standard_normal(((3 * n + 1) // 2, n))
    d = F @ rng.random(n)
    P = 2.0 * F.T @ F
    count = np.ones((1 if chosen else 0, n))
    return QuadraticProgram(
        P=csc_array((P + P.T) / 2),
        q=-2.0 * F.T @ d,
        A=csc_array(np.concatenate([count, np.eye(n)])),
        l=np.concatenate([np.full(len(count), float(chosen)), np.zeros(n)]),
        u=np.concatenate([np.full(len(count), float(chosen)), np.ones(n)]),
        r=float(d @ d),
        integer=np.ones(n, bool),
    )


def sparse_portfolio(assets: int = 60, chosen: int = 8, *, seed: int) -> QuadraticProgram:
    """Minimise x'Sx - mu'x, sum x = 1, 0.02 y <= x <= 0.4 y, sum y <= `chosen`, y binary.

    Columns are x (assets) and y (assets).  S = F F' + D with a tenth as many factors as assets.
    """
    _sizes(assets=assets, chosen=chosen)
    if chosen < 3:
        raise InvalidParams(f"chosen is {chosen}", remedy="give 3 or more: no share is above 0.4")
    rng = np.random.default_rng(seed)
    F = rng.standard_normal((assets, max(1, assets // 10))) * (rng.random((assets, 1)) < 0.8)
    S = F @ F.T + np.diag(0.2 + rng.random(assets))
    one, ones = np.eye(assets), np.ones((1, assets))
    rows = np.block([[ones, 0 * ones], [0 * ones, ones], [one, -0.4 * one], [one, -0.02 * one]])
    low = np.concatenate([[1.0, -np.inf], np.full(assets, -np.inf), np.zeros(assets)])
    high = np.concatenate([[1.0, float(chosen)], np.zeros(assets), np.full(assets, np.inf)])
    zero = csc_array((assets, assets))
    return QuadraticProgram(
        P=csc_array(block_array([[csc_array(S + S.T), None], [None, zero]])),
        q=np.concatenate([-rng.random(assets), np.zeros(assets)]),
        A=csc_array(np.concatenate([rows, np.eye(2 * assets)])),
        l=np.concatenate([low, np.zeros(2 * assets)]),
        u=np.concatenate([high, np.ones(2 * assets)]),
        integer=np.arange(2 * assets) >= assets,
    )


def _sizes(**given: int) -> None:
    for name, value in given.items():
        if not 1 <= value <= 8000:
            raise InvalidParams(f"{name} is {value}", remedy="give 1 to 8000")
