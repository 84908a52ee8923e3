// A policy whose action is a weight, a real number that the environment cuts to [-1, 1], and the
// loss of proximal policy optimisation over it (ppo_loss.hpp has that of choices).
//
// The weight is normal before it is cut, and its density is that before the cut: the cut belongs to
// the environment, so the gradient is that of what the environment pays. Where the best weight is
// an end of the range, which is common where a position pays in proportion, the mean lies beyond it
// and most samples are the end itself. A normal number under tanh would need an infinite mean for
// that and has no closed entropy; a Beta's density is infinite there.
//
// The deviation is an output of the network beside the mean, and not one number for all states:
// what is left to explore depends on what the memory has already found out about the task.
#pragma once

#include <cstdint>
#include <span>

#include "models/learners/ppo_loss.hpp"

namespace proteus::learners {

/// Outputs of the policy for a weight, before the value: mean, and what the deviation comes from.
constexpr std::size_t kWeightOutputs = 2;

struct WeightOdds {
  float mean = 0.0F;
  float log_deviation = 0.0F;  ///< in [-4, 0]; -0.7 for an output of 0
};
WeightOdds weight_odds(const float* outputs);
/// Log of the density at `weight`, not cut.
float weight_log_density(const WeightOdds& odds, float weight);

struct WeightRows {
  std::span<const float> outputs;      ///< [rows, 3]: mean, deviation, value
  std::span<const float> chosen;       ///< [rows]: weights before the cut
  std::span<const float> log_chances;  ///< log densities under the policy that chose
  std::span<const float> advantages;   ///< normalised
  std::span<const float> returns;
};

/// As ppo_loss; the entropy is that of a density and can be negative. Beyond its bounds the
/// deviation has a gradient only where that leads back.
PpoLoss weight_loss(const WeightRows& rows, const PpoLossSettings& settings,
                    std::span<float> gradient);

}  // namespace proteus::learners
