// The surrogate of a policy gradient, for a Gaussian policy whose means are a network's outputs and
// whose log deviations are its free parameters.
//
// Row: advantage A, action a, and log p_0, the action's log density under the policy that sampled
// it. The loss is -mean(A r), r = exp(log p - log p_0). Where the parameters are those that
// sampled, r = 1 and its slope is the policy gradient; its Hessian keeps the term by which the
// sampling itself depends on the parameters, which -A log p loses (Rothfuss, Lee, Clavera, Asfour,
// Abbeel 2019, "ProMP", section 4; Foerster et al. 2018, "DiCE"). With a clip c a row counts no
// further than r = 1 + c (A > 0) or 1 - c (A < 0): PPO's objective (Schulman et al. 2017, eq. 7).
//
// Rows after a trajectory's end have A = 0 and still count in the mean: it estimates the slope of
// the return over the whole horizon. A mean over what is live would take ever greater steps the
// more trajectories end early.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "models/maml/mlp.hpp"

namespace proteus::maml {

/// Log density of `action` [dimensions]; `log_deviations` likewise.
template <class T>
T gaussian_log_density(std::size_t dimensions, const T* means, const T* log_deviations,
                       const T* action);

template <class T>
class GaussianSurrogate final : public OutputLoss<T> {
 public:
  /// Spans: actions [rows, dimensions], log_densities and advantages [rows]; they outlive this.
  GaussianSurrogate(std::size_t dimensions, std::span<const T> actions,
                    std::span<const T> log_densities, std::span<const T> advantages,
                    std::optional<T> clip = {});

  double slope(std::size_t first, std::size_t rows, const T* outputs, const T* free, T* slope,
               T* free_slope) const override;
  void slope_along(std::size_t first, std::size_t rows, const T* outputs, const T* outputs_moved,
                   const T* free, const T* free_moved, T* slope_moved,
                   T* free_slope_moved) const override;

 private:
  /// Of one row: its part of the loss and that part's derivative by log p; 0 where it is clipped.
  struct Weight {
    T value;
    T slope;
  };
  [[nodiscard]] Weight weight(std::size_t row, const T* means, const T* free) const;

  std::size_t dimensions_;
  std::span<const T> actions_;
  std::span<const T> log_densities_;
  std::span<const T> advantages_;
  std::optional<T> clip_;
  T share_;
};

}  // namespace proteus::maml
