// The public market-data feed of Bybit v5, without I/O: it is told what happened (a connection, a
// frame, an answer, time) and says what to send; what the engine should know goes to an EventSink.
//
//   stream frames -> Codec -> KlineMerger / TickerMerger / BookBuilder -> events
//   holes         -> RestQueue -> kline rows --^
//
// Invariants: each closed bar of an (instrument, interval) reaches the sink once and in order; the
// `received` time of its events never goes back; the same calls give the same events and sends.
// Thread: the loop's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/bybit/feed_io.hpp"
#include "connectors/bybit/past_funding.hpp"
#include "connectors/bybit/resume_point.hpp"
#include "connectors/bybit/settings.hpp"
#include "connectors/bybit/venue_clock.hpp"
#include "engine/core/instrument.hpp"
#include "engine/ports/event_sink.hpp"

namespace proteus::bybit {

/// Running totals, for a status display.
struct FeedCounters {
  std::uint64_t frames = 0;
  std::uint64_t bars = 0;        ///< handed on, warm-up included
  std::uint64_t backfilled = 0;  ///< of them by REST because the stream lacked them; warm-up apart
  std::uint64_t anomalies = 0;   ///< of all kinds
  std::uint64_t reconnects = 0;
  std::uint64_t rest_requests = 0;
};

/// One subscribed topic, for a status display.
struct TopicStatus {
  std::string topic;                        ///< "kline.1.BTCUSDT"
  std::string stream;                       ///< "public:linear#0"
  FeedState state = FeedState::Connecting;  ///< of its connection
  std::optional<Duration> age;              ///< venue time since its last frame; nothing: none yet
  std::uint64_t connections = 0;            ///< how often its stream was opened
};

class PublicFeed {
 public:
  /// All references must outlive the feed. `instruments` is read once, here. `seed` draws back-off
  /// jitter. Errors: OutOfRange or Malformed, naming the setting.
  static Result<std::unique_ptr<PublicFeed>> create(const FeedSettings& settings,
                                                    const InstrumentTable& instruments, FeedIo& io,
                                                    VenueClock& clock, EventSink& sink,
                                                    std::uint64_t seed);
  ~PublicFeed();
  PublicFeed(const PublicFeed&) = delete;
  PublicFeed& operator=(const PublicFeed&) = delete;

  /// Begins: warm-up and, with repair = concurrent, the connections (with pause they follow the
  /// warm-up). The clock must be anchored (Bootstrap does that). funding: told between the bars of
  /// the warm-up.
  void start(SteadyTime now, PastFunding funding = {});
  /// The same after a restart: series named here go on with that bar and have no warm-up.
  void resume(const std::vector<ResumePoint>& points, SteadyTime now);
  /// Closes all streams; nothing is emitted any more.
  void stop();

  void on_open(StreamId stream, SteadyTime now);
  /// `received`: venue time at which the bytes arrived (VenueClock::at(now) live, the recording's
  /// in a replay).
  void on_frame(StreamId stream, std::string_view bytes, Timestamp received, SteadyTime now);
  void on_closed(StreamId stream, const Error& cause, SteadyTime now);
  void on_response(RequestId request, Result<HttpResponse> response, SteadyTime now);
  /// Somebody else of this process was answered HTTP 403: the address is barred, and so no REST
  /// leaves for settings.ban_pause.
  void bar_http(const std::string& reason, SteadyTime now);
  /// Deadlines, retries, ticks. Call every 20 to 100 ms.
  void on_timer(SteadyTime now);

  /// All topics acknowledged on every stream and every warm-up joined with it.
  [[nodiscard]] bool live() const;
  [[nodiscard]] std::size_t streams() const;
  [[nodiscard]] FeedCounters counters() const;
  /// Every topic, stream by stream, in the order of subscription.
  [[nodiscard]] std::vector<TopicStatus> topics(SteadyTime now) const;

 private:
  class Impl;
  explicit PublicFeed(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::bybit
