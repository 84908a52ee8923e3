#define PROTEUS_KERNELS avx2
#include "models/inference/kernels_body.hpp"
