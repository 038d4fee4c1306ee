// Projections on rows of cycle inequalities that share no edge, one thread a row: the form for CUDA
// of `sweep` in solverhub/ops/cycle_projections_cpu.py, level by level.

#include "entries.cuh"

// Rows order[first]..order[last - 1], which share no edge; row t has edges[indptr[t]] with +1 and
// the others with -1.
extern "C" __global__ void cycle_projections(long first, long last, const long *order,
                                             const int *edges, const long *indptr,
                                             const double *scale, double *z, double *x) {
    ENTRIES(at, last - first) {
        long t = order[first + at], begin = indptr[t], end = indptr[t + 1];
        double above = x[edges[begin]], norm = scale[edges[begin]];
        for (long p = begin + 1; p < end; p++) {
            above -= x[edges[p]];
            norm += scale[edges[p]];
        }
        double step = fmax(above / norm, -z[t]);
        z[t] += step;
        x[edges[begin]] -= scale[edges[begin]] * step;
        for (long p = begin + 1; p < end; p++) x[edges[p]] += scale[edges[p]] * step;
    }
}
