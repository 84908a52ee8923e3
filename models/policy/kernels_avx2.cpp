#define PROTEUS_KERNELS avx2
#include "models/policy/kernels_body.hpp"
