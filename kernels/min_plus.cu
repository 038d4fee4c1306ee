// Floyd-Warshall on a symmetric matrix, 32 pivots at a time: their own block, their panel of rows,
// whose transpose is the panel of columns, then all other tiles above the diagonal, each written to
// its mirror too.  Three launches a block of pivots; blocks of threads as block.cuh has them.
//
// A closed block of pivots P makes its panel R in one product, min over b of P[a][b] + R[b][j].

#include "block.cuh"

#ifdef __CUDACC__
#define SHARED __shared__
#else
#define SHARED static
#endif

#define PIVOTS 32
#define TILE 64
#define CELLS 256  // of 4 x 4 entries of a tile
#define FAR 1e300

template <class T> __device__ static T far_away() { return (T)(sizeof(T) == 4 ? 1e37 : FAR); }
template <class T> __device__ static T less(T a, T b) { return b < a ? b : a; }

template <class T> __device__ static T entry(const T *D, int n, int i, int j) {
    return i < n && j < n ? D[(long)i * n + j] : far_away<T>();
}

template <class T> __device__ static void pivot_block(T *D, int n, int k0, T *pool) {
    T(*P)[PIVOTS + 1] = (T(*)[PIVOTS + 1]) pool;
    EACH(e, PIVOTS * PIVOTS)
    P[e / PIVOTS][e % PIVOTS] = entry(D, n, k0 + e / PIVOTS, k0 + e % PIVOTS);
    meet();
    for (int k = 0; k < PIVOTS; k++) {
        EACH(e, PIVOTS * PIVOTS) {
            int i = e / PIVOTS, j = e % PIVOTS;
            // row and column k stay as they are, for the diagonal is 0
            if (i != k && j != k) P[i][j] = less(P[i][j], P[i][k] + P[k][j]);
        }
        meet();
    }
    EACH(e, PIVOTS * PIVOTS) {
        int i = k0 + e / PIVOTS, j = k0 + e % PIVOTS;
        if (i < n && j < n) D[(long)i * n + j] = P[e / PIVOTS][e % PIVOTS];
    }
}

template <class T> __device__ static void panel(T *D, int n, int k0, T *pool) {
    T(*P)[PIVOTS + 1] = (T(*)[PIVOTS + 1]) pool, (*R)[PIVOTS + 1] = P + PIVOTS;
    int j0 = blockIdx.x * PIVOTS;
    if (j0 == k0) return;
    EACH(e, PIVOTS * PIVOTS) {
        P[e / PIVOTS][e % PIVOTS] = entry(D, n, k0 + e / PIVOTS, k0 + e % PIVOTS);
        R[e / PIVOTS][e % PIVOTS] = entry(D, n, k0 + e / PIVOTS, j0 + e % PIVOTS);
    }
    meet();
    EACH(e, PIVOTS * PIVOTS) {
        int a = e / PIVOTS, j = e % PIVOTS;
        T least = R[a][j];
        for (int b = 0; b < PIVOTS; b++) least = less(least, P[a][b] + R[b][j]);
        if (k0 + a < n && j0 + j < n) {
            D[(long)(k0 + a) * n + j0 + j] = least;
            D[(long)(j0 + j) * n + k0 + a] = least;
        }
    }
    meet();
}

template <class T> __device__ static void tile(T *D, int n, int k0, T *pool) {
    T(*A)[TILE + 1] = (T(*)[TILE + 1]) pool, (*B)[TILE + 1] = A + PIVOTS;
    int across = (n + TILE - 1) / TILE;
    int i0 = (int)(blockIdx.x / across) * TILE, j0 = (int)(blockIdx.x % across) * TILE;
    if (i0 > j0) return;
    EACH(e, PIVOTS * TILE) {
        A[e / TILE][e % TILE] = entry(D, n, k0 + e / TILE, i0 + e % TILE);
        B[e / TILE][e % TILE] = entry(D, n, k0 + e / TILE, j0 + e % TILE);
    }
    meet();
    EACH(cell, CELLS) {
        int row = cell / 16, column = cell % 16;
        T least[4][4];
        for (int r = 0; r < 4; r++)
            for (int c = 0; c < 4; c++) least[r][c] = far_away<T>();
        for (int k = 0; k < PIVOTS; k++)
            for (int r = 0; r < 4; r++)
                for (int c = 0; c < 4; c++)
                    least[r][c] =
                        less(least[r][c], A[k][row + 16 * r] + B[k][column + 16 * c]);
        for (int r = 0; r < 4; r++)
            for (int c = 0; c < 4; c++) {
                int i = i0 + row + 16 * r, j = j0 + column + 16 * c;
                bool pivot = (i >= k0 && i < k0 + PIVOTS) || (j >= k0 && j < k0 + PIVOTS);
                if (i >= j || j >= n || pivot) continue;  // panels are read by other blocks
                if (least[r][c] < D[(long)i * n + j]) {
                    D[(long)i * n + j] = least[r][c];
                    D[(long)j * n + i] = least[r][c];
                }
            }
    }
    meet();
}

// stage 0: the pivots, one block; 1: their panels, a block for 32 columns; 2: a block a tile.
extern "C" __global__ void min_plus(int stage, int n, int k0, float *D) {
    SHARED float pool[2 * PIVOTS * (TILE + 1)];
    if (stage == 0) pivot_block(D, n, k0, pool);
    if (stage == 1) panel(D, n, k0, pool);
    if (stage == 2) tile(D, n, k0, pool);
}

extern "C" __global__ void min_plus_double(int stage, int n, int k0, double *D) {
    SHARED double pool[2 * PIVOTS * (TILE + 1)];
    if (stage == 0) pivot_block(D, n, k0, pool);
    if (stage == 1) panel(D, n, k0, pool);
    if (stage == 2) tile(D, n, k0, pool);
}
