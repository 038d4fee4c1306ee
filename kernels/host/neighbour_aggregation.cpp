// neighbour_aggregation on the host: its kernels are functions there, without lanes.
#include "../neighbour_aggregation.cu"
