// The trend features, and beside them where an instrument stands among all that are traded: its own
// way over the slow horizons less the market's common move. Full text: docs/reference/features.md.
//
//   relative_return_h  scaled_return_h less its mean over the symbols as of the close before,
//                      h = 168, 336, 720, 1440; clipped to [-10, 10]; 0 while fewer than two
//                      symbols have one
#pragma once

#include <array>
#include <memory>

#include "engine/core/instrument.hpp"
#include "strategies/features/market_board.hpp"
#include "strategies/features/trend.hpp"

namespace proteus::features {

class MarketFeatures final : public FeatureSet {
 public:
  static constexpr std::size_t kCount = TrendFeatures::kCount + MarketBoard::kColumns;
  /// One more: at its first row nobody has one of the close before.
  static constexpr std::size_t kWarmUpBars = TrendFeatures::kWarmUpBars + 1;

  /// `board`: that of the run; every set of it is made before the first bar comes.
  MarketFeatures(const Instrument& instrument, std::shared_ptr<MarketBoard> board);

  [[nodiscard]] const Schema& schema() const override { return schema_; }
  void update(const Bar& bar, const FundingView& funding) override;
  [[nodiscard]] std::span<const double> values() const override { return values_; }
  [[nodiscard]] bool ready() const override { return ready_; }
  void reset() override;
  void archive(Archive& a) override;

 private:
  Schema schema_;
  TrendFeatures own_;
  std::shared_ptr<MarketBoard> board_;
  std::size_t place_;
  bool posted_ = false;
  bool ready_ = false;
  std::array<double, kCount> values_{};
};

}  // namespace proteus::features
