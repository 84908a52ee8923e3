// What a strategy shows of its reasons: its own numbers first, then a feature set, in one row that
// goes into the decision record. The features here are recorded; the plain strategies do not act
// on them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/core/event.hpp"
#include "strategies/features/feature_set.hpp"

namespace proteus::strategies {

class Observation {
 public:
  Observation(std::size_t own_count, std::unique_ptr<features::FeatureSet> features);

  /// Puts the bar into the features and makes the row. `own` has `own_count` values; the
  /// result is valid until the next call. Does not allocate.
  std::span<const double> record(const Bar& bar, std::span<const double> own);
  void on_ticker(const TickerUpdated& ticker);
  /// Forgets bars and the ticker: after a hole the old funding rate is not to be trusted either.
  void reset();
  void archive(Archive& a) { a(features_, funding_, row_); }

 private:
  std::unique_ptr<features::FeatureSet> features_;
  features::FundingView funding_;
  std::vector<double> row_;
};

}  // namespace proteus::strategies
