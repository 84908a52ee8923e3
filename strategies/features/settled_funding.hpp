// The funding that a policy's features show: the last rate that was settled by the bar's close. A
// history of settlements says it, and so do tickers, whose word for a time is settled when that
// time has passed. So a policy sees live what it saw in training, where nobody kept what tickers
// announced.
#pragma once

#include <array>
#include <cstdint>

#include "engine/core/archive.hpp"
#include "engine/core/event.hpp"
#include "strategies/features/feature_set.hpp"

namespace proteus::features {

class SettledFunding {
 public:
  /// From a history, ascending.
  void settled(Timestamp time, std::int64_t rate_e9) {
    if (time <= past_[0].time) return;
    past_[1] = past_[0];
    past_[0] = {time, rate_e9};
  }
  /// From a ticker. Without a rate or a time it says nothing.
  void announced(const TickerUpdated& ticker) {
    if (!ticker.funding_known || ticker.next_funding == Timestamp{}) return;
    if (next_.time != Timestamp{} && ticker.next_funding > next_.time)
      settled(next_.time, next_.rate_e9);
    next_ = {ticker.next_funding, ticker.funding_rate_e9};
  }
  /// What a bar that closes at `close` shows. A ticker may be a settlement ahead of a bar that is
  /// still on its way, no more.
  [[nodiscard]] FundingView at(Timestamp close) {
    if (next_.time != Timestamp{} && next_.time <= close) {
      settled(next_.time, next_.rate_e9);
      next_ = {};
    }
    for (const Rate& rate : past_)
      if (rate.time != Timestamp{} && rate.time <= close)
        return {.known = true, .rate_e9 = rate.rate_e9};
    return {};
  }
  void reset() { *this = {}; }
  void archive(Archive& a) { a(past_, next_); }

 private:
  struct Rate {
    Timestamp time{};  ///< epoch: none
    std::int64_t rate_e9 = 0;
    void archive(Archive& a) { a(time, rate_e9); }
  };
  std::array<Rate, 2> past_{};  ///< the last one first
  Rate next_;
};

}  // namespace proteus::features
