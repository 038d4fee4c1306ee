// schedules on the host; see shim.h.
#include "../schedules.cu"

extern "C" void schedules_host(int B, int n, int stacked, int wide, const int *duration,
                               const signed char *inner, const void *next, int *makespan,
                               int *est, int *lst, signed char *critical) {
    std::vector<int> workspace(2 * work_size(n));
    launch(2, [&] {
        schedules(B, n, stacked, wide, duration, inner, next, makespan, est, lst, critical,
                  workspace.data());
    });
}

extern "C" long schedules_work_size(int n) { return work_size(n); }
