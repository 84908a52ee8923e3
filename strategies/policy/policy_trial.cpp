#include "strategies/policy/policy_trial.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::strategies {
namespace {

constexpr double kLimit = 10.0;
constexpr double kProfitUnits = 10.0;

double cut(double x) { return std::clamp(x, -kLimit, kLimit); }

double confidence_of(std::span<const double> chances) {
  double entropy = 0.0;
  for (const double p : chances)
    if (p > 0.0) entropy -= p * std::log(p);
  return std::clamp(1.0 - entropy / std::log(3.0), 0.0, 1.0);
}

}  // namespace

double unit_of(const MarketSettings& market, Interval interval) {
  using Days = std::chrono::duration<double, std::chrono::days::period>;
  const Duration bar = next_open(Timestamp{}, interval) - Timestamp{};
  return market.volatility_target * std::sqrt(Days{bar}.count() / 365.0);
}

std::array<double, kPolicyActions> chances_of(std::span<const float> logits) {
  std::array<double, kPolicyActions> p{};
  const double top = std::max({logits[0], logits[1], logits[2]});
  double sum = 0.0;
  for (std::size_t i = 0; i < kPolicyActions; ++i)
    sum += p[i] = std::exp(static_cast<double>(logits[i]) - top);
  for (double& x : p) x /= sum;
  return p;
}

void scale_features(const PolicySpec& spec, std::span<const double> features,
                    std::span<float> out) {
  for (std::size_t i = 0; i < features.size(); ++i)
    out[i] = static_cast<float>(
        std::clamp((features[i] - spec.offset[i]) * spec.factor[i], -spec.limit, spec.limit));
}

PolicyTrial::PolicyTrial(const MarketSettings& market, Interval interval, std::size_t state)
    : trial_bars_(market.trial_bars),
      empty_(market.cost, unit_of(market, interval)),
      account_(empty_),
      state_(state, 0.0F) {}

void PolicyTrial::begin() {
  account_ = empty_;
  std::ranges::fill(state_, 0.0F);
  answer_ = {};
  reward_ = 0.0;
  steps_ = 0;
}

void PolicyTrial::observe(std::span<const float> features, const MarketMove& move,
                          std::span<float> x) {
  PROTEUS_ASSERT(x.size() == features.size() + kOwnInputs);
  reward_ = account_.close(move);
  auto out = std::ranges::copy(features, x.begin()).out;
  *out++ = static_cast<float>(account_.weight());
  *out++ = static_cast<float>(cut(account_.profit() / kProfitUnits));
  *out++ = static_cast<float>(steps_) / static_cast<float>(trial_bars_);
  for (const double p : answer_.chances) *out++ = static_cast<float>(p);
  *out = static_cast<float>(cut(reward_));
}

const PolicyAnswer& PolicyTrial::answer(std::span<const float> outputs, const MarketMove& move,
                                        bool decides) {
  ++steps_;
  const auto chances = chances_of(outputs.first(kPolicyActions));
  const auto value = static_cast<double>(outputs[kPolicyActions]);
  answer_.finite = std::isfinite(chances[0] + chances[1] + chances[2] + value);
  if (answer_.finite) {
    answer_.chances = chances;
    answer_.value = value;
    answer_.confidence = confidence_of(chances);
    if (decides) answer_.weight = chances[2] - chances[0];
  }
  // What is held stays, in lots, where nothing is decided: no cost, whatever the scale has become.
  if (answer_.finite && decides) account_.hold(answer_.weight, move.scale);
  return answer_;
}

bool decides_at(Timestamp open, Interval interval, std::int64_t decide_every) {
  const Duration bar = next_open(open, interval) - open;
  const auto closed = (open + bar).time_since_epoch() / bar;
  return closed % decide_every == 0;
}

}  // namespace proteus::strategies
