"""The CPU form of `batch_qp`: one instance after the other, all of its data in the first cache.

The iteration is OSQP's (Stellato et al. 2020, doi:10.1007/s12532-020-00179-2) in increments.
With K = P + sigma I + A'RA and R = diag(rho),

    dx = K^-1 (Px + q + A'(y + R(Ax - z)))
    v = alpha A(x - dx) + (1 - alpha) z + y/rho
    x -= alpha dx,  z = clip(v, l, u),  y = rho (v - z)

K^-1 is stored, so that a step is four products.  In increments its error slows the iteration
but does not move the fixed point.

`kernels/batch_qp.cu` has the same steps in the same order under the same names.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: E741
from __future__ import annotations

import numpy as np

from solverhub.ops.batch_qp_checks import (
    DUAL_INFEASIBLE,
    INDEFINITE,
    ITERATION_LIMIT,
    PRIMAL_INFEASIBLE,
    SOLVED,
    convex,
    exact,
    fast,
    passes,
    progress,
    recedes,
    refusal,
    residuals,
    separates,
    times,
    transposed,
)

EQUALITY_RHO = 1e3  # rho of an equality over that of an inequality
FREE_RHO = 1e-6
ACTIVE_RHO = 30.0  # rho of a row at its side over that of one between its sides
LEAST_FIRST_RHO, MOST_FIRST_RHO = 1e-1, 1e3
LEAST_RHO, MOST_RHO = 1e-6, 1e6
REFACTOR = 2.0  # rho changes when it is off by this factor
NO_NORM = 1e-8  # a row or column below this is not scaled


@fast
def _scale(P, q, A, count, D, E):
    """Ruiz equilibration (RAL-TR-2001-034) of [P A'; A 0] in place; returns the factor of the cost.

    D (n,) and E (m,) become the factors of columns and rows.
    """
    m, n = A.shape
    column, row = np.empty(n), np.empty(m)
    D[:] = 1.0
    E[:] = 1.0
    for _ in range(count):
        column[:] = 0.0
        for i in range(n):
            for j in range(n):
                column[j] = max(column[j], abs(P[i, j]))
        for i in range(m):
            norm = 0.0
            for j in range(n):
                size = abs(A[i, j])
                norm = max(norm, size)
                column[j] = max(column[j], size)
            row[i] = 1.0 / np.sqrt(norm) if norm > NO_NORM else 1.0
        for j in range(n):
            column[j] = 1.0 / np.sqrt(column[j]) if column[j] > NO_NORM else 1.0
            D[j] *= column[j]
        for i in range(n):
            for j in range(n):
                P[i, j] *= column[i] * column[j]
        for i in range(m):
            E[i] *= row[i]
            for j in range(n):
                A[i, j] *= row[i] * column[j]
    cost, slope = 0.0, 0.0
    for j in range(n):
        norm = 0.0
        for i in range(n):
            norm = max(norm, abs(P[i, j]))
        cost += norm / n
        q[j] *= D[j]
        slope = max(slope, abs(q[j]))
    cost = max(cost, slope)
    cost = 1.0 / cost if cost > NO_NORM else 1.0
    for i in range(n):
        q[i] *= cost
        for j in range(n):
            P[i, j] *= cost
    return cost


@fast
def _invert(P, A, sigma, rho, K, row, column):
    """K = (P + sigma I + A' diag(rho) A)^-1 by Gauss-Jordan; the pivots are positive."""
    m, n = A.shape
    for i in range(n):
        for j in range(n):
            K[i, j] = P[i, j]
        K[i, i] += sigma
    for k in range(0, m - m % 4, 4):
        for i in range(n):
            a, b = rho[k] * A[k, i], rho[k + 1] * A[k + 1, i]
            c, d = rho[k + 2] * A[k + 2, i], rho[k + 3] * A[k + 3, i]
            for j in range(n):
                K[i, j] += a * A[k, j] + b * A[k + 1, j] + c * A[k + 2, j] + d * A[k + 3, j]
    for k in range(m - m % 4, m):
        for i in range(n):
            factor = rho[k] * A[k, i]
            for j in range(n):
                K[i, j] += factor * A[k, j]
    for k in range(n):
        inverse = 1.0 / K[k, k]
        for j in range(n):
            row[j] = K[k, j] * inverse
            column[j] = K[j, k]
        for i in range(n):
            factor = column[i]
            for j in range(n):
                K[i, j] -= factor * row[j]
        for j in range(n):
            K[k, j] = row[j]
            K[j, k] = -column[j] * inverse
        K[k, k] = inverse


@fast
def _first_rho(P, A, factor):
    """`factor` times trace(P) / trace(A'A), where the curvatures of cost and rows balance."""
    m, n = A.shape
    trace, squares = 0.0, 0.0
    for j in range(n):
        trace += P[j, j]
    for i in range(m):
        for j in range(n):
            squares += A[i, j] * A[i, j]
    return min(max(factor * trace / squares, LEAST_FIRST_RHO), MOST_FIRST_RHO) if squares else 1.0


@fast
def _set_rho(l, u, y, base, rho):
    for i in range(l.size):
        if l[i] == u[i]:
            rho[i] = EQUALITY_RHO * base
        elif l[i] == -np.inf and u[i] == np.inf:
            rho[i] = FREE_RHO
        else:
            rho[i] = base if y[i] == 0.0 else ACTIVE_RHO * base


@fast
def _product(A, v, out):
    """out = A v."""
    for i in range(out.size):
        total = 0.0
        for j in range(v.size):
            total += A[i, j] * v[j]
        out[i] = total


@fast
def _steps(count, alpha, P, q, A, l, u, K, rho, x, y, z, Px, Ax, g, dx, move, w):
    """`count` iterations on the scaled instance."""
    m, n = A.shape
    for _ in range(count):
        for i in range(m):
            w[i] = y[i] + rho[i] * (Ax[i] - z[i])
        transposed(A, w, g)
        for j in range(n):
            g[j] += Px[j] + q[j]
        times(K, g, dx)
        _product(A, dx, move)
        for j in range(n):
            x[j] -= alpha * dx[j]
        times(P, x, Px)
        for i in range(m):
            v = alpha * (Ax[i] - move[i]) + (1.0 - alpha) * z[i] + y[i] / rho[i]
            Ax[i] -= alpha * move[i]
            z[i] = min(max(v, l[i]), u[i])
            y[i] = rho[i] * (v - z[i])


@fast
def _solve_one(given, x, y, warm, how, P, A, K, of_n, of_m, out):
    """One instance; x and y hold the start and take the answer.  Returns (status, iterations)."""
    P0, q0, A0, l0, u0 = given
    eps, eps_infeasible, limit, every, base, alpha, sigma, scaling = how
    q, D, Px, g, dx, Aty, x_last, xs = of_n
    E, rho, l, u, z, Ax, y_last, ys, move, w = of_m
    m, n = A0.shape
    P[:], A[:], q[:] = P0, A0, q0
    cost = _scale(P, q, A, scaling, D, E)
    for i in range(m):
        l[i], u[i] = l0[i] * E[i], u0[i] * E[i]
    if warm:
        for j in range(n):
            xs[j] = x[j] / D[j]
        for i in range(m):
            side = u[i] if y[i] > 0.0 else l[i]
            ys[i] = 0.0 if abs(side) == np.inf else y[i] * cost / E[i]
    else:
        xs[:] = 0.0
        ys[:] = 0.0
    base = _first_rho(P, A, base)
    _set_rho(l, u, ys, base, rho)
    _invert(P, A, sigma, rho, K, g, dx)
    _product(A, xs, Ax)
    times(P, xs, Px)
    for i in range(m):
        z[i] = min(max(Ax[i], l[i]), u[i])
    x_last[:] = xs
    y_last[:] = ys
    iterations, patience, next_refactor = 0, every, every
    while iterations < limit:
        count = min(every, limit - iterations)
        _steps(count, alpha, P, q, A, l, u, K, rho, xs, ys, z, Px, Ax, g, dx, move, w)
        iterations += count
        transposed(A, ys, Aty)
        off = progress(q, l, u, D, E, cost, xs, ys, z, Px, Ax, Aty, out)
        if passes(out, eps):
            for j in range(n):
                x[j] = D[j] * xs[j]
            for i in range(m):
                y[i] = E[i] * ys[i] / cost
            residuals(P0, q0, A0, l0, u0, x, y, g, Aty, out)
            if passes(out, eps):
                return SOLVED, iterations
        for i in range(m):
            y[i] = E[i] * (ys[i] - y_last[i])
            y_last[i] = ys[i]
        if separates(A0, l0, u0, y, Aty, eps_infeasible):
            for j in range(n):
                x[j] = D[j] * xs[j]
            return PRIMAL_INFEASIBLE, iterations
        for j in range(n):
            x[j] = D[j] * (xs[j] - x_last[j])
            x_last[j] = xs[j]
        if recedes(P0, q0, A0, l0, u0, x, g, eps_infeasible):
            for i in range(m):
                y[i] = E[i] * ys[i] / cost
            return DUAL_INFEASIBLE, iterations
        if iterations >= next_refactor and (off > REFACTOR or off < 1.0 / REFACTOR):
            base = min(max(base * off, LEAST_RHO), MOST_RHO)
            _set_rho(l, u, ys, base, rho)
            _invert(P, A, sigma, rho, K, g, dx)
            _product(A, xs, Ax)
            patience += patience // 2
            next_refactor = iterations + patience
    for j in range(n):
        x[j] = D[j] * xs[j]
    for i in range(m):
        y[i] = E[i] * ys[i] / cost
    return ITERATION_LIMIT, iterations


@exact
def solve_range(first, last, P, q, A, l, u, x, y, warm, how, status, iterations, found):
    """Instances `first` to `last`; a P or A of one matrix serves all.

    how is (eps, eps_infeasible, limit, every, rho, alpha, sigma, scaling).
    """
    n, m = q.shape[1], l.shape[1]
    Ps, As, K = np.empty((n, n)), np.empty((m, n)), np.empty((n, n))
    a, b = np.empty((8, n)), np.empty((10, m))
    of_n = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    of_m = b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9]
    out = np.empty(6)
    for k in range(first, last):
        i, j = (k if P.shape[0] > 1 else 0), (k if A.shape[0] > 1 else 0)
        given = P[i], q[k], A[j], l[k], u[k]
        status[k] = refusal(P[i], q[k], A[j], l[k], u[k])
        if status[k] == 0 and (P.shape[0] > 1 or k == first) and not convex(P[i], K):
            status[k] = INDEFINITE
        if status[k] < 0:
            return
        status[k], iterations[k] = _solve_one(
            given, x[k], y[k], warm, how, Ps, As, K, of_n, of_m, out
        )
        residuals(P[i], q[k], A[j], l[k], u[k], x[k], y[k], a[2], a[3], out)
        found[k, 0], found[k, 1], found[k, 2] = out[0], out[1], out[2]
