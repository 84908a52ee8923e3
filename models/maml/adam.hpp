// Adam (Kingma, Ba 2015, algorithm 1), eps inside the bias-corrected division as LibTorch has it,
// and the clip of a gradient's norm.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/archive.hpp"

namespace proteus::maml {

template <class T>
struct AdamState {
  std::vector<T> mean;
  std::vector<T> square;
  std::int64_t steps = 0;

  /// Reading fails for another number of parameters than this state was made for.
  void archive(Archive& a) {
    const std::size_t size = mean.size();
    a(mean, square, steps);
    if (mean.size() != size || square.size() != size || steps < 0) a.fail();
  }
};

template <class T>
class Adam {
 public:
  explicit Adam(std::size_t size, double epsilon = 1e-8)
      : state_{std::vector<T>(size), std::vector<T>(size), 0}, epsilon_(epsilon) {}

  [[nodiscard]] const AdamState<T>& state() const { return state_; }
  void restore(AdamState<T> state) { state_ = std::move(state); }
  void archive(Archive& a) { a(state_); }

  void step(std::span<T> x, std::span<const T> gradient, double rate) {
    ++state_.steps;
    const double n = static_cast<double>(state_.steps);
    const T mean_share = static_cast<T>(kMean);
    const T square_share = static_cast<T>(kSquare);
    const T size = static_cast<T>(rate / (1.0 - std::pow(kMean, n)));
    const T square_scale = static_cast<T>(1.0 / std::sqrt(1.0 - std::pow(kSquare, n)));
    const T eps = static_cast<T>(epsilon_);
    T* m = state_.mean.data();
    T* v = state_.square.data();
    for (std::size_t i = 0; i < x.size(); ++i) {
      const T g = gradient[i];
      m[i] = mean_share * m[i] + (T{1} - mean_share) * g;
      v[i] = square_share * v[i] + (T{1} - square_share) * g * g;
      x[i] -= size * m[i] / (std::sqrt(v[i]) * square_scale + eps);
    }
  }

 private:
  static constexpr double kMean = 0.9;
  static constexpr double kSquare = 0.999;
  AdamState<T> state_;
  double epsilon_;
};

/// The norm before; NaN or infinity where an element is.
template <class T>
double clip_norm(std::span<T> gradient, double norm_max) {
  double squares = 0.0;
  for (const T g : gradient) squares += static_cast<double>(g) * static_cast<double>(g);
  const double norm = std::sqrt(squares);
  if (norm > norm_max && std::isfinite(norm)) {
    const T share = static_cast<T>(norm_max / norm);
    for (T& g : gradient) g *= share;
  }
  return norm;
}

}  // namespace proteus::maml
