// Thousands of small dense quadratic programs of one shape, one warp an instance: the form for
// CUDA of solverhub/ops/batch_qp_cpu.py, whose steps are here in the same order under the same
// names.  An instance stays in shared memory (or in its slice of `workspace`, where it is too
// large for that) from the first iteration to the last, and the kernel is launched once.
//
// Lanes share rows or columns and meet at warp barriers alone.

#include "batch_qp_checks.cuh"

#define EQUALITY_RHO 1e3
#define FREE_RHO 1e-6
#define ACTIVE_RHO 30.0
#define LEAST_FIRST_RHO 1e-1
#define MOST_FIRST_RHO 1e3
#define LEAST_RHO 1e-6
#define MOST_RHO 1e6
#define REFACTOR 2.0
#define NO_NORM 1e-8

__device__ static long work_size(int n, int m) {
    return (long)(2 * n + m) * (n | 1) + 8L * n + 10L * m;
}

__device__ static Work lay_out(double *base, int n, int m) {
    Work s;
    s.n = n, s.m = m, s.stride = n | 1;
    s.P = base, base += n * s.stride;
    s.K = base, base += n * s.stride;
    s.A = base, base += m * s.stride;
    double **columns[] = {&s.q, &s.D, &s.Px, &s.g, &s.dx, &s.Aty, &s.x_last, &s.x};
    for (double **place : columns) *place = base, base += n;
    double **rows[] = {&s.E, &s.rho, &s.l, &s.u, &s.z, &s.Ax, &s.y_last, &s.y, &s.move, &s.w};
    for (double **place : rows) *place = base, base += m;
    return s;
}

__device__ static double clip(double v, double low, double high) { return fmin(fmax(v, low), high); }

// Ruiz equilibration in place; returns the factor of the cost.
__device__ static double scale(const Work &s, int passes) {
    int n = s.n, m = s.m, stride = s.stride;
    EACH(j, n) s.D[j] = 1.0;
    EACH(i, m) s.E[i] = 1.0;
    for (int pass = 0; pass < passes; pass++) {
        meet();
        EACH(j, n) {
            double norm = 0.0;
            for (int i = 0; i < n; i++) norm = fmax(norm, fabs(s.P[i * stride + j]));
            for (int i = 0; i < m; i++) norm = fmax(norm, fabs(s.A[i * stride + j]));
            s.g[j] = norm > NO_NORM ? 1.0 / sqrt(norm) : 1.0;
            s.D[j] *= s.g[j];
        }
        EACH(i, m) {
            double norm = 0.0;
            for (int j = 0; j < n; j++) norm = fmax(norm, fabs(s.A[i * stride + j]));
            s.w[i] = norm > NO_NORM ? 1.0 / sqrt(norm) : 1.0;
            s.E[i] *= s.w[i];
        }
        meet();
        EACH_ENTRY(i, j, n) s.P[i * stride + j] *= s.g[i] * s.g[j];
        EACH(i, m)
            for (int j = 0; j < n; j++) s.A[i * stride + j] *= s.w[i] * s.g[j];
    }
    meet();
    double cost = 0.0, slope = 0.0;
    EACH(j, n) {
        double norm = 0.0;
        for (int i = 0; i < n; i++) norm = fmax(norm, fabs(s.P[i * stride + j]));
        cost += norm / n;
        s.q[j] *= s.D[j];
        slope = fmax(slope, fabs(s.q[j]));
    }
    cost = fmax(warp_sum(cost), warp_max(slope));
    cost = cost > NO_NORM ? 1.0 / cost : 1.0;
    meet();
    EACH(j, n) s.q[j] *= cost;
    EACH_ENTRY(i, j, n) s.P[i * stride + j] *= cost;
    meet();
    return cost;
}

// K = (P + sigma I + A' diag(rho) A)^-1 by Gauss-Jordan.
__device__ static void invert(const Work &s, double sigma) {
    int n = s.n, stride = s.stride;
    EACH_ENTRY(i, j, n) {
        double total = s.P[i * stride + j] + (i == j ? sigma : 0.0);
        for (int k = 0; k < s.m; k++) {
            const double *row = s.A + k * stride;
            total += s.rho[k] * row[i] * row[j];
        }
        s.K[i * stride + j] = total;
    }
    meet();
    double *row = s.g, *column = s.dx;
    for (int k = 0; k < n; k++) {
        double inverse = 1.0 / s.K[k * stride + k];
        EACH(j, n) {
            row[j] = s.K[k * stride + j] * inverse;
            column[j] = s.K[j * stride + k];
        }
        meet();
        EACH_ENTRY(i, j, n) {
            double &entry = s.K[i * stride + j];
            if (i == k) entry = j == k ? inverse : row[j];
            else entry = j == k ? -column[i] * inverse : entry - column[i] * row[j];
        }
        meet();
    }
}

__device__ static double first_rho(const Work &s, double factor) {
    double trace = 0.0, squares = 0.0;
    EACH(j, s.n) {
        trace += s.P[j * s.stride + j];
        for (int i = 0; i < s.m; i++) squares += s.A[i * s.stride + j] * s.A[i * s.stride + j];
    }
    trace = warp_sum(trace), squares = warp_sum(squares);
    return squares > 0.0 ? clip(factor * trace / squares, LEAST_FIRST_RHO, MOST_FIRST_RHO) : 1.0;
}

__device__ static void set_rho(const Work &s, double base) {
    EACH(i, s.m) {
        if (s.l[i] == s.u[i]) s.rho[i] = EQUALITY_RHO * base;
        else if (isinf(s.l[i]) && isinf(s.u[i])) s.rho[i] = FREE_RHO;
        else s.rho[i] = s.y[i] == 0.0 ? base : ACTIVE_RHO * base;
    }
    meet();
}

__device__ static void steps(const Work &s, int count, double alpha) {
    int n = s.n, m = s.m, stride = s.stride;
    for (int step = 0; step < count; step++) {
        EACH(i, m) s.w[i] = s.y[i] + s.rho[i] * (s.Ax[i] - s.z[i]);
        meet();
        EACH(j, n) s.g[j] = transposed(s.A, stride, s.w, m, j) + s.Px[j] + s.q[j];
        meet();
        EACH(j, n) {
            s.dx[j] = times(s.K, stride, s.g, n, j);
            s.x[j] -= alpha * s.dx[j];
        }
        meet();
        EACH(j, n) s.Px[j] = times(s.P, stride, s.x, n, j);
        EACH(i, m) {
            double move = product(s.A, stride, s.dx, n, i);
            double v = alpha * (s.Ax[i] - move) + (1.0 - alpha) * s.z[i] + s.y[i] / s.rho[i];
            s.Ax[i] -= alpha * move;
            s.z[i] = clip(v, s.l[i], s.u[i]);
            s.y[i] = s.rho[i] * (v - s.z[i]);
        }
    }
    meet();
}

__device__ static void unscale(const Work &s, double cost, double *x, double *y) {
    EACH(j, s.n) x[j] = s.D[j] * s.x[j];
    EACH(i, s.m) y[i] = s.E[i] * s.y[i] / cost;
    meet();
}

__device__ static void load(const Given &d, const Work &s) {
    EACH_ENTRY(i, j, s.n) s.P[i * s.stride + j] = d.P[i * s.n + j];
    EACH(j, s.n) {
        s.q[j] = d.q[j];
        for (int i = 0; i < s.m; i++) s.A[i * s.stride + j] = d.A[i * s.n + j];
    }
    meet();
}

__device__ static int solve_one(const Given &d, const Work &s, double *x, double *y, bool warm,
                                double eps, double eps_infeasible, int limit, int every,
                                double base, double alpha, double sigma, int passes,
                                int &iterations) {
    int n = s.n, m = s.m;
    load(d, s);
    double cost = scale(s, passes);
    EACH(i, m) {
        s.l[i] = d.l[i] * s.E[i], s.u[i] = d.u[i] * s.E[i];
        double side = y[i] > 0.0 ? s.u[i] : s.l[i];
        s.y[i] = !warm || isinf(side) ? 0.0 : y[i] * cost / s.E[i];
        s.y_last[i] = s.y[i];
    }
    EACH(j, n) s.x_last[j] = s.x[j] = warm ? x[j] / s.D[j] : 0.0;
    meet();
    base = first_rho(s, base);
    set_rho(s, base);
    invert(s, sigma);
    EACH(j, n) s.Px[j] = times(s.P, s.stride, s.x, n, j);
    EACH(i, m) {
        s.Ax[i] = product(s.A, s.stride, s.x, n, i);
        s.z[i] = clip(s.Ax[i], s.l[i], s.u[i]);
    }
    int patience = every, next_refactor = every;
    for (iterations = 0; iterations < limit;) {
        int count = every < limit - iterations ? every : limit - iterations;
        steps(s, count, alpha);
        iterations += count;
        double off;
        if (passes_at(progress(s, cost, off), eps)) {
            unscale(s, cost, x, y);
            if (passes_at(residuals(d, n, m, x, y), eps)) return SOLVED;
            meet();
        }
        EACH(i, m) {
            y[i] = s.E[i] * (s.y[i] - s.y_last[i]);
            s.y_last[i] = s.y[i];
        }
        meet();
        if (separates(d, n, m, y, eps_infeasible)) {
            EACH(j, n) x[j] = s.D[j] * s.x[j];
            meet();
            return PRIMAL_INFEASIBLE;
        }
        EACH(j, n) {
            x[j] = s.D[j] * (s.x[j] - s.x_last[j]);
            s.x_last[j] = s.x[j];
        }
        meet();
        if (recedes(d, n, m, x, eps_infeasible)) {
            EACH(i, m) y[i] = s.E[i] * s.y[i] / cost;
            meet();
            return DUAL_INFEASIBLE;
        }
        meet();
        if (iterations >= next_refactor && (off > REFACTOR || off < 1.0 / REFACTOR)) {
            base = clip(base * off, LEAST_RHO, MOST_RHO);
            set_rho(s, base);
            invert(s, sigma);
            EACH(i, m) s.Ax[i] = product(s.A, s.stride, s.x, n, i);
            patience += patience / 2;
            next_refactor = iterations + patience;
        }
    }
    unscale(s, cost, x, y);
    return ITERATION_LIMIT;
}

// Blocks of one warp; each takes instances gridDim.x apart.  Shapes as in
// solverhub/ops/batch_qp.py; `workspace` is null where the dynamic shared memory holds work_size.
extern "C" __global__ void batch_qp(int B, int n, int m, int stacked_P, int stacked_A,
                                    const double *P, const double *q, const double *A,
                                    const double *l, const double *u, double *x, double *y,
                                    signed char *status, int *iterations, double *found,
                                    double *workspace, double eps, double eps_infeasible,
                                    double rho, double alpha, double sigma, int limit, int every,
                                    int passes, int warm) {
    double *base = workspace ? workspace + blockIdx.x * work_size(n, m) : shared_memory;
    Work s = lay_out(base, n, m);
    for (long b = blockIdx.x; b < B; b += gridDim.x) {
        Given d = {P + (stacked_P ? b * n * n : 0), q + b * n, A + (stacked_A ? b * m * n : 0),
                   l + b * m, u + b * m};
        double *xb = x + b * n, *yb = y + b * m;
        int end = refusal(d, n, m), count = 0;
        if (end == 0 && !convex(d, s)) end = INDEFINITE;
        meet();
        Residuals r = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
        if (end == 0) {
            end = solve_one(d, s, xb, yb, warm, eps, eps_infeasible, limit, every, rho, alpha,
                            sigma, passes, count);
            r = residuals(d, n, m, xb, yb);
        }
        meet();
        if (lane() == 0) {
            status[b] = end, iterations[b] = count;
            found[3 * b] = r.primal, found[3 * b + 1] = r.dual, found[3 * b + 2] = r.gap;
        }
    }
}
