// batch_qp on the host; see shim.h.
#include "../batch_qp.cu"

extern "C" void batch_qp_host(int B, int n, int m, int stacked_P, int stacked_A, const double *P,
                              const double *q, const double *A, const double *l, const double *u,
                              double *x, double *y, signed char *status, int *iterations,
                              double *found, double eps, double eps_infeasible, double rho,
                              double alpha, double sigma, int limit, int every, int passes,
                              int warm) {
    std::vector<double> workspace(2 * work_size(n, m));
    launch(2, [&] {
        batch_qp(B, n, m, stacked_P, stacked_A, P, q, A, l, u, x, y, status, iterations, found,
                 workspace.data(), eps, eps_infeasible, rho, alpha, sigma, limit, every, passes,
                 warm);
    });
}

extern "C" long batch_qp_work_size(int n, int m) { return work_size(n, m); }
