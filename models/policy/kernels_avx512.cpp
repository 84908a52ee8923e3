#define PROTEUS_KERNELS avx512
#include "models/policy/kernels_body.hpp"
