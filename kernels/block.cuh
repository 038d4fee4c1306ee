// What kernels of one block of many warps are written in: the words of warp.cuh, with barriers of
// the block.  Every lane must come to each of them.
#pragma once

#ifdef __CUDACC__
#define LANES 256
__device__ static int lane() { return threadIdx.x; }
__device__ static void meet() { __syncthreads(); }
__device__ static int count(bool v) { return __syncthreads_count(v); }
__device__ static double sum(double v) {
    __shared__ double parts[LANES / 32];
    for (int offset = 16; offset; offset /= 2) v += __shfl_xor_sync(0xffffffffu, v, offset);
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = v;
    __syncthreads();
    double total = 0.0;
    for (int w = 0; w < LANES / 32; w++) total += parts[w];
    return total;
}
__device__ static void add(float *at, float v) { atomicAdd(at, v); }
__device__ static int next_place(int *at) { return atomicAdd(at, 1); }
extern __shared__ double shared_memory[];
#else
#include <atomic>
#include <cstring>
#include "host/shim.h"
static int count(bool v) { return (int)warp_sum(v); }
static double sum(double v) { return warp_sum(v); }
static void add(float *at, float v) { std::atomic_ref<float>(*at).fetch_add(v); }
static int next_place(int *at) { return std::atomic_ref<int>(*at).fetch_add(1); }
#endif

#define EACH(i, count) for (int i = lane(); i < (count); i += LANES)
