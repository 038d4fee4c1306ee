// min_plus on the host; see shim.h.
#include "../min_plus.cu"

extern "C" void min_plus_host(int n, double *D) {
    int panels = (n + PIVOTS - 1) / PIVOTS, tiles = (n + TILE - 1) / TILE;
    for (int k0 = 0; k0 < n; k0 += PIVOTS) {
        launch(1, [&] { min_plus_double(0, n, k0, D); });
        launch(panels, [&] { min_plus_double(1, n, k0, D); });
        launch(tiles * tiles, [&] { min_plus_double(2, n, k0, D); });
    }
}

extern "C" void min_plus_host_float(int n, float *D) {
    int panels = (n + PIVOTS - 1) / PIVOTS, tiles = (n + TILE - 1) / TILE;
    for (int k0 = 0; k0 < n; k0 += PIVOTS) {
        launch(1, [&] { min_plus(0, n, k0, D); });
        launch(panels, [&] { min_plus(1, n, k0, D); });
        launch(tiles * tiles, [&] { min_plus(2, n, k0, D); });
    }
}
