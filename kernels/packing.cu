// Projections onto the rows of a packing, level by level: the form for CUDA of `project` in
// solverhub/ops/packing_cpu.py.
//
// A row comes in a later level than all earlier rows with which it shares a column, so the rows
// of one level touch different columns, and any order within it gives what one row after another
// gives.

#include "entries.cuh"

#ifdef __CUDACC__
#define BLOCK_MEET() __syncthreads()
#else
#define BLOCK_MEET()
#endif

__device__ static void onto(long r, const long *indptr, const long *columns, const double *need,
                            double *duals, double *point, const double *steps, double relax,
                            double *lacks) {
    double lack = need[r], reach = 0.0;
    for (long k = indptr[r]; k < indptr[r + 1]; k++) {
        lack -= fmin(1.0, fmax(0.0, point[columns[k]]));
        reach += steps[columns[k]];
    }
    lacks[r] = lack <= 0.0 && duals[r] == 0.0 ? 0.0 : lack;
    if (lacks[r] == 0.0) return;
    double change = fmax(-duals[r], relax * lack / reach);
    duals[r] += change;
    for (long k = indptr[r]; k < indptr[r + 1]; k++)
        point[columns[k]] += steps[columns[k]] * change;
}

// Levels first..last - 1; level l has the rows order[begins[l]]..order[begins[l + 1] - 1].  More
// than one level needs a launch of one block.
extern "C" __global__ void packing(int first, int last, const long *begins, const long *order,
                                   const long *indptr, const long *columns, const double *need,
                                   double *duals, double *point, const double *steps, double relax,
                                   double *lacks) {
    for (int level = first; level < last; level++) {
        const long *rows = order + begins[level];
        ENTRIES(i, begins[level + 1] - begins[level])
        onto(rows[i], indptr, columns, need, duals, point, steps, relax, lacks);
        BLOCK_MEET();
    }
}
