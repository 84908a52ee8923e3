#include "connectors/bybit/ticker_merger.hpp"

#include <fmt/format.h>

namespace proteus::bybit {
namespace {

/// A rate beyond 100 % a period is no rate.
constexpr std::int64_t kFundingRateMax = kFixedScale;

const char* absurd_value(const TickerValues& values) {
  const auto not_positive = [](const std::optional<Price>& price) {
    return price && *price <= Price{};
  };
  if (not_positive(values.last)) return "lastPrice is not positive";
  if (not_positive(values.mark)) return "markPrice is not positive";
  if (not_positive(values.index)) return "indexPrice is not positive";
  const auto& rate = values.funding_rate_e9;
  if (rate && (*rate > kFundingRateMax || *rate < -kFundingRateMax))
    return "fundingRate is beyond 100 %";
  return nullptr;
}

bool same(const TickerUpdated& a, const TickerUpdated& b) {
  return a.last == b.last && a.mark == b.mark && a.index == b.index &&
         a.funding_known == b.funding_known && a.funding_rate_e9 == b.funding_rate_e9 &&
         a.next_funding == b.next_funding;
}

}  // namespace

TickerUpdated TickerMerger::merged(const TickerFrame& frame) const {
  const TickerValues& values = frame.values;
  TickerUpdated next = state_;
  if (frame.snapshot) {
    next = TickerUpdated{};
    next.instrument = state_.instrument;
  }
  if (values.last) next.last = *values.last;
  if (values.mark) next.mark = *values.mark;
  if (values.index) next.index = *values.index;
  if (category_ == Category::Spot) {
    next.mark = next.last;  // Spot has no mark price.
    return next;
  }
  if (values.funding_rate_e9) {
    next.funding_rate_e9 = *values.funding_rate_e9;
    next.funding_known = true;
  }
  if (values.next_funding) next.next_funding = *values.next_funding;
  return next;
}

std::optional<TickerUpdated> TickerMerger::on_ticker(const TickerFrame& frame, FeedOutput& out) {
  if (!frame.snapshot && !has_snapshot_) {
    out.anomaly(AnomalyKind::TickerBeforeSnapshot, state_.instrument,
                fmt::format("{}: a ticker delta before its snapshot, dropped", name_));
    return std::nullopt;
  }
  if (const char* const reason = absurd_value(frame.values)) {
    out.anomaly(AnomalyKind::AbsurdTicker, state_.instrument,
                fmt::format("{}: {}, frame dropped", name_, reason));
    return std::nullopt;
  }
  const TickerUpdated next = merged(frame);
  has_snapshot_ = true;
  if (told_ && same(next, state_)) return std::nullopt;
  told_ = true;
  state_ = next;
  return state_;
}

}  // namespace proteus::bybit
