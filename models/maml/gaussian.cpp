#include "models/maml/gaussian.hpp"

#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::maml {

template <class T>
T gaussian_log_density(std::size_t dimensions, const T* means, const T* log_deviations,
                       const T* action) {
  constexpr T kHalfLogTwoPi = static_cast<T>(0.91893853320467274178);
  T sum{0};
  for (std::size_t d = 0; d < dimensions; ++d) {
    const T z = (action[d] - means[d]) * std::exp(-log_deviations[d]);
    sum -= T{0.5} * z * z + log_deviations[d] + kHalfLogTwoPi;
  }
  return sum;
}

template <class T>
GaussianSurrogate<T>::GaussianSurrogate(std::size_t dimensions, std::span<const T> actions,
                                        std::span<const T> log_densities,
                                        std::span<const T> advantages, std::optional<T> clip)
    : dimensions_(dimensions),
      actions_(actions),
      log_densities_(log_densities),
      advantages_(advantages),
      clip_(clip),
      share_(T{1} / static_cast<T>(advantages.size())) {
  PROTEUS_ASSERT(actions.size() == dimensions * advantages.size());
  PROTEUS_ASSERT(log_densities.size() == advantages.size());
}

template <class T>
auto GaussianSurrogate<T>::weight(std::size_t row, const T* means, const T* free) const -> Weight {
  // Not left to the product: after a trajectory's end the ratio may be anything, infinity too.
  if (advantages_[row] == T{0}) return {T{0}, T{0}};
  const T log_density =
      gaussian_log_density(dimensions_, means, free, actions_.data() + row * dimensions_);
  const T ratio = std::exp(log_density - log_densities_[row]);
  const T advantage = advantages_[row];
  const T value = -share_ * advantage * ratio;
  if (clip_ && advantage > T{0} && ratio > T{1} + *clip_)
    return {-share_ * advantage * (T{1} + *clip_), T{0}};
  if (clip_ && advantage < T{0} && ratio < T{1} - *clip_)
    return {-share_ * advantage * (T{1} - *clip_), T{0}};
  return {value, value};
}

template <class T>
double GaussianSurrogate<T>::slope(std::size_t first, std::size_t rows, const T* outputs,
                                   const T* free, T* slope, T* free_slope) const {
  double sum = 0.0;
  for (std::size_t r = 0; r < rows; ++r) {
    const T* means = outputs + r * dimensions_;
    const T* action = actions_.data() + (first + r) * dimensions_;
    const Weight w = weight(first + r, means, free);
    sum += static_cast<double>(w.value);
    for (std::size_t d = 0; d < dimensions_; ++d) {
      const T precision = std::exp(T{-2} * free[d]);
      const T gap = action[d] - means[d];
      slope[r * dimensions_ + d] = w.slope * gap * precision;
      free_slope[d] += w.slope * (gap * gap * precision - T{1});
    }
  }
  return sum;
}

template <class T>
void GaussianSurrogate<T>::slope_along(std::size_t first, std::size_t rows, const T* outputs,
                                       const T* outputs_moved, const T* free, const T* free_moved,
                                       T* slope_moved, T* free_slope_moved) const {
  for (std::size_t r = 0; r < rows; ++r) {
    const T* means = outputs + r * dimensions_;
    const T* means_moved = outputs_moved + r * dimensions_;
    const T* action = actions_.data() + (first + r) * dimensions_;
    const T w = weight(first + r, means, free).slope;
    T log_density_moved{0};
    for (std::size_t d = 0; d < dimensions_; ++d) {
      const T precision = std::exp(T{-2} * free[d]);
      const T gap = action[d] - means[d];
      log_density_moved +=
          gap * precision * means_moved[d] + (gap * gap * precision - T{1}) * free_moved[d];
    }
    const T w_moved = w * log_density_moved;
    for (std::size_t d = 0; d < dimensions_; ++d) {
      const T precision = std::exp(T{-2} * free[d]);
      const T gap = action[d] - means[d];
      slope_moved[r * dimensions_ + d] =
          w_moved * gap * precision - w * precision * (means_moved[d] + T{2} * gap * free_moved[d]);
      free_slope_moved[d] += w_moved * (gap * gap * precision - T{1}) -
                             T{2} * w * gap * precision * (means_moved[d] + gap * free_moved[d]);
    }
  }
}

template float gaussian_log_density(std::size_t, const float*, const float*, const float*);
template double gaussian_log_density(std::size_t, const double*, const double*, const double*);
template class GaussianSurrogate<float>;
template class GaussianSurrogate<double>;

}  // namespace proteus::maml
