// cycle_projections on the host: one thread takes all entries in turn.
#include "../cycle_projections.cu"

extern "C" void cycle_projections_host(int levels, const long *begins, const long *order,
                                       const int *edges, const long *indptr, const double *scale,
                                       double *z, double *x) {
    for (int level = 0; level < levels; level++)
        cycle_projections(begins[level], begins[level + 1], order, edges, indptr, scale, z, x);
}
