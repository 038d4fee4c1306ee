// Maximal independent sets, or cliques, of arbitrary selections of vertices, one warp a selection:
// the form for CUDA of solverhub/ops/set_repair.py.  Vertices are taken in one order; the lanes
// share the neighbours of each that is kept.

#include "warp.cuh"

#define KEPT 2

// x (K, n) in place; `kept` (blocks, n): how many kept neighbours a vertex has.
extern "C" __global__ void set_repair(int K, int n, int clique, const long long *indptr,
                                      const int *indices, const int *order, signed char *x,
                                      int *kept) {
    int *around = kept + blockIdx.x * (long)n;
    for (long k = blockIdx.x; k < K; k += gridDim.x) {
        signed char *mine = x + k * n;
        EACH(v, n) around[v] = 0;
        meet();
        int size = 0;
        for (int turn = 0; turn < 2; turn++) {
            for (int i = 0; i < n; i++) {
                int v = order[i], was = mine[v];
                bool fits = around[v] == (clique ? size : 0);
                if (!fits || was == KEPT || (turn == 0 && was == 0)) continue;
                meet();  // all have read
                size++;
                if (lane() == 0) mine[v] = KEPT;
                for (long at = indptr[v] + lane(); at < indptr[v + 1]; at += LANES)
                    around[indices[at]]++;
                meet();
            }
        }
        meet();  // all have read
        EACH(v, n) mine[v] = mine[v] == KEPT;
        meet();
    }
}
