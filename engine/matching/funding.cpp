#include "engine/matching/funding.hpp"

#include <algorithm>

namespace proteus::matching {

Timestamp FundingClock::grid_after(Timestamp t) const {
  if (interval_ <= Duration{0}) return Timestamp::max();
  const Duration since = t.time_since_epoch();
  return Timestamp{(since / interval_ + 1) * interval_};
}

void FundingClock::start(Duration interval, Timestamp from) {
  interval_ = interval;
  last_ = from;
  due_ = {.time = grid_after(from)};
  following_ = {};
  started_ = true;
}

void FundingClock::learn(const TickerUpdated& ticker, Timestamp at) {
  const bool has_time = ticker.next_funding != Timestamp{};
  if (interval_ <= Duration{0} || (!has_time && !ticker.funding_known)) return;
  if (!has_time && at >= due_.time) return;  // Cannot be told whether it speaks of the next one.
  const Timestamp time = has_time ? ticker.next_funding : due_.time;
  if (time <= last_) return;  // Already settled: an old frame.
  FundingTime& slot = time > due_.time && at >= due_.time ? following_ : due_;
  if (slot.time != time) slot = {.time = time};
  if (!ticker.funding_known) return;
  slot.known = true;
  slot.rate_e9 = ticker.funding_rate_e9;
}

void FundingClock::set_interval(Duration interval) {
  if (interval == interval_) return;
  interval_ = interval;
  if (!due_.known) due_.time = grid_after(last_);
  following_ = {};
}

void FundingClock::settle() {
  last_ = due_.time;
  const bool heard = following_.time != Timestamp::max() && following_.time > last_;
  due_ = heard ? following_ : FundingTime{.time = last_ + interval_};
  following_ = {};
}

void FundingClock::skip_to(Timestamp t) {
  if (due_.time > t) return;
  last_ = t;
  const bool heard = following_.time != Timestamp::max() && following_.time > t;
  // Whole intervals from the awaited time, which the venue may have put off the grid.
  const Timestamp next = due_.time + ((t - due_.time) / interval_ + 1) * interval_;
  due_ = heard ? following_ : FundingTime{.time = next};
  following_ = {};
}

FundingSettled settlement(const FundingTime& due, InstrumentId instrument, Quantity position,
                          Price mark, Duration interval, std::int64_t assumed_e9) {
  std::int64_t rate = due.rate_e9;
  if (!due.known) {
    constexpr std::int64_t kEightHours = Duration{std::chrono::hours{8}}.count();
    const Int128 cost = divide(Int128{assumed_e9} * interval.count(), kEightHours, Rounding::Up);
    rate = static_cast<std::int64_t>(position < Quantity{} ? -cost : cost);
  }
  const Money value = notional(mark, position);
  return {.instrument = instrument,
          .time = due.time,
          .position = position,
          .mark = mark,
          .rate_e9 = rate,
          .amount = share(value, rate, Rounding::Up),
          .rate_assumed = !due.known};
}

}  // namespace proteus::matching
