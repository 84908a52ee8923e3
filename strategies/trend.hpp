// The plain trend rule: how far the close has come over four horizons, each in units of what a walk
// without drift would have come, averaged and cut. The sizer scales what comes out by volatility
// (Moskowitz, Ooi, Pedersen 2012; the cut as in Baz et al. 2015).
#pragma once

#include <array>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/ports/strategy.hpp"
#include "strategies/observation.hpp"

namespace proteus::strategies {

class Trend final : public Strategy {
 public:
  static constexpr std::size_t kHorizons = 4;
  static constexpr std::array<std::string_view, kHorizons + 1> kOwnNames = {
      "trend_1", "trend_2", "trend_4", "trend_8", "trend_mean"};

  /// Horizons of `bars`, 2, 4 and 8 times `bars` closes; 1 <= bars <= 1000 (asserted). Own
  /// observation: z = log(C / C_h) / (sigma sqrt(h)) of each, cut to [-1, 1], and their mean, which
  /// is the weight (spot: 0 where it is below). sigma^2 is the mean of squared log returns over the
  /// longest horizon.
  Trend(std::size_t bars, Category category, std::unique_ptr<features::FeatureSet> features);

  [[nodiscard]] std::string_view name() const override { return "trend"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return closes_.size(); }
  Opinion on_bar(const Bar& bar, const PositionView& position, Money equity) override;
  void on_ticker(const TickerUpdated& ticker) override { observation_.on_ticker(ticker); }
  void reset() override;
  void archive(Archive& a) override { a(observation_, closes_, slot_, seen_); }

 private:
  /// Logarithm of the close `back` bars ago.
  [[nodiscard]] double log_close(std::size_t back) const;

  std::size_t bars_;
  bool shorts_;
  Observation observation_;
  std::vector<double> closes_;  // logarithms, a ring of 8 x bars + 1
  std::size_t slot_ = 0;        // where the next one goes
  std::size_t seen_ = 0;
};

}  // namespace proteus::strategies
