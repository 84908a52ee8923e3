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
  following_.clear();
  following_.reserve(8);  // Later only an outage needs more.
  started_ = true;
}

void FundingClock::learn(const TickerUpdated& ticker, Timestamp at) {
  const bool has_time = ticker.next_funding != Timestamp{};
  if (interval_ <= Duration{0} || (!has_time && !ticker.funding_known)) return;
  const FundingTime& newest = following_.empty() ? due_ : following_.back();
  if (!has_time && at >= newest.time) return;  // Cannot be told whether it speaks of the next one.
  FundingTime* const slot = slot_for(has_time ? ticker.next_funding : newest.time, at);
  if (slot == nullptr || !ticker.funding_known) return;
  slot->known = true;
  slot->rate_e9 = ticker.funding_rate_e9;
}

/// Where to write down what was said at `at` about the settlement at `time`; null: of no use.
FundingTime* FundingClock::slot_for(Timestamp time, Timestamp at) {
  FundingTime& newest = following_.empty() ? due_ : following_.back();
  if (time == newest.time) return &newest;
  if (at >= newest.time) {  // That one came; its bar is still on the way.
    if (time < newest.time || following_.size() == kFollowingMax) return nullptr;
    return &following_.emplace_back(FundingTime{.time = time});
  }
  const Timestamp before = following_.empty()       ? last_
                           : following_.size() == 1 ? due_.time
                                                    : following_[following_.size() - 2].time;
  if (time <= before) return nullptr;  // Settled, or about to be: an old frame.
  newest = {.time = time};
  return &newest;
}

void FundingClock::set_interval(Duration interval) {
  if (interval == interval_) return;
  interval_ = interval;
  following_.clear();
  if (interval_ <= Duration{0})
    due_ = {};
  else if (!due_.known)
    due_.time = grid_after(last_);
}

void FundingClock::await(Timestamp next) {
  while (!following_.empty() && following_.front().time <= last_)
    following_.erase(following_.begin());
  // A ticker that was away for long names a time beyond those that nobody told us of: they came all
  // the same.
  if (following_.empty() || following_.front().time - next >= interval_) {
    due_ = {.time = next};
    return;
  }
  due_ = following_.front();
  following_.erase(following_.begin());
}

void FundingClock::settle() {
  last_ = due_.time;
  await(last_ + interval_);
}

void FundingClock::skip_to(Timestamp t) {
  if (due_.time > t) return;
  last_ = t;
  // Whole intervals from the awaited time, which the venue may have put off the grid.
  await(due_.time + ((t - due_.time) / interval_ + 1) * interval_);
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
