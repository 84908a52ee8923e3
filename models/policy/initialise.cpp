#include "models/policy/initialise.hpp"

#include <cmath>
#include <vector>

namespace proteus::policy {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Modified Gram-Schmidt, twice: once loses orthogonality where two vectors were close.
std::vector<Vector> orthonormal(std::size_t count, std::size_t length, market::Random& random) {
  std::vector<Vector> set;
  while (set.size() < count) {
    Vector v(length);
    for (double& x : v) x = random.normal();
    for (int pass = 0; pass < 2; ++pass)
      for (const Vector& other : set) {
        const double share = dot(v, other);
        for (std::size_t i = 0; i < length; ++i) v[i] -= share * other[i];
      }
    const double norm = std::sqrt(dot(v, v));
    if (norm < 1e-6) continue;
    for (double& x : v) x /= norm;
    set.push_back(std::move(v));
  }
  return set;
}

}  // namespace

void orthogonal(torch::Tensor matrix, double gain, market::Random& random) {
  const torch::NoGradGuard no_grad;
  const auto rows = static_cast<std::size_t>(matrix.size(0));
  const auto columns = static_cast<std::size_t>(matrix.size(1));
  const bool wide = rows <= columns;
  const auto set = orthonormal(wide ? rows : columns, wide ? columns : rows, random);
  auto out = matrix.accessor<float, 2>();
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      out[static_cast<std::int64_t>(r)][static_cast<std::int64_t>(c)] =
          static_cast<float>(gain * (wide ? set[r][c] : set[c][r]));
}

void orthogonal_blocks(torch::Tensor matrix, std::int64_t blocks, double gain,
                       market::Random& random) {
  const std::int64_t rows = matrix.size(0) / blocks;
  for (std::int64_t b = 0; b < blocks; ++b)
    orthogonal(matrix.detach().narrow(0, b * rows, rows), gain, random);
}

}  // namespace proteus::policy
