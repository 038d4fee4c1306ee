// Loops of kernels in which every thread takes entries of its own and none waits for another.
#pragma once

#ifdef __CUDACC__
#define ENTRIES(i, count)                                                     \
    for (long i = blockIdx.x * (long)blockDim.x + threadIdx.x; i < (count); \
         i += (long)gridDim.x * blockDim.x)
#else
#include <cmath>
using std::fmax;
using std::fmin;
#define __global__
#define ENTRIES(i, count) for (long i = 0; i < (count); i++)
#endif
