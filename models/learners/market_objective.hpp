// What a policy over short, flat and long is trained for where its orders do not move the market:
// the net return of its expected weight, whose gradient by the logits is known in closed form, so
// that nothing has to be sampled.
//
//   w_t = p_t(long) - p_t(short)           expected weight over all choices
//   e_t = w_t scale_t at a decision, else e_(t-1)
//   n_(t+1) = (e_t r_(t+1) - |e_t| a_(t+1) - cost |e_t - e_(t-1)|) / unit
//
// over decisions [warm_up, steps - 1) of each trial, and either
//   return   J = mean n - risk / 2 mean n²   (mean and variance: Markowitz 1952)
//   sharpe   J = mean n / deviation n over all trials of the batch (Moody, Saffell 2001; Zhang,
//            Zohren, Roberts 2020)
// With a teacher, J also loses share / 2 x (w_t - teacher_t)², summed over decisions and divided by
// the number of rows that count: few years of data say little, and this is where the search for
// what they say begins (kickstarting: Schmitt et al. 2018).
//
// |x| is taken as sqrt(x² + 1e-6) - 1e-3 here: its kink at 0 would stop small changes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/settings.hpp"
#include "strategies/policy/unit_account.hpp"

namespace proteus::learners {

/// Below a change of this much of the capital |x| is rounded off: its slope has no jump at 0.
inline constexpr double kKink = 1e-3;

enum class Objective : std::uint8_t { Return, Sharpe };

/// Trials side by side; row (t, i) stands at t * trials + i.
struct TrialRows {
  std::size_t steps = 0;
  std::size_t trials = 0;
  std::size_t warm_up = 0;                        ///< first decision that counts
  std::span<const strategies::MarketMove> moves;  ///< [steps, trials]
  std::span<const std::uint8_t> decides;          ///< [steps, trials]
  double cost = 0.0;
  double unit = 1.0;
  std::span<const float> teacher{};  ///< [steps, trials]: weights of a plain rule; or empty
};

struct ObjectiveSettings {
  Objective objective = Objective::Sharpe;
  double risk = 0.02;
  double value_share = 0.01;
  double value_horizon = 0.98;
  double entropy_share = 0.0;
  double teacher_share = 0.0;

  static constexpr auto settings() {
    using O = ObjectiveSettings;
    return std::tuple{
        setting("objective", &O::objective,
                "return (mean less risk times half the variance) or sharpe, both net of costs"),
        setting("risk", &O::risk, "return: aversion to variance, in units of the target", 0.0,
                100.0),
        setting("value_share", &O::value_share, "weight of the value's squared error", 0.0, 10.0),
        setting("value_horizon", &O::value_horizon,
                "discount of the rewards that the value foretells", 0.0, 0.9999),
        setting("teacher_share", &O::teacher_share,
                "pull towards the weight of the plain trend rule, half its square: what is learned "
                "is where to leave it (features = trend or market)",
                0.0, 1e3),
        setting("entropy_share", &O::entropy_share, "reward for undecided choices", 0.0, 1.0)};
  }
};

struct ObjectiveResult {
  double objective = 0.0;   ///< J
  double mean = 0.0;        ///< of n
  double deviation = 0.0;   ///< of n
  double turnover = 0.0;    ///< mean |e_t - e_(t-1)| a bar
  double exposure = 0.0;    ///< mean |e_t|
  double long_share = 0.0;  ///< mean e_t
  double value_error = 0.0;
  double entropy = 0.0;
  double astray = 0.0;  ///< mean square of the distance to the teacher
};

/// outputs: [steps, trials, 4], logits and value. gradient: of -J + shares x the rest, the same
/// shape.
ObjectiveResult market_objective(const TrialRows& rows, const ObjectiveSettings& settings,
                                 std::span<const float> outputs, std::span<float> gradient);

}  // namespace proteus::learners

template <>
struct proteus::EnumNames<proteus::learners::Objective> {
  static constexpr std::array<std::string_view, 2> names{"return", "sharpe"};
};
