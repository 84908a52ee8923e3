// One policy on its way through one instrument's bars: its memory, its unit account and how far its
// trial has come. Trading, shadows, rebuilding, the learner and evaluation all go through here, so
// that a policy sees the same wherever it is asked.
//
// A row of inputs, [features + kOwnInputs]:
//
//   features     scaled and cut (policy_spec.hpp)
//   position     weight held, in [-1, 1]
//   profit       of the position since it was opened or turned, in units of the volatility target
//                of ten bars, cut to [-10, 10]
//   time         share of the trial that has passed
//   chances      of short, flat and long, as the policy said them last; 0 before the first
//   reward       net, of the bar that closed, in units of the volatility target of a bar, cut to
//                [-10, 10]
//
// Action: the expected weight over all choices, p(long) - p(short).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "engine/ports/policy.hpp"
#include "strategies/policy/policy_spec.hpp"
#include "strategies/policy/unit_account.hpp"

namespace proteus::strategies {

/// Standard deviation of a bar's return at the volatility target.
double unit_of(const MarketSettings& market, Interval interval);

/// Softmax of three logits. Not finite where a logit is not.
std::array<double, kPolicyActions> chances_of(std::span<const float> logits);

/// Features as the policy reads them. features, out: one a feature.
void scale_features(const PolicySpec& spec, std::span<const double> features, std::span<float> out);

/// What the policy said at a close.
struct PolicyAnswer {
  std::array<double, kPolicyActions> chances{};  ///< short, flat, long
  double value = 0.0;       ///< what it expects of the rest of the trial, in units
  double weight = 0.0;      ///< what is held from here on
  double confidence = 0.0;  ///< 1 - entropy / ln 3
  bool finite = true;       ///< false: it said something that is no number; what was held stays
  void archive(Archive& a) { a(chances, value, weight, confidence, finite); }
};

class PolicyTrial {
 public:
  PolicyTrial(const MarketSettings& market, Interval interval, std::size_t state);

  /// A new trial: nothing remembered, nothing held.
  void begin();
  /// The bar closed: the account is marked, and `x` becomes the policy's inputs. Once a bar.
  /// features: scaled; x: [features + kOwnInputs].
  void observe(std::span<const float> features, const MarketMove& move, std::span<float> x);
  /// What the policy's head said to them. `decides`: false where what is held stays until another
  /// bar (decide_every).
  const PolicyAnswer& answer(std::span<const float> outputs, const MarketMove& move, bool decides);

  [[nodiscard]] std::span<float> state() { return state_; }
  [[nodiscard]] std::span<const float> state() const { return state_; }
  [[nodiscard]] const UnitAccount& account() const { return account_; }
  [[nodiscard]] const PolicyAnswer& last() const { return answer_; }
  /// Net of the bar that closed last, in units.
  [[nodiscard]] double reward() const { return reward_; }
  [[nodiscard]] std::size_t steps() const { return steps_; }
  [[nodiscard]] bool over() const { return steps_ >= static_cast<std::size_t>(trial_bars_); }
  void archive(Archive& a) { a(account_, state_, answer_, reward_, steps_); }

 private:
  std::int64_t trial_bars_;
  UnitAccount empty_;
  UnitAccount account_;
  std::vector<float> state_;
  PolicyAnswer answer_;
  double reward_ = 0.0;
  std::size_t steps_ = 0;
};

/// Whether a decision falls on the bar that opens then: every `decide_every`th, from the epoch.
bool decides_at(Timestamp open, Interval interval, std::int64_t decide_every);

}  // namespace proteus::strategies
