#include "connectors/bybit/past_funding.hpp"

#include <algorithm>

namespace proteus::bybit {

std::optional<std::pair<TickerUpdated, Timestamp>> PastFunding::next(const Bar& bar, Timestamp t) {
  if (bar.interval != interval_ || bar.instrument.index >= histories_.size()) return std::nullopt;
  History& history = histories_[bar.instrument.index];
  const std::vector<FundingRow>& rows = history.rows;
  if (!history.begun) {
    history.begun = true;
    const auto behind = std::ranges::upper_bound(rows, bar.open_time, {}, &FundingRow::time);
    history.told = behind == rows.begin() ? 0 : static_cast<std::size_t>(behind - rows.begin() - 1);
  }
  if (history.told == rows.size()) return std::nullopt;
  const FundingRow& row = rows[history.told];
  // Nobody knows how long before its time the first one was out: from the bar's beginning, at most.
  const Timestamp out = history.told > 0 ? rows[history.told - 1].time
                                         : std::min(bar.open_time, row.time - Duration{1});
  if (out > t) return std::nullopt;
  ++history.told;
  TickerUpdated ticker;
  ticker.instrument = bar.instrument;
  ticker.funding_known = true;
  ticker.funding_rate_e9 = row.rate_e9;
  ticker.next_funding = row.time;
  return std::pair{ticker, out};
}

}  // namespace proteus::bybit
