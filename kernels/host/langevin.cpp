// langevin on the host; see shim.h.
#include "../langevin.cu"

extern "C" void langevin_host(int K, int n, int first, int last, int steps, int rank, double hot,
                              double cold, unsigned seed, const float *linear, const float *dense,
                              const long long *indptr, const int *indices, const float *values,
                              float everywhere, const float *logits, signed char *x, float *field,
                              double *best, signed char *best_x) {
    std::vector<float> workspace(2 * work_size(n));
    launch(2, [&] {
        langevin(K, n, first, last, steps, rank, hot, cold, seed, linear, dense, indptr, indices,
                 values, everywhere, logits, x, field, best, best_x, workspace.data());
    });
}

extern "C" void langevin_fields_host(int K, int n, const float *linear, const long long *indptr,
                                     const int *indices, const float *values, float everywhere,
                                     const signed char *x, float *field) {
    launch(2, [&] {
        langevin_fields(K, n, linear, indptr, indices, values, everywhere, x, field);
    });
}

extern "C" long langevin_work_size(long n) { return work_size(n); }
