// All series of the feed: gives each frame to its merger, asks REST for what a merger misses, and
// knows which streams have a hole open. At most one request of a series is out at a time. What is
// fetched at the start and after a lost connection is handed on in the order of time over all
// series.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "connectors/bybit/kline_merger.hpp"
#include "connectors/bybit/rest_queue.hpp"
#include "connectors/bybit/resume_point.hpp"
#include "connectors/bybit/settings.hpp"
#include "connectors/bybit/subscription_plan.hpp"
#include "connectors/bybit/time_order.hpp"

namespace proteus::bybit {

class Backfill {
 public:
  Backfill(const FeedSettings& settings, const InstrumentTable& instruments,
           const std::vector<Interval>& intervals, const std::vector<StreamPlan>& plans,
           RestQueue& queue, FeedOutput& out);

  // venue: venue time now; now: real time.
  /// Series named in `resume` go on where it says; the others begin with `bars` of warm-up.
  void start(int bars, const std::vector<ResumePoint>& resume, Timestamp venue, SteadyTime now);
  void on_kline(const Kline& kline, Timestamp venue, SteadyTime now);
  void on_answer(RestAnswer answer, Timestamp venue, SteadyTime now);
  void on_timer(Timestamp venue, SteadyTime now);
  /// The stream is connected (again): what closed by `venue` has to be there.
  void on_connected(StreamId stream, Timestamp venue, SteadyTime now);
  /// The venue will not give this topic: nothing is asked for it until the next connection.
  void refuse(InstrumentId instrument, Interval interval);

  /// A series of this stream has a hole that REST is to fill.
  [[nodiscard]] bool has_hole(StreamId stream) const {
    return holes_[stream] > 0 || out_.waiting();
  }
  [[nodiscard]] bool any_hole() const;
  [[nodiscard]] bool warming_up() const { return out_.waiting() || any_warming_up(); }
  /// Bars of its warm-up are still to be handed on.
  [[nodiscard]] bool warming_up(InstrumentId instrument) const;

 private:
  struct Series {
    KlineMerger merger;
    StreamId stream = 0;
    InlineText<32> symbol;
    Category category = Category::Linear;
    bool asked = false;
    bool hole = false;
    bool refused = false;
    SteadyTime not_before{};
    Timestamp due{};       ///< it has caught up when it has come so far
    bool excused = false;  ///< until then it is not waited for any more

    [[nodiscard]] bool behind() const { return merger.next() && *merger.next() < due; }
  };
  static constexpr std::size_t kIntervals = 13;
  static constexpr std::uint32_t kNone = UINT32_MAX;

  Series* find(InstrumentId instrument, Interval interval);
  void pump(std::size_t index, Timestamp venue, SteadyTime now);
  void catch_up(Series& series, Timestamp venue, SteadyTime now);
  [[nodiscard]] Series* last_behind();
  [[nodiscard]] bool any_warming_up() const;
  void hand_on(Timestamp venue, SteadyTime now);

  const FeedSettings& settings_;
  RestQueue& queue_;
  TimeOrder out_;
  Timestamp reached_{};      ///< so far the last of those that catch up has come
  SteadyTime reached_at_{};  ///< since when it stands there
  std::vector<Series> series_;
  std::vector<std::array<std::uint32_t, kIntervals>> by_instrument_;  ///< index into series_
  std::vector<int> holes_;                                            ///< by stream
};

}  // namespace proteus::bybit
