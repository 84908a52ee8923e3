#include "strategies/features/market.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::features {
namespace {

/// The last horizons of the trend features.
constexpr std::size_t kFirstHorizon = TrendFeatures::kHorizons.size() - MarketBoard::kColumns;

Schema market_schema(Schema schema) {
  schema.set = "market";
  schema.warm_up_bars = MarketFeatures::kWarmUpBars;
  for (std::size_t i = 0; i < MarketBoard::kColumns; ++i) {
    const std::size_t bars = TrendFeatures::kHorizons[kFirstHorizon + i];
    schema.features.push_back(
        {fmt::format("relative_return_{}", bars),
         fmt::format("scaled_return_{}-its mean over the symbols at the close before, clip 10, "
                     "0 if fewer than 2",
                     bars),
         true});
  }
  return schema;
}

}  // namespace

MarketFeatures::MarketFeatures(const Instrument& instrument, std::shared_ptr<MarketBoard> board)
    : own_(instrument.funding_interval),
      board_(std::move(board)),
      place_(board_->join(instrument.symbol.view())) {
  schema_ = market_schema(own_.schema());
}

void MarketFeatures::update(const Bar& bar, const FundingView& funding) {
  own_.update(bar, funding);
  if (!own_.ready()) return;
  MarketBoard::Row row;
  std::ranges::copy(own_.values().subspan(kFirstHorizon, row.size()), row.begin());
  board_->post(place_, bar.close_time, row);
  ready_ = posted_;
  posted_ = true;
  if (!ready_) return;
  const auto mean = board_->mean_before(bar.close_time, bar.close_time - bar.open_time);
  auto out = std::ranges::copy(own_.values(), values_.begin()).out;
  for (std::size_t i = 0; i < row.size(); ++i) *out++ = mean ? clipped(row[i] - (*mean)[i]) : 0.0;
}

void MarketFeatures::reset() {
  own_.reset();
  board_->clear(place_);
  posted_ = ready_ = false;
  values_ = {};
}

void MarketFeatures::archive(Archive& a) {
  own_.archive(a);
  a(posted_, ready_, values_);
  board_->archive(a, place_);
}

}  // namespace proteus::features
