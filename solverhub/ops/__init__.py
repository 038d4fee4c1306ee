"""Array kernels: one function an operation, Numba on the CPU and `kernels/<op>.cu` on CUDA."""
