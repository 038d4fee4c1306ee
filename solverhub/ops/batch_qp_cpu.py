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
from numba import njit

SOLVED, ITERATION_LIMIT, PRIMAL_INFEASIBLE, DUAL_INFEASIBLE = 0, 1, 2, 3
NOT_FINITE, NOT_SYMMETRIC, CROSSED, INDEFINITE = -1, -2, -3, -4

EQUALITY_RHO = 1e3  # rho of an equality over that of an inequality
FREE_RHO = 1e-6
ACTIVE_RHO = 30.0  # rho of a row at its side over that of one between its sides
LEAST_FIRST_RHO, MOST_FIRST_RHO = 1e-1, 1e3
LEAST_RHO, MOST_RHO = 1e-6, 1e6
REFACTOR = 2.0  # rho changes when it is off by this factor
NO_NORM = 1e-8  # a row or column below this is not scaled
CONVEX = 1e-9  # the diagonal of P, relative to its largest entry, that rounding may need

_exact = njit(cache=True, nogil=True, error_model="numpy")
_fast = njit(
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath={"reassoc", "contract", "nsz", "arcp", "nnan"},  # sides are infinite: no "ninf"
)


@_exact
def _refusal(P, q, A, l, u):
    """Why the data of an instance cannot be used, or 0."""
    m, n = A.shape
    if not (np.isfinite(P).all() and np.isfinite(q).all() and np.isfinite(A).all()):
        return NOT_FINITE
    for i in range(m):
        if not l[i] <= u[i]:
            return NOT_FINITE if np.isnan(l[i]) or np.isnan(u[i]) else CROSSED
        if l[i] == np.inf or u[i] == -np.inf:
            return CROSSED
    largest, skew = 0.0, 0.0
    for i in range(n):
        for j in range(i + 1):
            largest = max(largest, abs(P[i, j]))
            skew = max(skew, abs(P[i, j] - P[j, i]))
    return NOT_SYMMETRIC if skew > 1e-9 * largest else 0


@_fast
def _convex(P, K):
    """Whether P plus a rounding's worth of its largest entry has positive pivots; K is scratch."""
    n = P.shape[0]
    largest = 0.0
    for i in range(n):
        for j in range(n):
            K[i, j] = P[i, j]
            largest = max(largest, abs(P[i, j]))
    if largest == 0.0:
        return True
    for k in range(n):
        pivot = K[k, k] + CONVEX * largest
        if pivot <= 0.0:
            return False
        for i in range(k + 1, n):
            factor = K[i, k] / pivot
            for j in range(n):
                K[i, j] -= factor * K[k, j]
    return True


@_fast
def _scale(P, q, A, passes, D, E):
    """Ruiz equilibration (RAL-TR-2001-034) of [P A'; A 0] in place; returns the factor of the cost.

    D (n,) and E (m,) become the factors of columns and rows.
    """
    m, n = A.shape
    column, row = np.empty(n), np.empty(m)
    D[:] = 1.0
    E[:] = 1.0
    for _ in range(passes):
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


@_fast
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


@_fast
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


@_fast
def _set_rho(l, u, y, base, rho):
    for i in range(l.size):
        if l[i] == u[i]:
            rho[i] = EQUALITY_RHO * base
        elif l[i] == -np.inf and u[i] == np.inf:
            rho[i] = FREE_RHO
        else:
            rho[i] = base if y[i] == 0.0 else ACTIVE_RHO * base


@_fast
def _times(M, v, out):
    """out = M v of a symmetric M."""
    n = v.size
    out[:] = 0.0
    for i in range(n):
        factor = v[i]
        for j in range(n):
            out[j] += factor * M[i, j]


@_fast
def _transposed(A, w, out):
    """out = A' w."""
    out[:] = 0.0
    for i in range(w.size):
        factor = w[i]
        for j in range(out.size):
            out[j] += factor * A[i, j]


@_fast
def _product(A, v, out):
    """out = A v."""
    for i in range(out.size):
        total = 0.0
        for j in range(v.size):
            total += A[i, j] * v[j]
        out[i] = total


@_fast
def _steps(count, alpha, P, q, A, l, u, K, rho, x, y, z, Px, Ax, g, dx, move, w):
    """`count` iterations on the scaled instance."""
    m, n = A.shape
    for _ in range(count):
        for i in range(m):
            w[i] = y[i] + rho[i] * (Ax[i] - z[i])
        _transposed(A, w, g)
        for j in range(n):
            g[j] += Px[j] + q[j]
        _times(K, g, dx)
        _product(A, dx, move)
        for j in range(n):
            x[j] -= alpha * dx[j]
        _times(P, x, Px)
        for i in range(m):
            v = alpha * (Ax[i] - move[i]) + (1.0 - alpha) * z[i] + y[i] / rho[i]
            Ax[i] -= alpha * move[i]
            z[i] = min(max(v, l[i]), u[i])
            y[i] = rho[i] * (v - z[i])


@_fast
def residuals(P, q, A, l, u, x, y, Px, Aty, out):
    """out = primal, dual, gap and the sizes that each is relative to, of unscaled data.

    y must be zero where its side is infinite.
    """
    m, n = A.shape
    _times(P, x, Px)
    Aty[:] = 0.0
    primal, size, support = 0.0, 0.0, 0.0
    for i in range(m):
        total = 0.0
        for j in range(n):
            total += A[i, j] * x[j]
        size = max(size, abs(total))
        primal = max(primal, max(l[i] - total, total - u[i]))
        if y[i] != 0.0:
            support += y[i] * (u[i] if y[i] > 0.0 else l[i])
            for j in range(n):
                Aty[j] += y[i] * A[i, j]
    dual, largest, curved, linear = 0.0, 0.0, 0.0, 0.0
    for j in range(n):
        dual = max(dual, abs(Px[j] + q[j] + Aty[j]))
        largest = max(largest, max(abs(Px[j]), max(abs(Aty[j]), abs(q[j]))))
        curved += x[j] * Px[j]
        linear += x[j] * q[j]
    out[0], out[1], out[2] = primal, dual, abs(curved + linear + support)
    out[3], out[4] = size, largest
    out[5] = max(abs(0.5 * curved + linear), abs(0.5 * curved + support))


@_exact
def _passes(out, eps):
    return (
        out[0] <= eps * (1.0 + out[3])
        and out[1] <= eps * (1.0 + out[4])
        and out[2] <= eps * (1.0 + out[5])
    )


@_fast
def _progress(q, l, u, D, E, cost, x, y, z, Px, Ax, Aty, out):
    """`residuals` from what the iteration holds; returns the factor by which rho is off."""
    primal, apart, size, product = 0.0, 0.0, 0.0, 0.0
    for i in range(y.size):
        apart = max(apart, abs(Ax[i] - z[i]) / E[i])
        primal = max(primal, max(l[i] - Ax[i], Ax[i] - u[i]) / E[i])
        size = max(size, abs(Ax[i]) / E[i])
        product += y[i] * z[i]
    dual, largest, curved, linear = 0.0, 0.0, 0.0, 0.0
    for j in range(x.size):
        unit = 1.0 / (cost * D[j])
        dual = max(dual, abs(Px[j] + q[j] + Aty[j]) * unit)
        largest = max(largest, max(abs(Px[j]), max(abs(Aty[j]), abs(q[j]))) * unit)
        curved += x[j] * Px[j]
        linear += x[j] * q[j]
    out[0], out[1], out[2] = primal, dual, abs(curved + linear + product) / cost
    out[3], out[4] = size, largest
    out[5] = max(abs(0.5 * curved + linear), abs(0.5 * curved + product)) / cost
    return np.sqrt((apart / (size + 1e-10) + 1e-12) / (dual / (largest + 1e-10) + 1e-12))


@_fast
def _separates(A, l, u, v, Aty, eps):
    """Whether v proves that no x with |x|_1 < 1/eps is feasible: support(v) = -1, |A'v| <= eps.

    v is cleared where its side is infinite, and is scaled to the support -1 when it proves it.
    """
    support = 0.0
    for i in range(v.size):
        side = u[i] if v[i] > 0.0 else l[i]
        if abs(side) == np.inf:
            v[i] = 0.0
        else:
            support += v[i] * side
    if not support < 0.0:
        return False
    _transposed(A, v, Aty)
    for j in range(Aty.size):
        if abs(Aty[j]) > -eps * support:
            return False
    for i in range(v.size):
        v[i] /= -support
    return True


@_fast
def _recedes(P, q, A, l, u, d, Pd, eps):
    """Whether d is a ray of descent: q'd = -1, |Pd| <= eps, and Ad <= eps at each finite side.

    d is scaled to q'd = -1 when it is.
    """
    m, n = A.shape
    slope = 0.0
    for j in range(n):
        slope += q[j] * d[j]
    if not slope < 0.0:
        return False
    most = -eps * slope
    _times(P, d, Pd)
    for j in range(n):
        if abs(Pd[j]) > most:
            return False
    for i in range(m):
        total = 0.0
        for j in range(n):
            total += A[i, j] * d[j]
        if (u[i] < np.inf and total > most) or (l[i] > -np.inf and total < -most):
            return False
    for j in range(n):
        d[j] /= -slope
    return True


@_fast
def _solve_one(
    P0,
    q0,
    A0,
    l0,
    u0,
    x,
    y,
    warm,
    eps,
    eps_infeasible,
    limit,
    every,
    base,
    alpha,
    sigma,
    passes,
    P,
    A,
    K,
    nn,
    mm,
    out,
):
    """One instance; x and y hold the start and take the answer.  Returns (status, iterations)."""
    m, n = A0.shape
    q, D, Px, g, dx, Aty, x_last, xs = nn
    E, rho, l, u, z, Ax, y_last, ys, move, w = mm
    P[:] = P0
    A[:] = A0
    q[:] = q0
    cost = _scale(P, q, A, passes, D, E)
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
    _times(P, xs, Px)
    for i in range(m):
        z[i] = min(max(Ax[i], l[i]), u[i])
    x_last[:] = xs
    y_last[:] = ys
    iterations, patience, next_refactor = 0, every, every
    while iterations < limit:
        count = min(every, limit - iterations)
        _steps(count, alpha, P, q, A, l, u, K, rho, xs, ys, z, Px, Ax, g, dx, move, w)
        iterations += count
        _transposed(A, ys, Aty)
        off = _progress(q, l, u, D, E, cost, xs, ys, z, Px, Ax, Aty, out)
        if _passes(out, eps):
            for j in range(n):
                x[j] = D[j] * xs[j]
            for i in range(m):
                y[i] = E[i] * ys[i] / cost
            residuals(P0, q0, A0, l0, u0, x, y, g, Aty, out)
            if _passes(out, eps):
                return SOLVED, iterations
        for i in range(m):
            y[i] = E[i] * (ys[i] - y_last[i])
            y_last[i] = ys[i]
        if _separates(A0, l0, u0, y, Aty, eps_infeasible):
            for j in range(n):
                x[j] = D[j] * xs[j]
            return PRIMAL_INFEASIBLE, iterations
        for j in range(n):
            x[j] = D[j] * (xs[j] - x_last[j])
            x_last[j] = xs[j]
        if _recedes(P0, q0, A0, l0, u0, x, g, eps_infeasible):
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


@_exact
def solve_range(
    first,
    last,
    P,
    q,
    A,
    l,
    u,
    x,
    y,
    warm,
    eps,
    eps_infeasible,
    limit,
    every,
    base,
    alpha,
    sigma,
    passes,
    status,
    iterations,
    found,
):
    """Instances `first` to `last`; a P or A of one matrix serves all."""
    n, m = q.shape[1], l.shape[1]
    Ps, As, K = np.empty((n, n)), np.empty((m, n)), np.empty((n, n))
    nn = (
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
    )
    mm = (
        np.empty(m),
        np.empty(m),
        np.empty(m),
        np.empty(m),
        np.empty(m),
        np.empty(m),
        np.empty(m),
        np.empty(m),
        np.empty(m),
        np.empty(m),
    )
    out = np.empty(6)
    for b in range(first, last):
        p, a = (b if P.shape[0] > 1 else 0), (b if A.shape[0] > 1 else 0)
        status[b] = _refusal(P[p], q[b], A[a], l[b], u[b])
        if status[b] == 0 and (P.shape[0] > 1 or b == first) and not _convex(P[p], K):
            status[b] = INDEFINITE
        if status[b] < 0:
            return
        status[b], iterations[b] = _solve_one(
            P[p],
            q[b],
            A[a],
            l[b],
            u[b],
            x[b],
            y[b],
            warm,
            eps,
            eps_infeasible,
            limit,
            every,
            base,
            alpha,
            sigma,
            passes,
            Ps,
            As,
            K,
            nn,
            mm,
            out,
        )
        residuals(P[p], q[b], A[a], l[b], u[b], x[b], y[b], nn[2], nn[3], out)
        found[b, 0], found[b, 1], found[b, 2] = out[0], out[1], out[2]
