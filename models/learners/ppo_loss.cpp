#include "models/learners/ppo_loss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/assert.hpp"
#include "models/inference/kernels.hpp"

namespace proteus::learners {
namespace {

/// Sums over rows.
struct Sums {
  double policy = 0.0;
  double value = 0.0;
  double entropy = 0.0;
  double kl = 0.0;
  std::size_t clipped = 0;
};

/// One row; `chances` holds exp(logit - max) on entry and the policy's chances after.
void row_of(const PpoRows& in, const PpoLossSettings& s, std::size_t i, float share, float* chances,
            float* gradient, Sums& sums) {
  const std::size_t n = in.actions;
  const float* out = in.outputs.data() + i * (n + 1);
  float sum = 0.0F;
  for (std::size_t a = 0; a < n; ++a) sum += chances[a];
  const float most = *std::max_element(out, out + n);
  const float log_sum = std::log(sum) + most;
  float entropy = 0.0F;
  for (std::size_t a = 0; a < n; ++a) {
    chances[a] /= sum;
    entropy -= chances[a] * (out[a] - log_sum);
  }
  const auto chosen = static_cast<std::size_t>(in.chosen[i]);
  const float log_ratio = out[chosen] - log_sum - in.log_chances[i];
  const float ratio = std::exp(log_ratio);
  const float advantage = in.advantages[i];
  const bool outside = ratio < 1.0F - s.clip || ratio > 1.0F + s.clip;
  const float cut = std::clamp(ratio, 1.0F - s.clip, 1.0F + s.clip);
  const bool cut_counts = cut * advantage < ratio * advantage;
  sums.policy -= cut_counts ? cut * advantage : ratio * advantage;
  sums.entropy += entropy;
  sums.kl += static_cast<double>(ratio) - 1.0 - static_cast<double>(log_ratio);
  sums.clipped += outside ? 1 : 0;
  // d(-rho A)/d logit = -rho A (1[a] - pi); dH/d logit = -pi (ln pi + H).
  const float pull = cut_counts ? 0.0F : -ratio * advantage * share;
  const float entropy_share = s.entropy_share * share;
  for (std::size_t a = 0; a < n; ++a)
    gradient[a] = -pull * chances[a] + entropy_share * chances[a] * (out[a] - log_sum + entropy);
  gradient[chosen] += pull;
  const float error = out[n] - in.returns[i];
  sums.value += 0.5 * static_cast<double>(error) * static_cast<double>(error);
  gradient[n] = s.value_share * error * share;
}

}  // namespace

PpoLoss ppo_loss(const PpoRows& in, const PpoLossSettings& settings, std::span<float> gradient) {
  const std::size_t rows = in.chosen.size();
  const std::size_t width = in.actions + 1;
  PROTEUS_ASSERT(rows > 0 && in.outputs.size() == rows * width && gradient.size() == rows * width);
  PROTEUS_ASSERT(in.log_chances.size() == rows && in.advantages.size() == rows &&
                 in.returns.size() == rows);
  constexpr std::size_t kBlock = 256;  // rows whose exponentials fit into the first cache
  const float share = 1.0F / static_cast<float>(rows);
  Sums sums;
  std::vector<float> chances(kBlock * in.actions);
  for (std::size_t begin = 0; begin < rows; begin += kBlock) {
    const std::size_t end = std::min(rows, begin + kBlock);
    for (std::size_t i = begin; i < end; ++i) {
      const float* out = in.outputs.data() + i * width;
      const float most = *std::max_element(out, out + in.actions);
      for (std::size_t a = 0; a < in.actions; ++a)
        chances[(i - begin) * in.actions + a] = out[a] - most;
    }
    inference::kernels().exp(chances.data(), (end - begin) * in.actions);
    for (std::size_t i = begin; i < end; ++i)
      row_of(in, settings, i, share, chances.data() + (i - begin) * in.actions,
             gradient.data() + i * width, sums);
  }
  const double n = static_cast<double>(rows);
  PpoLoss loss{sums.policy / n, sums.value / n, sums.entropy / n, sums.kl / n,
               static_cast<double>(sums.clipped) / n};
  loss.total =
      loss.policy + settings.value_share * loss.value - settings.entropy_share * loss.entropy;
  return loss;
}

}  // namespace proteus::learners
