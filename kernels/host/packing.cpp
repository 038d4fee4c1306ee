// packing on the host: one thread takes all entries in turn.
#define __device__
#include "../packing.cu"

extern "C" void packing_host(int levels, int passes, const long *begins, const long *order,
                             const long *indptr, const long *columns, const double *need,
                             double *duals, double *point, const double *steps, double relax,
                             double *lacks) {
    for (int pass = 0; pass < passes; pass++)
        packing(0, levels, begins, order, indptr, columns, need, duals, point, steps, relax, lacks);
}
