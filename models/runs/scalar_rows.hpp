// The rows of scalars.csv: a header, "steps" and the figures' names, then one row an iteration.
// Numbers are the shortest text that reads back to the same bits; a figure that is not there is an
// empty field.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "models/runs/scalars.hpp"

namespace proteus::runs {

std::string scalar_header(std::span<const Scalar> scalars);
std::string scalar_row(std::int64_t steps, std::span<const Scalar> scalars);

}  // namespace proteus::runs
