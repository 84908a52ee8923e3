// Stands before the engine in a replay of a feed: says of bars before the span that they only fill
// windows, keeps those behind it away, and knows whether the bars of the last close are all there.
#pragma once

#include <optional>

#include "engine/core/bar.hpp"
#include "engine/ports/event_sink.hpp"

namespace proteus::replay {

class SpanSink final : public EventSink {
 public:
  struct Span {
    Interval interval = Interval::M1;  ///< of the bars that are decided on
    std::size_t instruments = 0;
    std::optional<Timestamp> from;   ///< bars that open earlier are warm-up
    std::optional<Timestamp> until;  ///< bars that close later are not played
  };
  SpanSink(EventSink& engine, const Span& span) : engine_(engine), span_(span) {}

  void on_input(EventBody body, Timestamp happened, Timestamp received) override {
    if (auto* closed = std::get_if<BarClosed>(&body); closed != nullptr && !see(*closed)) return;
    if (!over_) engine_.on_input(std::move(body), happened, received);
  }

  /// A bar behind the span has come.
  [[nodiscard]] bool over() const { return over_; }
  /// Some instrument lacks its bar of the last close.
  [[nodiscard]] bool incomplete() const { return seen_ > 0 && seen_ < span_.instruments; }
  [[nodiscard]] Timestamp last_close() const { return close_; }

 private:
  bool see(BarClosed& closed) {
    const Bar& bar = closed.bar;
    if (span_.until && bar.close_time > *span_.until) {
      over_ = over_ || bar.interval == span_.interval;
      return false;
    }
    if (span_.from && bar.open_time < *span_.from) closed.source = BarSource::Warmup;
    if (bar.interval != span_.interval || closed.source == BarSource::Warmup) return true;
    if (bar.close_time > close_) seen_ = 0;
    close_ = std::max(close_, bar.close_time);
    if (bar.close_time == close_) ++seen_;
    return true;
  }

  EventSink& engine_;
  Span span_;
  Timestamp close_{};
  std::size_t seen_ = 0;
  bool over_ = false;
};

}  // namespace proteus::replay
