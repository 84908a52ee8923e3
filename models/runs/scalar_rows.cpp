#include "models/runs/scalar_rows.hpp"

#include <fmt/format.h>

#include <cmath>

namespace proteus::runs {

std::string scalar_header(std::span<const Scalar> scalars) {
  std::string out = "steps";
  for (const Scalar& scalar : scalars) out += "," + scalar.name;
  return out + "\n";
}

std::string scalar_row(std::int64_t steps, std::span<const Scalar> scalars) {
  std::string out = fmt::format("{}", steps);
  for (const Scalar& scalar : scalars)
    out += std::isnan(scalar.value) ? std::string(",") : fmt::format(",{}", scalar.value);
  return out + "\n";
}

}  // namespace proteus::runs
