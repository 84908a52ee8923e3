#include "models/maml/return_baseline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/training/gae.hpp"

namespace proteus::maml {
namespace {

constexpr double kRidge = 1e-5;  // of the mean square of a feature; a column may be constant

void write_features(const RolloutShape& shape, std::span<const float> observations, std::size_t row,
                    std::span<double> out) {
  const double time = static_cast<double>(row / shape.trajectories) / 100.0;
  for (std::size_t c = 0; c < shape.columns; ++c) {
    const double x = std::clamp<double>(observations[row * shape.columns + c], -10.0, 10.0);
    out[c] = x;
    out[shape.columns + c] = x * x;
  }
  double* rest = out.data() + 2 * shape.columns;
  rest[0] = time;
  rest[1] = time * time;
  rest[2] = time * time * time;
  rest[3] = 1.0;
}

/// Solves a symmetric positive system in place by Cholesky's factors; `b` becomes the solution.
void solve(std::vector<double>& a, std::vector<double>& b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? std::sqrt(std::max(sum, 1e-300)) : sum / a[j * n + j];
    }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
}

std::vector<float> values(const RolloutShape& shape, std::span<const float> observations,
                          std::span<const double> returns) {
  const std::size_t n = 2 * shape.columns + 4;
  std::vector<double> squares(n * n);
  std::vector<double> weights(n);
  std::vector<double> row(n);
  for (std::size_t r = 0; r < shape.rows(); ++r) {
    write_features(shape, observations, r, row);
    for (std::size_t i = 0; i < n; ++i) {
      weights[i] += row[i] * returns[r];
      for (std::size_t j = 0; j <= i; ++j) squares[i * n + j] += row[i] * row[j];
    }
  }
  for (std::size_t i = 0; i < n; ++i)
    squares[i * n + i] += kRidge * static_cast<double>(shape.rows());
  solve(squares, weights);
  std::vector<float> out(shape.rows());
  for (std::size_t r = 0; r < shape.rows(); ++r) {
    write_features(shape, observations, r, row);
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += weights[i] * row[i];
    out[r] = static_cast<float>(sum);
  }
  return out;
}

}  // namespace

std::vector<float> advantages(const RolloutShape& shape, std::span<const float> observations,
                              std::span<const float> rewards, double gamma, double lambda) {
  const std::size_t rows = shape.rows();
  std::vector<double> returns(rows);
  for (std::size_t r = rows; r-- > 0;)
    returns[r] = static_cast<double>(rewards[r]) +
                 (r + shape.trajectories < rows ? gamma * returns[r + shape.trajectories] : 0.0);
  const std::vector<float> value = values(shape, observations, returns);
  std::vector<training::StepEnd> ends(rows, training::StepEnd::None);
  std::fill(ends.end() - static_cast<std::ptrdiff_t>(shape.trajectories), ends.end(),
            training::StepEnd::TrialTerminated);
  std::vector<float> out(rows);
  std::vector<float> targets(rows);
  const std::vector<float> beyond(shape.trajectories);
  training::gae({shape.horizon, shape.trajectories, rewards, value, ends, {}, beyond},
                {gamma, lambda}, out, targets);
  double mean = 0.0;
  double square = 0.0;
  for (const float a : out) mean += static_cast<double>(a) / static_cast<double>(rows);
  for (const float a : out) {
    const double gap = static_cast<double>(a) - mean;
    square += gap * gap / static_cast<double>(rows);
  }
  const double scale = 1.0 / (std::sqrt(square) + 1e-8);
  for (float& a : out) a = static_cast<float>((static_cast<double>(a) - mean) * scale);
  return out;
}

}  // namespace proteus::maml
