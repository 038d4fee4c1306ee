// The loops of solverhub/ops/sparse_qp_cpu.py for CUDA, under the same names: one thread an entry,
// with a stride of the whole grid.  Inner products come from cuBLAS and stay on the device, whence
// steps of conjugate gradients are read here, so that nothing waits for the host.

#include "entries.cuh"

extern "C" __global__ void sparse_qp_right_side(long n, long m, const double *x, const double *v,
                                                const double *q, const double *low,
                                                const double *high, double sigma, double *a,
                                                double *b) {
    ENTRIES(j, n) a[j] = sigma * x[j] - q[j];
    ENTRIES(i, m) b[i] = 2.0 * fmin(fmax(v[i], low[i]), high[i]) - v[i];
}

extern "C" __global__ void sparse_qp_relax(long n, long m, const double *x, const double *v,
                                           const double *found_x, const double *found_v,
                                           const double *low, const double *high,
                                           const double *rho, double alpha, double *new_x,
                                           double *new_v) {
    ENTRIES(j, n) new_x[j] = alpha * found_x[j] + (1.0 - alpha) * x[j];
    ENTRIES(i, m) {
        double z = fmin(fmax(v[i], low[i]), high[i]);
        double reached = 2.0 * z - v[i] + found_v[i] / rho[i];
        new_v[i] = alpha * reached + (1.0 - alpha) * z + v[i] - z;
    }
}

extern "C" __global__ void sparse_qp_split(long m, const double *v, const double *low,
                                           const double *high, const double *rho, double *z,
                                           double *y) {
    ENTRIES(i, m) {
        z[i] = fmin(fmax(v[i], low[i]), high[i]);
        y[i] = rho[i] * (v[i] - z[i]);
    }
}

extern "C" __global__ void sparse_qp_add_shift(long n, double *t, const double *u,
                                               const double *shift, const double *p) {
    ENTRIES(j, n) t[j] += u[j] + shift[j] * p[j];
}

extern "C" __global__ void sparse_qp_descend(long n, const double *rs, const double *pt,
                                             const double *p, const double *t,
                                             const double *inverse, double *x, double *r,
                                             double *s) {
    double step = *pt > 0.0 ? *rs / *pt : 0.0;
    ENTRIES(j, n) {
        x[j] += step * p[j];
        r[j] -= step * t[j];
        s[j] = inverse[j] * r[j];
    }
}

extern "C" __global__ void sparse_qp_turn(long n, const double *rs, const double *old,
                                          const double *s, double *p) {
    double factor = *old > 0.0 ? *rs / *old : 0.0;
    ENTRIES(j, n) p[j] = s[j] + factor * p[j];
}
