// The last layer alone, in double precision: loss and gradient over features that do not change.
#pragma once

#include <span>

#include "models/online/return_loss.hpp"

namespace proteus::online {

/// The loss over `count` rows from `first` on and, in `gradient`, its gradient by the head's
/// weights. features: [rows, n]; weights, gradient: [kOutputs, n] row by row, then the biases.
/// Errors: those of return_loss.
Result<double> head_loss(const ReturnRows& rows, std::span<const double> features,
                         std::span<const double> weights, std::size_t first, std::size_t count,
                         std::span<double> gradient);

}  // namespace proteus::online
