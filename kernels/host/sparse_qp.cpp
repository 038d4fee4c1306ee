// sparse_qp on the host: its kernels are functions there, without lanes.
#include "../sparse_qp.cu"
