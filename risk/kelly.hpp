// How much a strategy has earned the right to stake: Kelly's fraction from its own record, kept in
// a shadow ledger that holds one unit of what the strategy says, for one instrument.
#pragma once

#include <cstdint>

#include "risk/kelly_estimate.hpp"
#include "risk/moments.hpp"
#include "risk/return_sample.hpp"
#include "risk/round_trips.hpp"
#include "risk/settings.hpp"

namespace proteus::risk {

/// The continuous form: mean / variance (Merton 1969, Thorp 2006), shrunk for the error of a mean
/// from `periods` samples by SR^2 / (SR^2 + 1 / periods), SR = mean / deviation; by 0 where nothing
/// is earned. All 0 where nothing can be said (variance 0, no samples).
KellyEstimate continuous_kelly(double mean, double variance, double periods);

/// What of the settings the record depends on.
struct KellyRule {
  KellyForm form = KellyForm::Continuous;
  double decay = 1.0;       ///< of a sample by bar
  double confidence = 1.0;  ///< discrete
  std::int64_t bars_min = 100;
  std::int64_t trips_min = 20;  ///< discrete
  double lambda = 6.0;          ///< drawdown: log(chance) / log(1 - drawdown)

  static KellyRule of(const SizingSettings& settings);
};

/// A paper position of -1, 0 or 1 units that pays for each change. It earns on a bar with what was
/// held when the bar began, so a decision at a close never rests on what comes after it. A change
/// is charged on the bar that the new position earns on first.
class ShadowLedger {
 public:
  /// cost: of changing the position by one unit, as a fraction.
  ShadowLedger(double cost, const KellyRule& rule);

  /// A bar closed at `close` > 0. The first close earns nothing.
  void on_close(double close);
  /// What is held from this close on: -1, 0 or 1.
  void hold(int exposure) { held_ = exposure; }

  /// Bars that earned while something was held. Idle bars are samples, but no experience.
  [[nodiscard]] std::int64_t bars_held() const { return bars_held_; }
  [[nodiscard]] const DecayedMoments& returns() const { return returns_; }
  [[nodiscard]] const RoundTrips& trips() const { return trips_; }
  /// Enough was lived through for the estimate to count.
  [[nodiscard]] bool seasoned() const;
  /// What the rule's form says now. The drawdown form is solved anew each 128th bar.
  [[nodiscard]] KellyEstimate estimate() const;

  void archive(Archive& a) {
    a(returns_, trips_, bars_, constrained_, constrained_samples_, close_, held_, held_before_,
      bars_held_);
    if (rule_.form == KellyForm::Drawdown) a(sample_);
  }

 private:
  /// change: the price's return.
  void learn(double change);

  KellyRule rule_;
  double cost_;
  DecayedMoments returns_;
  RoundTrips trips_;     ///< moves in the discrete form only
  ReturnSample sample_;  ///< moves in the drawdown form only
  std::int64_t bars_ = 0;
  double constrained_ = 0.0;          ///< the drawdown form as it was solved last
  double constrained_samples_ = 0.0;  ///< from so many returns
  double close_ = 0.0;                ///< 0: none seen
  int held_ = 0;
  int held_before_ = 0;
  std::int64_t bars_held_ = 0;
};

}  // namespace proteus::risk
