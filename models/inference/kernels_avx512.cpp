#define PROTEUS_KERNELS avx512
#include "models/inference/kernels_body.hpp"
