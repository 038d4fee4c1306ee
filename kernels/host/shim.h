// Lets g++ compile a kernel of one warp a block that meets at warp barriers alone, so that its
// arithmetic is tested without a GPU.  Compile with -DLANES=1 for speed, or with -DLANES=k to run
// k lanes as threads, where a missing barrier shows as a wrong answer.
#pragma once
#include <barrier>
#include <cmath>
#include <thread>
#include <vector>

#define __device__
#define __global__

using std::isfinite;
using std::isinf;
using std::isnan;

struct Dimension {
    long x;
};
static thread_local Dimension blockIdx;
static Dimension gridDim;
static thread_local int lane_number;
static std::barrier<> gate(LANES);
static double posted[LANES];
static double *const shared_memory = nullptr;

static int lane() { return lane_number; }
static void meet() {
    if (LANES > 1) gate.arrive_and_wait();
}
template <class Combine> static double reduce(double v, Combine combine) {
    posted[lane()] = v;
    meet();
    double total = posted[0];
    for (int k = 1; k < LANES; k++) total = combine(total, posted[k]);
    meet();
    return total;
}
static double warp_sum(double v) {
    return reduce(v, [](double a, double b) { return a + b; });
}
static double warp_max(double v) {
    return reduce(v, [](double a, double b) { return std::fmax(a, b); });
}
static bool warp_any(bool v) { return warp_max(v) > 0.0; }

// Runs the kernel of `blocks` blocks, one after the other.
template <class Kernel> static void launch(int blocks, Kernel kernel) {
    gridDim.x = blocks;
    std::vector<std::thread> lanes;
    for (int k = 0; k < LANES; k++)
        lanes.emplace_back([=] {
            lane_number = k;
            for (blockIdx.x = 0; blockIdx.x < blocks; blockIdx.x++) kernel();
        });
    for (auto &thread : lanes) thread.join();
}
