#define PROTEUS_KERNELS plain
#include "models/inference/kernels_body.hpp"
