// The loss of proximal policy optimisation (Schulman, Wolski, Dhariwal, Radford, Klimov 2017, eq. 7
// and 9) with its gradient in closed form, over rows of logits and value:
//
//   L = mean over rows of  -min(rho A, clip(rho, 1 - c, 1 + c) A) + value_share (V - R)² / 2
//                          - entropy_share H(pi),      rho = pi(a) / pi_old(a)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace proteus::learners {

struct PpoLossSettings {
  float clip = 0.2F;
  float value_share = 0.5F;
  float entropy_share = 0.01F;
};

/// `rows` decisions among `actions` choices.
struct PpoRows {
  std::size_t actions = 0;
  std::span<const float> outputs;  ///< [rows, actions + 1]: logits, then the value
  std::span<const std::int32_t> chosen;
  std::span<const float> log_chances;  ///< of what was chosen, under the policy that chose
  std::span<const float> advantages;   ///< normalised
  std::span<const float> returns;
};

/// Means over the rows.
struct PpoLoss {
  double policy = 0.0;
  double value = 0.0;    ///< (V - R)² / 2
  double entropy = 0.0;  ///< nats
  double kl = 0.0;  ///< of the new from the old policy: mean of rho - 1 - ln rho (Schulman 2020)
  double clipped = 0.0;  ///< share of rows with rho outside of [1 - c, 1 + c]
  double total = 0.0;
};

/// Writes the gradient of the loss by the outputs into `gradient`, of the same shape.
PpoLoss ppo_loss(const PpoRows& rows, const PpoLossSettings& settings, std::span<float> gradient);

}  // namespace proteus::learners
