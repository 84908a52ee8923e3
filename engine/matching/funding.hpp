// When funding is due and what it costs. The venue's word (ticker) goes before the grid of funding
// intervals counted from the epoch; where no rate is known the holder is charged an assumed one.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/event.hpp"
#include "engine/core/instrument.hpp"

namespace proteus::matching {

/// One settlement to come.
struct FundingTime {
  Timestamp time = Timestamp::max();
  bool known = false;        ///< false: no rate was heard for it
  std::int64_t rate_e9 = 0;  ///< > 0: longs pay
  void archive(Archive& a) { a(time, known, rate_e9); }
};

/// Follows the funding times of one instrument. Spot (interval zero) is never due.
class FundingClock {
 public:
  /// The first time of the grid after `from`. Forgets what a ticker said.
  void start(Duration interval, Timestamp from);
  [[nodiscard]] bool started() const { return started_; }

  /// What the ticker said at `at`. A next time beyond the newest one awaited replaces it if that
  /// one has not come yet by `at`; if it has (its bar is still on the way) it stays, with the rate
  /// last heard for it, and the new one queues behind it.
  void learn(const TickerUpdated& ticker, Timestamp at);
  /// The venue changed the interval: an awaited time that came from the grid is counted anew. Zero:
  /// nothing is due any more.
  void set_interval(Duration interval);

  [[nodiscard]] const FundingTime& due() const { return due_; }
  /// The settlement awaited happened, or nobody held anything: on to the next one.
  void settle();
  /// Drops all times up to and including `t`: nobody held anything then.
  void skip_to(Timestamp t);
  void archive(Archive& a) { a(interval_, last_, due_, following_, started_); }

 private:
  [[nodiscard]] Timestamp grid_after(Timestamp t) const;
  /// What comes next: the time that the ticker named, or `next` where it named none or one that
  /// lies an interval or more beyond.
  void await(Timestamp next);
  FundingTime* slot_for(Timestamp time, Timestamp at);

  Duration interval_{0};
  Timestamp last_{};  // start, or the last settlement
  FundingTime due_;
  // What the ticker already said about times after due_, in order: bars may be long, or late.
  std::vector<FundingTime> following_;
  static constexpr std::size_t kFollowingMax = 1024;  // a month of hourly times; more are assumed
  bool started_ = false;
};

/// What a position pays at `due`: value = mark x position to the nearest unit, amount = value x
/// rate rounded up (against us whichever way it flows). Unknown rate: `assumed_e9` per 8 h times
/// the interval, rounded up, with the sign that makes the holder pay.
FundingSettled settlement(const FundingTime& due, InstrumentId instrument, Quantity position,
                          Price mark, Duration interval, std::int64_t assumed_e9);

}  // namespace proteus::matching
