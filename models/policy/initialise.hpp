// How weights begin: orthogonal (Saxe, McClelland, Ganguli 2014), from our own random numbers, so
// that a seed means the same everywhere.
#pragma once

#include <torch/types.h>

#include "engine/market/random.hpp"

namespace proteus::policy {

/// Fills a [rows, columns] matrix with `gain` times a random matrix whose rows or columns,
/// whichever are fewer, are orthonormal.
void orthogonal(torch::Tensor matrix, double gain, market::Random& random);

/// The same for each of the `blocks` equal parts that lie below one another, such as the gates of a
/// GRU: orthogonal as a whole they would be correlated.
void orthogonal_blocks(torch::Tensor matrix, std::int64_t blocks, double gain,
                       market::Random& random);

}  // namespace proteus::policy
