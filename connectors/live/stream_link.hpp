// The life of one private websocket: connect, sign in, subscribe (the private stream), stay awake,
// be lost, wait, connect again. Deadlines are real time.
#pragma once

#include <optional>
#include <string>

#include "connectors/bybit/backoff.hpp"
#include "connectors/live/gateway_parts.hpp"

namespace proteus::live {

class StreamLink {
 public:
  enum class State : std::uint8_t { Closed, Opening, SigningIn, Subscribing, Live };
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void link_live(Channel channel, SteadyTime now) = 0;
    virtual void link_lost(Channel channel, const std::string& cause, SteadyTime now) = 0;
  };

  StreamLink(Channel channel, WireParts& parts, Listener& listener);

  void open(SteadyTime now);
  void stop();
  void on_open(SteadyTime now);
  void on_closed(const std::string& cause, SteadyTime now);
  void on_timer(SteadyTime now);
  /// Any frame came.
  void heard(SteadyTime now) { last_frame_ = now; }
  void pong() { ping_sent_.reset(); }
  void signed_in(bool success, const std::string& words, SteadyTime now);
  void subscribed(bool success, const std::string& words, SteadyTime now);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool live() const { return state_ == State::Live; }
  /// Why the venue does not let us in; empty: it did, or was not asked.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  void drop(const std::string& cause, SteadyTime now);

 private:
  void sign_in(SteadyTime now);
  void become_live(SteadyTime now);

  Channel channel_;
  WireParts& parts_;
  Listener& listener_;
  bybit::Backoff backoff_;
  State state_ = State::Closed;
  SteadyTime state_since_{};
  SteadyTime opened_{};
  SteadyTime last_frame_{};
  SteadyTime last_ping_{};
  std::optional<SteadyTime> ping_sent_;
  std::optional<SteadyTime> reopen_at_;
  int attempt_ = 0;
  std::uint64_t requests_ = 0;
  std::string refusal_;
};

}  // namespace proteus::live
