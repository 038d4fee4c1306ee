// Reductions over neighbours' rows for CUDA, under the names of
// solverhub/ops/neighbour_aggregation_cpu.py: one thread a row and pack of V channels.
//
// Threads of a warp hold neighbouring packs, so that a neighbour's row is read in whole lines and
// its index by one broadcast.  Gradients run over rows of the transposed graph: each thread
// writes what is its own, without atomics, so that runs are equal.

#include "entries.cuh"

#ifdef __CUDACC__
#define __inside__ __device__ static
#else
#define __inside__ static
#endif

enum { SUM, MEAN };

template <int V> struct alignas(4 * V) Pack {
    float v[V];
};

template <int V> __inside__ Pack<V> read(const float *rows, long row, int width, int at) {
    return *reinterpret_cast<const Pack<V> *>(rows + row * width + at);
}

template <int V, class Value>
__inside__ void write(Value *rows, long row, int width, int at, const Value *v) {
    for (int k = 0; k < V; k++) rows[row * width + at + k] = v[k];
}

template <int V>
__inside__ void add(long i, int at, int width, const float *values, const long long *indptr,
                    const int *indices, int kind, float *out) {
    float total[V] = {};
    long long low = indptr[i], high = indptr[i + 1];
    for (long long e = low; e < high; e++) {
        Pack<V> other = read<V>(values, indices[e], width, at);
        for (int k = 0; k < V; k++) total[k] += other.v[k];
    }
    if (kind == MEAN && high - low > 1)
        for (int k = 0; k < V; k++) total[k] /= (float)(high - low);
    write<V>(out, i, width, at, total);
}

template <int V>
__inside__ void greatest(long i, int at, int width, const float *values, const long long *indptr,
                         const int *indices, float *out, int *source) {
    float best[V] = {};
    int from[V];
    for (int k = 0; k < V; k++) from[k] = -1;
    for (long long e = indptr[i]; e < indptr[i + 1]; e++) {
        int j = indices[e];
        Pack<V> other = read<V>(values, j, width, at);
        for (int k = 0; k < V; k++)
            if (from[k] < 0 || other.v[k] > best[k]) best[k] = other.v[k], from[k] = j;
    }
    write<V>(out, i, width, at, best);
    write<V>(source, i, width, at, from);
}

template <int V>
__inside__ void soften(long i, int at, int width, const float *values, const long long *indptr,
                       const int *indices, float t, float *out, float *log_total) {
    float top[V], total[V] = {}, weighted[V] = {};
    long long low = indptr[i], high = indptr[i + 1];
    for (long long e = low; e < high; e++) {
        Pack<V> other = read<V>(values, indices[e], width, at);
        for (int k = 0; k < V; k++) top[k] = e == low ? t * other.v[k] : fmax(top[k], t * other.v[k]);
    }
    for (long long e = low; e < high; e++) {
        Pack<V> other = read<V>(values, indices[e], width, at);
        for (int k = 0; k < V; k++) {
            float share = expf(t * other.v[k] - top[k]);
            total[k] += share;
            weighted[k] += share * other.v[k];
        }
    }
    for (int k = 0; k < V; k++) {
        weighted[k] = high > low ? weighted[k] / total[k] : 0.0f;
        total[k] = high > low ? top[k] + logf(total[k]) : 0.0f;
    }
    write<V>(out, i, width, at, weighted);
    write<V>(log_total, i, width, at, total);
}

template <int V>
__inside__ void greatest_back(long j, int at, int width, const float *gradient, const int *source,
                              const long long *indptr, const int *indices, float *out) {
    float total[V] = {};
    for (long long e = indptr[j]; e < indptr[j + 1]; e++) {
        long i = indices[e];
        Pack<V> pulled = read<V>(gradient, i, width, at);
        for (int k = 0; k < V; k++)
            if (source[i * width + at + k] == j) total[k] += pulled.v[k];
    }
    write<V>(out, j, width, at, total);
}

template <int V>
__inside__ void soften_back(long j, int at, int width, const float *gradient, const float *values,
                            const float *found, const float *log_total, const long long *indptr,
                            const int *indices, float t, float *out) {
    float total[V] = {};
    Pack<V> own = read<V>(values, j, width, at);
    for (long long e = indptr[j]; e < indptr[j + 1]; e++) {
        long i = indices[e];
        Pack<V> pulled = read<V>(gradient, i, width, at), mean = read<V>(found, i, width, at);
        Pack<V> scale = read<V>(log_total, i, width, at);
        for (int k = 0; k < V; k++) {
            float share = expf(t * own.v[k] - scale.v[k]);
            total[k] += pulled.v[k] * share * (1.0f + t * (own.v[k] - mean.v[k]));
        }
    }
    write<V>(out, j, width, at, total);
}

// Packs of 4 where the width allows them: rows then begin at whole packs.
#define EACH_PACK(rows, width, call)                                                        \
    if ((width) % 4 == 0) {                                                                 \
        ENTRIES(k, (rows) * (long)((width) / 4)) {                                          \
            constexpr int V = 4;                                                            \
            call;                                                                           \
        }                                                                                   \
    } else {                                                                                \
        ENTRIES(k, (rows) * (long)(width)) {                                                \
            constexpr int V = 1;                                                            \
            call;                                                                           \
        }                                                                                   \
    }
#define ROW (k / (width / V))
#define AT ((int)(k % (width / V)) * V)

extern "C" __global__ void neighbour_aggregation_add(long rows, int width, const float *values,
                                                     const long long *indptr, const int *indices,
                                                     int kind, float *out) {
    EACH_PACK(rows, width, add<V>(ROW, AT, width, values, indptr, indices, kind, out))
}

extern "C" __global__ void neighbour_aggregation_greatest(long rows, int width,
                                                          const float *values,
                                                          const long long *indptr,
                                                          const int *indices, float *out,
                                                          int *source) {
    EACH_PACK(rows, width, greatest<V>(ROW, AT, width, values, indptr, indices, out, source))
}

extern "C" __global__ void neighbour_aggregation_soften(long rows, int width, const float *values,
                                                        const long long *indptr,
                                                        const int *indices, float t, float *out,
                                                        float *log_total) {
    EACH_PACK(rows, width, soften<V>(ROW, AT, width, values, indptr, indices, t, out, log_total))
}

extern "C" __global__ void neighbour_aggregation_greatest_back(long rows, int width,
                                                               const float *gradient,
                                                               const int *source,
                                                               const long long *indptr,
                                                               const int *indices, float *out) {
    EACH_PACK(rows, width,
              greatest_back<V>(ROW, AT, width, gradient, source, indptr, indices, out))
}

extern "C" __global__ void neighbour_aggregation_soften_back(
    long rows, int width, const float *gradient, const float *values, const float *found,
    const float *log_total, const long long *indptr, const int *indices, float t, float *out) {
    EACH_PACK(rows, width,
              soften_back<V>(ROW, AT, width, gradient, values, found, log_total, indptr, indices,
                             t, out))
}
