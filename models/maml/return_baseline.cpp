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
                          std::span<const double> returns, std::span<const std::uint8_t> live) {
  const std::size_t n = 2 * shape.columns + 4;
  std::vector<double> squares(n * n);
  std::vector<double> weights(n);
  std::vector<double> row(n);
  for (std::size_t r = 0; r < shape.rows(); ++r) {
    if (live[r] == 0) continue;
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

/// Mean 0 and deviation 1 over what is live, and 0 elsewhere.
void normalise(std::vector<float>& values, std::span<const std::uint8_t> live) {
  const auto count =
      static_cast<double>(std::ranges::count_if(live, [](auto l) { return l != 0; }));
  double mean = 0.0;
  for (std::size_t r = 0; r < values.size(); ++r)
    if (live[r] != 0) mean += static_cast<double>(values[r]) / count;
  double square = 0.0;
  for (std::size_t r = 0; r < values.size(); ++r) {
    const double gap = static_cast<double>(values[r]) - mean;
    if (live[r] != 0) square += gap * gap / count;
  }
  const double scale = 1.0 / (std::sqrt(square) + 1e-8);
  for (std::size_t r = 0; r < values.size(); ++r)
    values[r] =
        live[r] == 0 ? 0.0F : static_cast<float>((static_cast<double>(values[r]) - mean) * scale);
}

}  // namespace

std::vector<float> advantages(const RolloutShape& shape, std::span<const float> observations,
                              std::span<const float> rewards, std::span<const std::uint8_t> live,
                              double gamma, double lambda) {
  const std::size_t rows = shape.rows();
  const std::size_t n = shape.trajectories;
  std::vector<double> returns(rows);
  std::vector<training::StepEnd> ends(rows, training::StepEnd::None);
  for (std::size_t r = rows; r-- > 0;) {
    const bool last = r + n >= rows || live[r + n] == 0;
    returns[r] = static_cast<double>(rewards[r]) + (last ? 0.0 : gamma * returns[r + n]);
    if (last) ends[r] = training::StepEnd::TrialTerminated;
  }
  const std::vector<float> value = values(shape, observations, returns, live);
  std::vector<float> out(rows);
  std::vector<float> targets(rows);
  const std::vector<float> beyond(n);
  training::gae({shape.horizon, n, rewards, value, ends, {}, beyond}, {gamma, lambda}, out,
                targets);
  normalise(out, live);
  return out;
}

}  // namespace proteus::maml
