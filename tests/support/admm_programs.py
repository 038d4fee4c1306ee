"""Programs that the tests of the splitting engine share."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from solverhub.problems.quadratic_program import QuadraticProgram

INF = np.inf


def program(seed: int, n: int = 12, m: int = 8) -> QuadraticProgram:
    """A feasible program of half rank with rows of every class, and bounds on the columns."""
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((n, n // 2))
    rows = sp.random_array((m, n), density=0.5, rng=rng)
    rows = sp.csc_array(sp.vstack([rows, sp.eye_array(n)]))
    inside = rows @ rng.standard_normal(n)
    low, high = inside - rng.random(m + n), inside + rng.random(m + n)
    kind = rng.integers(0, 4, m + n)
    kind[m:] = 2
    low[kind == 1] = -INF
    low[kind == 3] = high[kind == 3] = inside[kind == 3]
    low[kind == 0], high[kind == 0] = -INF, INF
    return QuadraticProgram(
        P=half @ half.T, q=rng.standard_normal(n), A=rows, l=low, u=high, r=float(seed)
    )


def linear(
    q: list[float], rows: list[list[float]], low: list[float], high: list[float]
) -> QuadraticProgram:
    """A program without curvature."""
    n = len(q)
    return QuadraticProgram(
        P=sp.csc_array((n, n)), q=np.array(q), A=sp.csc_array(rows), l=low, u=high
    )


def rescaled(qp: QuadraticProgram, columns: np.ndarray, rows: np.ndarray) -> QuadraticProgram:
    """The program in other units of its columns and rows."""
    P = sp.diags_array(columns) @ qp.P @ sp.diags_array(columns)
    return QuadraticProgram(
        P=(P + P.T) / 2,
        q=columns * qp.q,
        A=sp.diags_array(rows) @ qp.A @ sp.diags_array(columns),
        l=rows * qp.l,
        u=rows * qp.u,
        r=qp.r,
    )
