// The life of one public stream: connect, subscribe, stay awake (ping, pong, silence), be lost,
// wait, connect again. Deadlines are real time.
#pragma once

#include <optional>
#include <string>

#include "connectors/bybit/backoff.hpp"
#include "connectors/bybit/feed_io.hpp"
#include "connectors/bybit/settings.hpp"
#include "connectors/bybit/subscription_plan.hpp"
#include "engine/core/event.hpp"

namespace proteus::bybit {

/// What the owner of connections is told.
class ConnectionListener {
 public:
  virtual ~ConnectionListener() = default;
  virtual void stream_changed(StreamId stream, FeedState state, std::string cause) = 0;
  virtual void topic_refused(StreamId stream, const std::string& topic, std::string reason) = 0;
  virtual void pong_missing(StreamId stream) = 0;
};

class Connection {
 public:
  enum class State : std::uint8_t {
    Closed,       ///< waiting to be opened, or stopped
    Opening,      ///< asked for
    Open,         ///< connected, nothing subscribed yet
    Subscribing,  ///< some acknowledgement is still out
    Live
  };

  Connection(StreamId id, StreamPlan plan, const FeedSettings& settings, FeedIo& io,
             ConnectionListener& listener, std::uint64_t seed);

  void open(SteadyTime now);
  void stop();
  void on_open(SteadyTime now);
  void subscribe(SteadyTime now);
  /// A new snapshot of one topic.
  void renew(const std::string& topic, SteadyTime now);
  void on_frame(SteadyTime now) { last_frame_ = now; }
  void on_ack(const Ack& ack, SteadyTime now);
  void on_pong() { ping_sent_.reset(); }
  void on_closed(const std::string& cause, SteadyTime now);
  /// Closes and comes back after the back-off.
  void drop(const std::string& cause, SteadyTime now);
  /// `paused`: the stream is not read on purpose, so silence means nothing.
  void on_timer(SteadyTime now, bool paused);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool connected() const { return state_ > State::Opening; }
  /// Counts connections; tells an answer to an earlier one apart.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] const StreamPlan& plan() const { return plan_; }

 private:
  void apply(Subscriptions::Step step, SteadyTime now);
  void watch_liveness(SteadyTime now);
  bool ping(SteadyTime now);

  StreamId id_;
  StreamPlan plan_;
  const FeedSettings& settings_;
  FeedIo& io_;
  ConnectionListener& listener_;
  Backoff backoff_;
  Subscriptions subscriptions_;
  State state_ = State::Closed;
  std::uint64_t generation_ = 0;
  int attempt_ = 0;
  std::optional<SteadyTime> reopen_at_;
  SteadyTime state_since_{};
  SteadyTime opened_{};
  SteadyTime last_frame_{};
  SteadyTime last_ping_{};
  std::optional<SteadyTime> ping_sent_;  ///< an unanswered ping
  std::uint64_t pings_ = 0;
};

}  // namespace proteus::bybit
