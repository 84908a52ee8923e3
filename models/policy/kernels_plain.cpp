#define PROTEUS_KERNELS plain
#include "models/policy/kernels_body.hpp"
