// What a checkpoint says about trading with it: what the policy sees, how long its trials are, and
// what its unit account counts. Everything that must be as it was in training.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/core/bar.hpp"
#include "engine/core/settings.hpp"
#include "strategies/features/kind.hpp"

namespace proteus::strategies {

/// The part that is settings of the training.
struct MarketSettings {
  std::int64_t trial_bars = 720;
  std::int64_t rebuild_bars = 168;
  std::int64_t decide_every = 1;
  double volatility_target = 0.5;
  double volatility_scale_max = 2.0;
  std::int64_t volatility_span = 240;
  double cost = 0.00070;
  double assumed_funding = 0.0001;

  static constexpr auto settings() {
    using M = MarketSettings;
    return std::tuple{
        setting("trial_bars", &M::trial_bars,
                "bars of a trial, from the policy's empty memory to its end", 2, 1'000'000),
        setting("rebuild_bars", &M::rebuild_bars,
                "first bars of a trial, in which the memory fills and nothing is traded", 1,
                1'000'000),
        setting("decide_every", &M::decide_every,
                "bars between two decisions, counted from the epoch; in between what is held stays",
                1, 10'000),
        setting("volatility_target", &M::volatility_target,
                "standard deviation of returns a year that a full weight is scaled to", 0.01, 10.0),
        setting("volatility_scale_max", &M::volatility_scale_max,
                "largest factor by which a calm market enlarges a weight", 0.1, 20.0),
        setting("volatility_span", &M::volatility_span,
                "span of the exponential window over squared log returns, in bars", 2, 100'000),
        setting("cost", &M::cost, "of trading, as a fraction of the value: taker fee and slippage",
                0.0, 0.1),
        setting("assumed_funding", &M::assumed_funding,
                "charged to any holder of a perpetual for 8 h, where no rate is known", 0.0, 0.1)};
  }
};

struct PolicySpec {
  std::string name;  ///< of the checkpoint's file, for messages
  std::string hash;  ///< its content hash
  MarketSettings market;
  features::Kind features = features::Kind::Trend;
  Interval interval = Interval::H1;  ///< of the bars it was trained on
  /// Of each feature: (x - offset) * factor, cut to [-limit, limit].
  std::vector<double> offset;
  std::vector<double> factor;
  double limit = 5.0;
  /// Of each feature, what training saw (before scaling): beyond it nothing was learned.
  std::vector<double> seen_min;
  std::vector<double> seen_max;
  /// The inner loop that it was trained with; 0 steps: it was not trained to adapt.
  std::int64_t inner_steps = 0;
  double inner_rate = 1.0;
};

/// After the features: position, profit, time, three probabilities, reward.
inline constexpr std::size_t kOwnInputs = 7;
inline constexpr std::size_t kPolicyActions = 3;  ///< short, flat, long

}  // namespace proteus::strategies
