#include "connectors/bybit/connection.hpp"

#include <fmt/format.h>

#include "connectors/bybit/topics.hpp"

namespace proteus::bybit {

Connection::Connection(StreamId id, StreamPlan plan, const FeedSettings& settings, FeedIo& io,
                       ConnectionListener& listener, std::uint64_t seed)
    : id_(id),
      plan_(std::move(plan)),
      settings_(settings),
      io_(io),
      listener_(listener),
      backoff_(settings.backoff_min, settings.backoff_max, seed),
      subscriptions_(id, settings.ack_deadline) {}

void Connection::open(SteadyTime now) {
  reopen_at_.reset();
  state_ = State::Opening;
  state_since_ = now;
  listener_.stream_changed(id_, FeedState::Connecting, attempt_ == 0 ? "" : "trying again");
  io_.open(id_, plan_.path);
}

void Connection::stop() {
  if (state_ != State::Closed) io_.close(id_);
  state_ = State::Closed;
  reopen_at_.reset();
}

void Connection::on_open(SteadyTime now) {
  if (state_ != State::Opening) return;
  state_ = State::Open;
  ++generation_;
  opened_ = last_frame_ = last_ping_ = now;
  ping_sent_.reset();
  subscriptions_.reset();
}

void Connection::subscribe(SteadyTime now) {
  if (state_ != State::Open) return;
  state_ = State::Subscribing;
  apply(subscriptions_.subscribe(plan_.topics, now), now);
}

void Connection::renew(const std::string& topic, SteadyTime now) {
  if (state_ < State::Subscribing) return;
  apply(subscriptions_.renew(topic, now), now);
}

void Connection::on_ack(const Ack& ack, SteadyTime now) {
  if (state_ < State::Subscribing) return;
  apply(subscriptions_.on_ack(ack, now), now);
}

void Connection::apply(Subscriptions::Step step, SteadyTime now) {
  for (std::string& text : step.send) io_.send(id_, std::move(text));
  for (const Subscriptions::Refusal& refusal : step.refused)
    listener_.topic_refused(id_, refusal.topic, refusal.reason);
  if (step.unanswered) return drop("subscriptions are not acknowledged", now);
  if (state_ == State::Subscribing && subscriptions_.complete()) {
    state_ = State::Live;
    listener_.stream_changed(id_, FeedState::Live, "all topics acknowledged");
  }
}

void Connection::on_closed(const std::string& cause, SteadyTime now) {
  if (state_ == State::Closed) return;
  const bool lasted = connected() && now - opened_ >= settings_.steady_life;
  if (lasted) attempt_ = 0;
  const Duration pause = backoff_.pause(attempt_++);
  state_ = State::Closed;
  reopen_at_ = now + pause;
  listener_.stream_changed(
      id_, FeedState::Lost,
      fmt::format("{}; next try in {} ms", cause,
                  std::chrono::duration_cast<std::chrono::milliseconds>(pause).count()));
}

void Connection::drop(const std::string& cause, SteadyTime now) {
  if (state_ == State::Closed) return;
  io_.close(id_);
  on_closed(cause, now);
}

void Connection::on_timer(SteadyTime now, bool paused) {
  if (state_ == State::Closed) {
    if (reopen_at_ && now >= *reopen_at_) open(now);
    return;
  }
  if (state_ == State::Opening) {
    if (now - state_since_ >= settings_.connect_deadline) drop("connecting took too long", now);
    return;
  }
  if (paused) {
    // What would answer us lies unread: no deadline runs, and all start anew afterwards.
    last_frame_ = now;
    ping_sent_.reset();
    subscriptions_.extend(now);
    if (ping(now)) ping_sent_.reset();
    return;
  }
  apply(subscriptions_.on_timer(now), now);
  if (connected()) watch_liveness(now);
}

bool Connection::ping(SteadyTime now) {
  if (now - last_ping_ < settings_.ping_interval) return false;
  last_ping_ = now;
  if (!ping_sent_) ping_sent_ = now;
  io_.send(id_, ping_text(fmt::format("p{}-{}", id_, ++pings_)));
  return true;
}

void Connection::watch_liveness(SteadyTime now) {
  if (ping_sent_ && now - *ping_sent_ >= settings_.pong_deadline) {
    listener_.pong_missing(id_);
    return drop("no pong in time", now);
  }
  if (now - last_frame_ >= settings_.silence_deadline) return drop("silent for too long", now);
  ping(now);
}

}  // namespace proteus::bybit
