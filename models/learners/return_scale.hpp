// Rewards divided by the running deviation of the discounted return, so that a market's 0.001 and a
// maze's 1 train alike (Engstrom et al. 2020, "Implementation matters in deep policy gradients").
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "models/learners/archive_array.hpp"
#include "models/learners/inputs.hpp"

namespace proteus::learners {

class ReturnScale {
 public:
  ReturnScale(std::size_t environments, double gamma)
      : gamma_(gamma), sums_(environments, 0.0F), moments_(1), seen_(1) {}

  /// One step of all environments.
  void count(std::span<const float> rewards, std::span<const training::StepEnd> ends) {
    for (std::size_t i = 0; i < sums_.size(); ++i)
      sums_[i] = static_cast<float>(gamma_ * static_cast<double>(sums_[i])) + rewards[i];
    seen_.add(0, sums_.data(), sums_.size(), 1);
    seen_.advance(sums_.size());
    for (std::size_t i = 0; i < sums_.size(); ++i)
      if (ends_trial(ends[i])) sums_[i] = 0.0F;
  }
  /// The deviation becomes that of all that was counted, by all ranks. Errors: those of Group.
  Result<void> take_in(Group* group) {
    BOOST_OUTCOME_TRY(seen_.add_up(group, "the returns' moments"));
    if (seen_.finite()) moments_.merge(seen_);
    seen_.clear();
    return success();
  }
  /// All trials begin anew, and what was counted since the last take_in is not to count.
  void forget() {
    std::ranges::fill(sums_, 0.0F);
    seen_.clear();
  }
  void archive(Archive& a) {
    archive_array(a, std::span(sums_));
    a(moments_, seen_);
  }
  /// What a reward is multiplied with.
  [[nodiscard]] float factor() const {
    return static_cast<float>(1.0 / std::sqrt(moments_.variance(0) + 1e-12));
  }

 private:
  double gamma_;
  std::vector<float> sums_;  ///< discounted, of the running trials so far
  RunningMoments moments_;
  RunningMoments seen_;  ///< since the last take_in
};

}  // namespace proteus::learners
