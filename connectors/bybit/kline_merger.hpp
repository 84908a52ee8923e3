// One (instrument, interval): kline frames and REST rows become closed bars, each once and in
// order.
//
// `next_` is the opening time of the bar that is to be handed on next. A closed bar of the stream
// that comes later than that is held; what lies between `next_` and the end of what is known to be
// closed is a hole, which the owner fills through REST (`wanted`, `on_rows`). REST has the last
// word on a bar until that bar has been handed on.
//
// No I/O, no clock: venue time is handed in.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "connectors/bybit/codec.hpp"
#include "engine/core/bar.hpp"
#include "engine/core/event.hpp"

namespace proteus::bybit {

/// Candles that open in [from, until).
struct BarWindow {
  Timestamp from{};
  Timestamp until{};
};

/// Where the mergers put what they found.
class FeedOutput {
 public:
  virtual ~FeedOutput() = default;
  virtual void bar_closed(const Bar& bar, BarSource source) = 0;
  virtual void anomaly(AnomalyKind kind, std::optional<InstrumentId> instrument,
                       std::string detail) = 0;
};

class KlineMerger {
 public:
  static constexpr int kWindowBarsMax = 1'000;  ///< the venue's largest kline answer

  struct Limits {
    Duration close_deadline{};  ///< after a bar's end, for its close to arrive by the stream
    Duration future_slack{};    ///< how far a bar may be ahead of venue time
    Duration final_slack{};     ///< after a bar's end, for its REST row to be final
    int missing_tries = 4;      ///< REST answers without a bar until it counts as missing
  };

  /// name: "linear:BTCUSDT 1m", for anomalies.
  KlineMerger(InstrumentId instrument, Interval interval, std::string name, Limits limits)
      : instrument_(instrument), interval_(interval), name_(std::move(name)), limits_(limits) {}

  /// The last `bars` (> 0) bars that are closed at `now` come first, through REST.
  void begin_warm_up(int bars, Timestamp now);
  /// Goes on with the bar that opens at `next`: what has closed since is fetched through REST, as
  /// after a lost connection.
  void resume_at(Timestamp next, bool warming_up, Timestamp now);
  void on_kline(const Kline& kline, Timestamp now, FeedOutput& out);
  /// An answer to `window`: what rows came (ascending) at server time `server`.
  void on_rows(const BarWindow& window, const std::vector<Bar>& rows, Timestamp server,
               FeedOutput& out);
  /// Notices a close that did not come.
  void on_timer(Timestamp now);
  /// All bars that end at or before `now` are closed (after a reconnect).
  void closed_by(Timestamp now);

  /// What REST should be asked for, at most 1000 bars; nothing: no hole that can be filled yet.
  [[nodiscard]] std::optional<BarWindow> wanted(Timestamp now) const;
  /// Where the bar opens that is to be handed on next; nothing: not known yet.
  [[nodiscard]] std::optional<Timestamp> next() const { return next_; }
  [[nodiscard]] bool warming_up() const { return next_ && *next_ < warm_until_; }
  [[nodiscard]] InstrumentId instrument() const { return instrument_; }
  [[nodiscard]] Interval interval() const { return interval_; }

 private:
  struct Held {
    Bar bar;
    BarSource source = BarSource::Stream;
  };
  [[nodiscard]] bool set_aside(const Kline& kline, Timestamp now, FeedOutput& out);
  void on_old(const Bar& bar, bool from_rest, FeedOutput& out);
  void hold(const Bar& bar, FeedOutput& out);
  void on_row(const Bar& row, FeedOutput& out);
  void count_absent(const BarWindow& window, FeedOutput& out);
  void skip_missing(Timestamp final_until, FeedOutput& out);
  void drain(FeedOutput& out);
  void evidence(Timestamp closed_until) { closed_until_ = std::max(closed_until_, closed_until); }
  void note(AnomalyKind kind, std::string what, FeedOutput& out) const;

  InstrumentId instrument_;
  Interval interval_;
  std::string name_;
  Limits limits_;

  std::optional<Timestamp> next_;
  Timestamp closed_until_{};  ///< all bars that open before this are known to be closed
  Timestamp warm_until_{};    ///< bars before this are warm-up
  bool first_handed_on_ = false;
  std::map<Timestamp, Held> held_;   ///< closed bars at or after `next_`
  std::map<Timestamp, int> absent_;  ///< how often REST did not know a closed bar
  std::deque<Bar> recent_;           ///< the last bars handed on, to recognise repeats
};

}  // namespace proteus::bybit
