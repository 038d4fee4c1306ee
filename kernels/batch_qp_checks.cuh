// What an instance of batch_qp is held in, refused, accepted or certified by: the form for CUDA of
// solverhub/ops/batch_qp_checks.py.
#pragma once

#include "warp.cuh"

enum { SOLVED, ITERATION_LIMIT, PRIMAL_INFEASIBLE, DUAL_INFEASIBLE };
enum { NOT_FINITE = -1, NOT_SYMMETRIC = -2, CROSSED = -3, INDEFINITE = -4 };

#define CONVEX 1e-9

// The data as given: matrices by rows without padding.
struct Given {
    const double *P, *q, *A, *l, *u;
};

// The scaled instance and the iterates; rows of matrices are `stride` apart, which is odd, so
// that lanes reading a column meet different banks.
struct Work {
    int n, m, stride;
    double *P, *A, *K;
    double *q, *D, *Px, *g, *dx, *Aty, *x_last, *x;
    double *E, *rho, *l, *u, *z, *Ax, *y_last, *y, *move, *w;
};

// Residuals and the sizes they are relative to.
struct Residuals {
    double primal, dual, gap, rows, slopes, values;
};

// Entry j of M v for a symmetric M, read by columns.
__device__ static double times(const double *M, int stride, const double *v, int n, int j) {
    double total = 0.0;
    for (int i = 0; i < n; i++) total += M[i * stride + j] * v[i];
    return total;
}

// Entry j of A' w.
__device__ static double transposed(const double *A, int stride, const double *w, int m, int j) {
    double total = 0.0;
    for (int i = 0; i < m; i++) total += A[i * stride + j] * w[i];
    return total;
}

// Entry i of A v.
__device__ static double product(const double *A, int stride, const double *v, int n, int i) {
    double total = 0.0;
    for (int j = 0; j < n; j++) total += A[i * stride + j] * v[j];
    return total;
}

__device__ static int refusal(const Given &d, int n, int m) {
    bool bad = false, crossed = false;
    double largest = 0.0, skew = 0.0;
    EACH(k, n * n) bad |= !isfinite(d.P[k]);
    EACH(k, m * n) bad |= !isfinite(d.A[k]);
    EACH(k, n) bad |= !isfinite(d.q[k]);
    EACH(i, m) {
        bad |= isnan(d.l[i]) || isnan(d.u[i]);
        crossed |= d.l[i] > d.u[i] || (isinf(d.l[i]) && d.l[i] > 0) || (isinf(d.u[i]) && d.u[i] < 0);
    }
    if (warp_any(bad)) return NOT_FINITE;
    if (warp_any(crossed)) return CROSSED;
    EACH_ENTRY(i, j, n) {
        largest = fmax(largest, fabs(d.P[i * n + j]));
        skew = fmax(skew, fabs(d.P[i * n + j] - d.P[j * n + i]));
    }
    return warp_max(skew) > 1e-9 * warp_max(largest) ? NOT_SYMMETRIC : 0;
}

__device__ static bool convex(const Given &d, const Work &s) {
    int n = s.n;
    double largest = 0.0;
    EACH_ENTRY(i, j, n) {
        s.K[i * s.stride + j] = d.P[i * n + j];
        largest = fmax(largest, fabs(d.P[i * n + j]));
    }
    largest = warp_max(largest);
    if (largest == 0.0) return true;
    for (int k = 0; k < n; k++) {
        meet();
        double pivot = s.K[k * s.stride + k] + CONVEX * largest;
        if (pivot <= 0.0) return false;
        EACH(i, n) s.g[i] = i > k ? s.K[i * s.stride + k] / pivot : 0.0;
        meet();
        EACH_ENTRY(i, j, n)
            if (i > k) s.K[i * s.stride + j] -= s.g[i] * s.K[k * s.stride + j];
    }
    return true;
}

__device__ static Residuals measure(double primal, double rows, double dual, double slopes,
                                    double curved, double linear, double support, double unit) {
    primal = warp_max(primal), rows = warp_max(rows), dual = warp_max(dual);
    slopes = warp_max(slopes), curved = warp_sum(curved), linear = warp_sum(linear);
    support = warp_sum(support);
    Residuals r = {primal, dual, fabs(curved + linear + support) * unit, rows, slopes,
                   fmax(fabs(0.5 * curved + linear), fabs(0.5 * curved + support)) * unit};
    return r;
}

// Of the data as given.
__device__ static Residuals residuals(const Given &d, int n, int m, const double *x,
                                      const double *y) {
    double primal = 0.0, rows = 0.0, dual = 0.0, slopes = 0.0;
    double curved = 0.0, linear = 0.0, support = 0.0;
    EACH(i, m) {
        double total = product(d.A, n, x, n, i);
        rows = fmax(rows, fabs(total));
        primal = fmax(primal, fmax(d.l[i] - total, total - d.u[i]));
        if (y[i] != 0.0) support += y[i] * (y[i] > 0.0 ? d.u[i] : d.l[i]);
    }
    EACH(j, n) {
        double Px = times(d.P, n, x, n, j), Aty = transposed(d.A, n, y, m, j);
        dual = fmax(dual, fabs(Px + d.q[j] + Aty));
        slopes = fmax(slopes, fmax(fabs(Px), fmax(fabs(Aty), fabs(d.q[j]))));
        curved += x[j] * Px;
        linear += x[j] * d.q[j];
    }
    return measure(primal, rows, dual, slopes, curved, linear, support, 1.0);
}

__device__ static bool passes_at(const Residuals &r, double eps) {
    return r.primal <= eps * (1.0 + r.rows) && r.dual <= eps * (1.0 + r.slopes) &&
           r.gap <= eps * (1.0 + r.values);
}

// `residuals` from what the iteration holds; `off` becomes the factor by which rho is off.
__device__ static Residuals progress(const Work &s, double cost, double &off) {
    double primal = 0.0, rows = 0.0, dual = 0.0, slopes = 0.0, apart = 0.0;
    double curved = 0.0, linear = 0.0, support = 0.0;
    EACH(i, s.m) {
        apart = fmax(apart, fabs(s.Ax[i] - s.z[i]) / s.E[i]);
        primal = fmax(primal, fmax(s.l[i] - s.Ax[i], s.Ax[i] - s.u[i]) / s.E[i]);
        rows = fmax(rows, fabs(s.Ax[i]) / s.E[i]);
        support += s.y[i] * s.z[i];
    }
    EACH(j, s.n) {
        double unit = 1.0 / (cost * s.D[j]), Aty = transposed(s.A, s.stride, s.y, s.m, j);
        dual = fmax(dual, fabs(s.Px[j] + s.q[j] + Aty) * unit);
        slopes = fmax(slopes, fmax(fabs(s.Px[j]), fmax(fabs(Aty), fabs(s.q[j]))) * unit);
        curved += s.x[j] * s.Px[j];
        linear += s.x[j] * s.q[j];
    }
    Residuals r = measure(primal, rows, dual, slopes, curved, linear, support, 1.0 / cost);
    apart = warp_max(apart);
    off = sqrt((apart / (r.rows + 1e-10) + 1e-12) / (r.dual / (r.slopes + 1e-10) + 1e-12));
    return r;
}

// Whether v proves that no x with |x|_1 < 1/eps is feasible; v is cleared and scaled as on the CPU.
__device__ static bool separates(const Given &d, int n, int m, double *v, double eps) {
    double support = 0.0;
    EACH(i, m) {
        double side = v[i] > 0.0 ? d.u[i] : d.l[i];
        if (isinf(side)) v[i] = 0.0;
        else support += v[i] * side;
    }
    support = warp_sum(support);
    meet();
    if (!(support < 0.0)) return false;
    bool fails = false;
    EACH(j, n) fails |= fabs(transposed(d.A, n, v, m, j)) > -eps * support;
    if (warp_any(fails)) return false;
    meet();
    EACH(i, m) v[i] /= -support;
    meet();
    return true;
}

// Whether the ray is one of descent up to eps; it is scaled to q'ray = -1 when it is.
__device__ static bool recedes(const Given &d, int n, int m, double *ray, double eps) {
    double slope = 0.0;
    EACH(j, n) slope += d.q[j] * ray[j];
    slope = warp_sum(slope);
    if (!(slope < 0.0)) return false;
    double most = -eps * slope;
    bool fails = false;
    EACH(j, n) fails |= fabs(times(d.P, n, ray, n, j)) > most;
    if (warp_any(fails)) return false;
    EACH(i, m) {
        double total = product(d.A, n, ray, n, i);
        fails |= (!isinf(d.u[i]) && total > most) || (!isinf(d.l[i]) && total < -most);
    }
    if (warp_any(fails)) return false;
    meet();
    EACH(j, n) ray[j] /= -slope;
    meet();
    return true;
}
