#include "risk/kelly.hpp"

#include <cmath>
#include <cstdlib>

namespace proteus::risk {
namespace {
// A solution is 40 sums over the bins; shared by so many bars it costs next to nothing, and a
// sample of months changes little in them.
constexpr std::int64_t kBarsASolution = 128;
}  // namespace

KellyEstimate continuous_kelly(double mean, double variance, double periods) {
  if (!std::isfinite(mean) || !(variance > 0.0) || !(periods > 0.0)) return {0.0, 0.0, periods};
  const double sharpe_squared = mean * mean / variance;
  const double kept = mean > 0.0 ? sharpe_squared / (sharpe_squared + 1.0 / periods) : 0.0;
  return {mean / variance, kept, periods};
}

KellyRule KellyRule::of(const SizingSettings& s) {
  KellyRule rule;
  rule.form = s.kelly;
  if (s.kelly_half_life) rule.decay = std::pow(0.5, 1.0 / static_cast<double>(*s.kelly_half_life));
  rule.confidence = s.kelly_confidence;
  rule.bars_min = s.kelly_bars_min;
  rule.trips_min = s.kelly_trips_min;
  rule.lambda = std::log(s.kelly_drawdown_chance) / std::log(1.0 - s.kelly_drawdown);
  return rule;
}

ShadowLedger::ShadowLedger(double cost, const KellyRule& rule)
    : rule_(rule),
      cost_(cost),
      returns_(rule.decay),
      trips_(cost, rule.decay),
      sample_(rule.decay) {}

void ShadowLedger::on_close(double close) {
  if (close_ > 0.0) learn(close / close_ - 1.0);
  close_ = close;
  held_before_ = held_;
}

void ShadowLedger::learn(double change) {
  const double earned = held_ * change - cost_ * std::abs(held_ - held_before_);
  returns_.add(earned);
  if (held_ != 0) ++bars_held_;
  ++bars_;
  if (rule_.form == KellyForm::Discrete) trips_.on_bar(held_, held_before_, change);
  if (rule_.form != KellyForm::Drawdown) return;
  sample_.age();
  if (held_ != 0 || held_before_ != 0) sample_.add(earned);
  if (bars_ % kBarsASolution != 0) return;
  sample_.rebase();
  constrained_ = sample_.constrained_kelly(rule_.lambda);
  constrained_samples_ = static_cast<double>(sample_.count());
}

bool ShadowLedger::seasoned() const {
  return bars_held_ >= rule_.bars_min &&
         (rule_.form != KellyForm::Discrete || trips_.closed() >= rule_.trips_min);
}

KellyEstimate ShadowLedger::estimate() const {
  if (rule_.form == KellyForm::Discrete) return trips_.estimate(rule_.confidence);
  const KellyEstimate plain =
      continuous_kelly(returns_.mean(), returns_.variance(), returns_.effective_count());
  if (rule_.form == KellyForm::Continuous) return plain;
  return {constrained_, plain.shrinkage, constrained_samples_};
}

}  // namespace proteus::risk
