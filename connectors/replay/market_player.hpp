// A market source (kline files, or the generator) played straight into the engine's door: what a
// paper session hears of it, without the wire. Closed bars of the decision interval in the order of
// their closes, instruments in their order, each received at its close; and the venue's word on
// funding: a ticker that knows no price names the next funding time and its rate, at the start and
// as soon as one has passed.
//
// Only what the source holds is played: a hole stays a hole, a larger bar is made of the base bars
// that exist, exactly as the simulated exchange makes it. One thread; no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "connectors/sim/market_source.hpp"
#include "engine/ports/event_sink.hpp"

namespace proteus::replay {

struct PlaySpan {
  /// First bar to be decided on opens here or later; the epoch: as early as the warm-up allows.
  Timestamp from{};
  /// Bars that close after this are not played; the epoch: to the end of the source.
  Timestamp until{};
  /// Bars of the decision interval before `from` that only fill windows, as far as there are any.
  std::int64_t warm_up_bars = 0;
  /// The engine's: where a close lacks a bar, the others wait this long for it and no longer.
  Duration barrier{0};
};

class MarketPlayer {
 public:
  /// `source` and `sink` must outlive the player. Errors: those of `check`.
  static Result<MarketPlayer> create(sim::MarketSource& source, Interval decision,
                                     const PlaySpan& span, EventSink& sink);

  /// Refused: the base interval does not make up whole bars of `decision`, or the span holds no
  /// bar.
  static Result<void> check(const sim::MarketSource& source, Interval decision,
                            const PlaySpan& span);

  /// Plays the bars of the next close. False: everything was played.
  bool step();
  /// Close of the bars that come next.
  [[nodiscard]] Timestamp next_close() const { return next_open(open_, decision_); }
  /// Bars that open earlier only fill windows.
  [[nodiscard]] Timestamp from() const { return from_; }
  [[nodiscard]] Timestamp until() const { return until_; }

 private:
  /// The times between which it is played.
  struct Range {
    Timestamp open;   ///< of the first bar
    Timestamp from;   ///< bars that open earlier are warm-up
    Timestamp until;  ///< last close
  };
  static Result<Range> range(const sim::MarketSource& source, Interval decision,
                             const PlaySpan& span);
  MarketPlayer(sim::MarketSource& source, Interval decision, EventSink& sink, const Range& range,
               Duration barrier);
  [[nodiscard]] std::optional<Bar> bar_at(InstrumentId id) const;
  void tell_funding(Timestamp now);
  void tell(InstrumentId id, Timestamp now);

  sim::MarketSource* source_;
  EventSink* sink_;
  Interval decision_;
  Timestamp open_;  ///< of the bars that come next
  Timestamp from_;
  Timestamp until_;
  Duration barrier_;
  std::vector<Timestamp> next_funding_;  ///< as told last; the end of time for spot
  bool started_ = false;
};

}  // namespace proteus::replay
