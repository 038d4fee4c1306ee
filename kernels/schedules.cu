// Heads, tails, makespans and critical operations of many complete job shop schedules, one warp a
// solution: the form for CUDA of solverhub/ops/schedules_cpu.py.
//
// Messages pass level by level: what has all of its predecessors done is written behind a queue,
// and the lanes share the operations that the last level has added.  A solution stays in shared
// memory (or in its slice of `workspace`, where it is too large) and the kernel is launched once;
// lanes meet at warp barriers alone.

#include "warp.cuh"

#ifdef __CUDACC__
__device__ static int add(int *at, int v) { return atomicAdd(at, v); }
#else
#include <atomic>
static int add(int *at, int v) { return std::atomic_ref<int>(*at).fetch_add(v); }
#endif

#define CYCLIC -1
#define MALFORMED -2
#define TOO_LONG -3
#define NEGATIVE -4
#define LONGEST 2147483647.0

// Of n operations each; `count` is one number.
struct Work {
    int *after, *before, *waiting, *queue, *end, *count;
};

__device__ static long work_size(int n) { return 5L * n + 1; }

__device__ static Work lay_out(int *base, int n) {
    return {base, base + n, base + 2L * n, base + 3L * n, base + 4L * n, base + 5L * n};
}

// Why the durations cannot be used, or 0.
__device__ static int refusal(const int *duration, int n) {
    double total = 0.0;
    bool negative = false;
    EACH(i, n) {
        total += duration[i];
        negative |= duration[i] < 0;
    }
    if (warp_any(negative)) return NEGATIVE;
    return warp_sum(total) > LONGEST ? TOO_LONG : 0;
}

// The machine arcs; false where they are no sequences.
template <class Index> __device__ static bool load(const Work &s, const Index *next, int n) {
    bool bad = false;
    EACH(i, n) {
        Index v = next[i];
        bad |= v < -1 || v >= n;
        s.after[i] = (int)v;
        s.before[i] = -1;
    }
    if (warp_any(bad)) return false;
    meet();
    int arcs = 0;
    EACH(i, n) {
        if (s.after[i] < 0) continue;
        s.before[s.after[i]] = i;
        arcs++;
    }
    meet();
    EACH(i, n) arcs -= s.before[i] >= 0;
    return warp_sum(arcs) == 0.0;
}

__device__ static void arrive(const Work &s, int i) {
    if (add(&s.waiting[i], -1) == 1) s.queue[add(s.count, 1)] = i;
}

// `end` of every operation that is on no cycle and behind none; returns the number of levels, and
// in `done` how many operations these are.  Level k begins at place waiting[queue[k]] of the
// queue: what is done waits no more, and k levels hold k operations or more.
__device__ static int heads(const Work &s, const int *duration, const signed char *inner, int n,
                            int &done) {
    if (lane() == 0) *s.count = 0;
    meet();
    EACH(i, n) {
        s.waiting[i] = inner[i] + (s.before[i] >= 0);
        if (s.waiting[i] == 0) s.queue[add(s.count, 1)] = i;
    }
    int levels = 0, from = 0;
    for (;; levels++) {
        meet();
        int to = *s.count;
        meet();
        if (from == to) break;
        for (int k = from + lane(); k < to; k += LANES) {
            int i = s.queue[k], start = inner[i] ? s.end[i - 1] : 0;
            if (s.before[i] >= 0 && s.end[s.before[i]] > start) start = s.end[s.before[i]];
            s.end[i] = start + duration[i];
            if (inner[i + 1]) arrive(s, i + 1);
            if (s.after[i] >= 0) arrive(s, s.after[i]);
        }
        meet();
        if (lane() == 0) s.waiting[s.queue[levels]] = from;
        from = to;
    }
    done = from;
    return levels;
}

// `end` becomes the longest path from the start of every operation to the end of the schedule.
__device__ static void tails(const Work &s, const int *duration, const signed char *inner, int n,
                             int levels) {
    for (int to = n; levels--;) {
        int from = s.waiting[s.queue[levels]];
        for (int k = from + lane(); k < to; k += LANES) {
            int i = s.queue[k], rest = inner[i + 1] ? s.end[i + 1] : 0;
            if (s.after[i] >= 0 && s.end[s.after[i]] > rest) rest = s.end[s.after[i]];
            s.end[i] = rest + duration[i];
        }
        meet();
        to = from;
    }
}

template <class Index>
__device__ static int solve(const Work &s, int n, const int *duration, const signed char *inner,
                            const Index *next, int *est, int *lst, signed char *critical) {
    int status = refusal(duration, n), done = 0;
    if (status == 0 && !load(s, next, n)) status = MALFORMED;
    if (status < 0) return status;
    int levels = heads(s, duration, inner, n, done);
    if (done < n) {
        EACH(i, n) {
            est[i] = -1;
            if (lst) lst[i] = -1, critical[i] = 0;
        }
        return CYCLIC;
    }
    double last = 0.0;
    EACH(i, n) last = fmax(last, s.end[i]);
    int makespan = (int)warp_max(last);
    EACH(i, n) est[i] = s.before[i] = s.end[i] - duration[i];
    if (!lst) return makespan;
    meet();
    tails(s, duration, inner, n, levels);
    EACH(i, n) {
        int latest = makespan - s.end[i];
        lst[i] = latest;
        critical[i] = latest == s.before[i];
    }
    return makespan;
}

// Blocks of one warp; each takes solutions gridDim.x apart.  duration (1 or B, n); inner (n + 1,):
// whether the operations before and at a place are of one job; next (B, n) of `wide` integers;
// lst and critical may be null; `workspace` is where the dynamic shared memory does not hold
// work_size integers.
extern "C" __global__ void schedules(int B, int n, int stacked, int wide, const int *duration,
                                     const signed char *inner, const void *next, int *makespan,
                                     int *est, int *lst, signed char *critical, int *workspace) {
    Work s = lay_out(workspace ? workspace + blockIdx.x * work_size(n) : (int *)shared_memory, n);
    for (long b = blockIdx.x; b < B; b += gridDim.x) {
        long at = b * n;
        const int *d = duration + (stacked ? at : 0);
        int *late = lst ? lst + at : nullptr;
        int found = wide ? solve(s, n, d, inner, (const long long *)next + at, est + at, late,
                                 critical + at)
                         : solve(s, n, d, inner, (const int *)next + at, est + at, late,
                                 critical + at);
        if (lane() == 0) makespan[b] = found;
        meet();
    }
}
