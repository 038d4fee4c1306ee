"""What an instance of `batch_qp` on the CPU is refused, accepted or certified by."""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: E741
from __future__ import annotations

import numpy as np
from numba import njit

SOLVED, ITERATION_LIMIT, PRIMAL_INFEASIBLE, DUAL_INFEASIBLE = 0, 1, 2, 3
NOT_FINITE, NOT_SYMMETRIC, CROSSED, INDEFINITE = -1, -2, -3, -4
CONVEX = 1e-9  # the diagonal of P, relative to its largest entry, that rounding may need

exact = njit(cache=True, nogil=True, error_model="numpy")
fast = njit(
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath={"reassoc", "contract", "nsz", "arcp", "nnan"},  # sides are infinite: no "ninf"
)


@exact
def refusal(P, q, A, l, u):
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


@fast
def convex(P, K):
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


@fast
def times(M, v, out):
    """out = M v of a symmetric M."""
    n = v.size
    out[:] = 0.0
    for i in range(n):
        factor = v[i]
        for j in range(n):
            out[j] += factor * M[i, j]


@fast
def transposed(A, w, out):
    """out = A' w."""
    out[:] = 0.0
    for i in range(w.size):
        factor = w[i]
        for j in range(out.size):
            out[j] += factor * A[i, j]


@fast
def residuals(P, q, A, l, u, x, y, Px, Aty, out):
    """out = primal, dual, gap and the sizes that each is relative to, of unscaled data.

    y must be zero where its side is infinite.
    """
    m, n = A.shape
    times(P, x, Px)
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


@exact
def passes(out, eps):
    return (
        out[0] <= eps * (1.0 + out[3])
        and out[1] <= eps * (1.0 + out[4])
        and out[2] <= eps * (1.0 + out[5])
    )


@fast
def progress(q, l, u, D, E, cost, x, y, z, Px, Ax, Aty, out):
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


@fast
def separates(A, l, u, v, Aty, eps):
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
    transposed(A, v, Aty)
    for j in range(Aty.size):
        if abs(Aty[j]) > -eps * support:
            return False
    for i in range(v.size):
        v[i] /= -support
    return True


@fast
def recedes(P, q, A, l, u, d, Pd, eps):
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
    times(P, d, Pd)
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
