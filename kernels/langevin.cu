// Regularised Langevin walks, one block a chain, all steps of a slice in one launch: the form for
// CUDA of solverhub/ops/langevin_cpu.py, with the same random numbers.
//
// A chain stays in shared memory, or in its slice of `workspace` where it is too large.  The
// threshold, the rank-th largest gain, is found bit by bit of its place in the order of floats:
// 32 counts over the block.  A flip adds its row of Q to the field, of a dense matrix without
// atomics.

#include "block.cuh"

#define LOGITS 4096

struct Couplings {
    const float *linear, *dense;  // dense may be null
    const long long *indptr;
    const int *indices;
    const float *values;
    float everywhere;
};

// Of n entries each; `found` is one number.
struct State {
    float *field;
    int *flips, *found;
    signed char *side;
};

// In words of four bytes.
__device__ static long work_size(long n) { return 2 * n + 1 + (n + 3) / 4; }

__device__ static State lay_out(float *base, long n) {
    int *flips = (int *)(base + n);
    return {base, flips, flips + n, (signed char *)(flips + n + 1)};
}

__device__ static unsigned mix(unsigned v) {
    v ^= v >> 16;
    v *= 0x7feb352du;
    v ^= v >> 15;
    v *= 0x846ca68bu;
    return v ^ (v >> 16);
}

__device__ static float gain(const State &s, int i) {
    return s.side[i] ? -s.field[i] : s.field[i];
}

// Unsigned integers in the order of the floats, and back.
__device__ static unsigned place_of(float v) {
    unsigned bits;
    memcpy(&bits, &v, 4);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__device__ static float float_at(unsigned place) {
    unsigned bits = place & 0x80000000u ? place & 0x7fffffffu : ~place;
    float v;
    memcpy(&v, &bits, 4);
    return v;
}

__device__ static float threshold(const State &s, int n, int rank) {
    unsigned found = 0;
    for (unsigned bit = 0x80000000u; bit; bit >>= 1) {
        unsigned tried = found | bit;
        int more = 0;
        for (int from = 0; from < n; from += LANES) {
            int i = from + lane();
            more += count(i < n && place_of(gain(s, i)) >= tried);
        }
        if (more >= rank) found = tried;
    }
    return float_at(found);
}

__device__ static void draw(const State &s, int n, unsigned drawn, float least, float heat,
                            const float *logits) {
    if (lane() == 0) *s.found = 0;
    meet();
    float floor = heat * logits[0];
    EACH(i, n) {
        float ahead = gain(s, i) - least;
        if (ahead < floor) continue;
        unsigned bits = mix(drawn ^ ((unsigned)(i + 1) * 0xc2b2ae35u));
        if (ahead > heat * logits[bits & (LOGITS - 1)]) s.flips[next_place(s.found)] = i;
    }
    meet();
}

__device__ static void flip(const State &s, int n, const Couplings &q) {
    int flips = *s.found, more = 0;
    for (int f = 0; f < flips; f++) {
        int v = s.flips[f];
        float sign = s.side[v] ? -1.0f : 1.0f;
        more += s.side[v] ? -1 : 1;
        if (q.dense) {
            const float *row = q.dense + (long)v * n;
            EACH(i, n) s.field[i] += sign * row[i];
            continue;
        }
        if (lane() == 0) add(&s.field[v], -q.everywhere * sign);
        for (long long at = q.indptr[v] + lane(); at < q.indptr[v + 1]; at += LANES)
            add(&s.field[q.indices[at]], sign * q.values[at]);
    }
    meet();
    if (!q.dense && more)
        EACH(i, n) s.field[i] += q.everywhere * (float)more;
    EACH(f, flips) s.side[s.flips[f]] ^= 1;
    meet();
}

__device__ static void keep(const State &s, int n, const Couplings &q, double *best,
                            signed char *best_x) {
    double mine = 0.0;
    EACH(i, n) if (s.side[i]) mine += (double)q.linear[i] + (double)s.field[i];
    double value = sum(mine) / 2.0;
    bool better = value > *best;
    meet();
    if (!better) return;
    EACH(i, n) best_x[i] = s.side[i];
    if (lane() == 0) *best = value;
    meet();
}

// Steps first..last-1 of K chains, chain k in row k of x, field, best and best_x.
extern "C" __global__ void langevin(int K, int n, int first, int last, int steps, int rank,
                                    double hot, double cold, unsigned seed, const float *linear,
                                    const float *dense, const long long *indptr,
                                    const int *indices, const float *values, float everywhere,
                                    const float *logits, signed char *x, float *field,
                                    double *best, signed char *best_x, float *workspace) {
    Couplings q = {linear, dense, indptr, indices, values, everywhere};
    State s = lay_out(workspace ? workspace + blockIdx.x * work_size(n) : (float *)shared_memory,
                      n);
    for (long k = blockIdx.x; k < K; k += gridDim.x) {
        EACH(i, n) {
            s.field[i] = field[k * n + i];
            s.side[i] = x[k * n + i];
        }
        meet();
        unsigned key = mix(seed ^ ((unsigned)(k + 1) * 0x9e3779b9u));
        keep(s, n, q, best + k, best_x + k * n);
        for (int step = first; step < last; step++) {
            float heat = (float)(hot + (cold - hot) * step / (steps > 1 ? steps - 1 : 1));
            unsigned drawn = mix(key ^ ((unsigned)(step + 1) * 0x85ebca6bu));
            draw(s, n, drawn, threshold(s, n, rank), heat, logits);
            flip(s, n, q);
            keep(s, n, q, best + k, best_x + k * n);
        }
        EACH(i, n) {
            field[k * n + i] = s.field[i];
            x[k * n + i] = s.side[i];
        }
        meet();
    }
}

// field = b + Qx of K states from CSR arrays; one block a state.
extern "C" __global__ void langevin_fields(int K, int n, const float *linear,
                                           const long long *indptr, const int *indices,
                                           const float *values, float everywhere,
                                           const signed char *x, float *field) {
    for (long k = blockIdx.x; k < K; k += gridDim.x) {
        const signed char *side = x + k * n;
        double mine = 0.0;
        EACH(i, n) mine += side[i];
        double ones = sum(mine);
        EACH(i, n) {
            float total = linear[i] + everywhere * (float)(ones - side[i]);
            for (long long at = indptr[i]; at < indptr[i + 1]; at++)
                if (side[indices[at]]) total += values[at];
            field[k * n + i] = total;
        }
        meet();
    }
}
