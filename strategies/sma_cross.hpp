// The moving-average cross: long while the mean of the last `fast` closes lies above the mean of
// the last `slow` ones, short (spot: flat) while it lies below.
//
// Means are compared as integers, fast_sum x slow against slow_sum x fast, so that "above" and
// "equal" are exact and no rounding of a sum can ever turn a position.
#pragma once

#include <array>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/ports/strategy.hpp"
#include "strategies/observation.hpp"

namespace proteus::strategies {

class SmaCross final : public Strategy {
 public:
  static constexpr std::array<std::string_view, 3> kOwnNames = {"fast_mean", "slow_mean",
                                                                "fast_to_slow"};

  /// 1 <= fast < slow <= 10000 (asserted; make_strategy refuses politely). Own observation: the
  /// fast mean and the slow mean (quote currency) and their ratio fast / slow; zeros while the slow
  /// window fills.
  SmaCross(std::size_t fast, std::size_t slow, Category category,
           std::unique_ptr<features::FeatureSet> features);

  [[nodiscard]] std::string_view name() const override { return "sma_cross"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return slow_; }
  /// No target in the `slow - 1` bars after a start, and none where the means are equal: then what
  /// is held is kept.
  Opinion on_bar(const Bar& bar, const PositionView& position, Money equity) override;
  void on_ticker(const TickerUpdated& ticker) override { observation_.on_ticker(ticker); }
  void reset() override;
  void archive(Archive& a) override {
    a(observation_, closes_, slot_, seen_, fast_sum_, slow_sum_);
  }

 private:
  void push(std::int64_t close);

  std::size_t fast_;
  std::size_t slow_;
  double weight_below_;
  Observation observation_;
  std::vector<std::int64_t> closes_;  // a ring of `slow`, in units of 1e-9; zeros while it fills
  std::size_t slot_ = 0;              // where the next close goes
  std::size_t seen_ = 0;              // up to slow
  Int128 fast_sum_ = 0;
  Int128 slow_sum_ = 0;
};

}  // namespace proteus::strategies
