// set_repair on the host; see shim.h.
#include "../set_repair.cu"

extern "C" void set_repair_host(int K, int n, int clique, const long long *indptr,
                                const int *indices, const int *order, signed char *x) {
    std::vector<int> kept(2 * (long)n);
    launch(2, [&] { set_repair(K, n, clique, indptr, indices, order, x, kept.data()); });
}
