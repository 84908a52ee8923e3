#include "models/learners/weight_loss.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::learners {
namespace {

constexpr float kLogDeviationStart = -0.7F;
constexpr float kLogDeviationMin = -4.0F;
constexpr float kLogDeviationMax = 0.0F;
constexpr float kHalfLogTwoPi = 0.918938533F;

/// The gradient by an output that was cut to a range: what leads further out has no effect.
float within(float output, float gradient) {
  const float wanted = output + kLogDeviationStart;
  if (wanted < kLogDeviationMin) return std::min(gradient, 0.0F);
  if (wanted > kLogDeviationMax) return std::max(gradient, 0.0F);
  return gradient;
}

}  // namespace

WeightOdds weight_odds(const float* outputs) {
  return {outputs[0],
          std::clamp(outputs[1] + kLogDeviationStart, kLogDeviationMin, kLogDeviationMax)};
}

float weight_log_density(const WeightOdds& odds, float weight) {
  const float z = (weight - odds.mean) * std::exp(-odds.log_deviation);
  return -0.5F * z * z - odds.log_deviation - kHalfLogTwoPi;
}

PpoLoss weight_loss(const WeightRows& in, const PpoLossSettings& s, std::span<float> gradient) {
  constexpr std::size_t kWidth = kWeightOutputs + 1;
  const std::size_t rows = in.chosen.size();
  PROTEUS_ASSERT(rows > 0 && in.outputs.size() == rows * kWidth &&
                 gradient.size() == rows * kWidth);
  PROTEUS_ASSERT(in.log_chances.size() == rows && in.advantages.size() == rows &&
                 in.returns.size() == rows);
  const float share = 1.0F / static_cast<float>(rows);
  PpoLoss sums;
  for (std::size_t i = 0; i < rows; ++i) {
    const float* out = in.outputs.data() + i * kWidth;
    float* by = gradient.data() + i * kWidth;
    const WeightOdds odds = weight_odds(out);
    const float away = in.chosen[i] - odds.mean;
    const float precision = std::exp(-2.0F * odds.log_deviation);
    const float log_ratio = weight_log_density(odds, in.chosen[i]) - in.log_chances[i];
    const float ratio = std::exp(log_ratio);
    const float advantage = in.advantages[i];
    const float cut = std::clamp(ratio, 1.0F - s.clip, 1.0F + s.clip);
    const bool cut_counts = cut * advantage < ratio * advantage;
    // d ln pi / d mean = away / deviation²; by ln deviation: (away / deviation)² - 1.
    const float pull = cut_counts ? 0.0F : -ratio * advantage * share;
    by[0] = pull * away * precision;
    by[1] = within(out[1], pull * (away * away * precision - 1.0F) - s.entropy_share * share);
    const float error = out[2] - in.returns[i];
    by[2] = s.value_share * error * share;
    sums.policy -= static_cast<double>(cut_counts ? cut * advantage : ratio * advantage);
    sums.value += 0.5 * static_cast<double>(error) * static_cast<double>(error);
    sums.entropy += static_cast<double>(odds.log_deviation + kHalfLogTwoPi + 0.5F);
    sums.kl += static_cast<double>(ratio) - 1.0 - static_cast<double>(log_ratio);
    sums.clipped += ratio < 1.0F - s.clip || ratio > 1.0F + s.clip ? 1.0 : 0.0;
  }
  const double n = static_cast<double>(rows);
  PpoLoss loss{sums.policy / n, sums.value / n, sums.entropy / n, sums.kl / n, sums.clipped / n};
  loss.total = loss.policy + static_cast<double>(s.value_share) * loss.value -
               static_cast<double>(s.entropy_share) * loss.entropy;
  return loss;
}

}  // namespace proteus::learners
