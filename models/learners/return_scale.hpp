// Rewards divided by the running deviation of the discounted return, so that a market's 0.001 and a
// maze's 1 train alike (Engstrom et al. 2020, "Implementation matters in deep policy gradients").
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "models/learners/inputs.hpp"

namespace proteus::learners {

class ReturnScale {
 public:
  ReturnScale(std::size_t environments, double gamma)
      : gamma_(gamma), sums_(environments, 0.0F), moments_(1) {}

  /// One step of all environments.
  void count(std::span<const float> rewards, std::span<const training::StepEnd> ends) {
    for (std::size_t i = 0; i < sums_.size(); ++i)
      sums_[i] = static_cast<float>(gamma_ * static_cast<double>(sums_[i])) + rewards[i];
    moments_.add(0, sums_.data(), sums_.size(), 1);
    moments_.advance(sums_.size());
    for (std::size_t i = 0; i < sums_.size(); ++i)
      if (ends_trial(ends[i])) sums_[i] = 0.0F;
  }
  /// What a reward is multiplied with.
  [[nodiscard]] float factor() const {
    return static_cast<float>(1.0 / std::sqrt(moments_.variance(0) + 1e-12));
  }

 private:
  double gamma_;
  std::vector<float> sums_;  ///< discounted, of the running trials so far
  RunningMoments moments_;
};

}  // namespace proteus::learners
