// What kernels of one warp a block are written in: lanes, warp barriers and reductions to all
// lanes.  host/shim.h has the same for g++.
#pragma once

#ifdef __CUDACC__
#define LANES 32
__device__ static int lane() { return threadIdx.x; }
__device__ static void meet() { __syncwarp(); }
__device__ static double warp_sum(double v) {
    for (int offset = 16; offset; offset /= 2) v += __shfl_xor_sync(0xffffffffu, v, offset);
    return v;
}
__device__ static double warp_max(double v) {
    for (int offset = 16; offset; offset /= 2) v = fmax(v, __shfl_xor_sync(0xffffffffu, v, offset));
    return v;
}
__device__ static bool warp_any(bool v) { return __any_sync(0xffffffffu, v); }
extern __shared__ double shared_memory[];
#else
#include "host/shim.h"
#endif

#define EACH(i, count) for (int i = lane(); i < (count); i += LANES)
// Entry (i, j) of an n x n matrix, entries dealt to the lanes in turn.
#define EACH_ENTRY(i, j, n) \
    for (int i = lane() / (n), j = lane() % (n); i < (n); next_entry(i, j, n))
__device__ static void next_entry(int &i, int &j, int n) {
    i += LANES / n, j += LANES % n;
    if (j >= n) i++, j -= n;
}
