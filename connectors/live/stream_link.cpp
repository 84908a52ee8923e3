#include "connectors/live/stream_link.hpp"

#include <fmt/format.h>

namespace proteus::live {
namespace {

constexpr std::string_view kTopics = R"("order","execution","position","wallet")";
/// Its connection is the one whose death the venue acts on (reference 10.9).
constexpr std::string_view kGuardedTopics =
    R"("order","execution","position","wallet","dcp.future")";

std::string_view word_of(Channel channel) {
  return channel == Channel::Private ? "private" : "trade";
}

}  // namespace

StreamLink::StreamLink(Channel channel, WireParts& parts, Listener& listener)
    : channel_(channel),
      parts_(parts),
      listener_(listener),
      backoff_(parts.settings.backoff_min, parts.settings.backoff_max,
               parts.seed + static_cast<std::uint64_t>(channel) + 1) {}

void StreamLink::open(SteadyTime now) {
  reopen_at_.reset();
  state_ = State::Opening;
  state_since_ = now;
  parts_.io.open(channel_);
}

void StreamLink::stop() {
  if (state_ != State::Closed) parts_.io.close(channel_);
  state_ = State::Closed;
  reopen_at_.reset();
}

void StreamLink::on_open(SteadyTime now) {
  if (state_ != State::Opening) return;
  opened_ = last_frame_ = last_ping_ = now;
  ping_sent_.reset();
  sign_in(now);
}

void StreamLink::sign_in(SteadyTime now) {
  state_ = State::SigningIn;
  state_since_ = now;
  // Time to live of the signature; an accelerated venue ages it by its speed.
  const auto life = static_cast<std::int64_t>(10'000.0 * std::max(1.0, parts_.clock.speed()));
  const std::string expires = std::to_string(to_unix_ms(parts_.clock.at(now)) + life);
  parts_.io.send(channel_, fmt::format(R"({{"req_id":"a{}","op":"auth","args":["{}",{},"{}"]}})",
                                       ++requests_, parts_.signing.key(), expires,
                                       parts_.signing.sign("GET/realtime" + expires)));
}

void StreamLink::signed_in(bool success, const std::string& words, SteadyTime now) {
  if (state_ != State::SigningIn) return;
  if (!success) {
    refusal_ = fmt::format("the venue refuses the key on its {} stream: {}", word_of(channel_),
                           words.empty() ? "without a word" : words);
    return drop(refusal_, now);
  }
  refusal_.clear();
  if (channel_ == Channel::Trade) return become_live(now);
  state_ = State::Subscribing;
  state_since_ = now;
  parts_.io.send(channel_,
                 fmt::format(R"({{"req_id":"s{}","op":"subscribe","args":[{}]}})", ++requests_,
                             parts_.settings.disconnect_protection ? kGuardedTopics : kTopics));
}

void StreamLink::subscribed(bool success, const std::string& words, SteadyTime now) {
  if (state_ != State::Subscribing) return;
  if (!success) return drop(fmt::format("the venue refuses the private topics: {}", words), now);
  become_live(now);
}

void StreamLink::become_live(SteadyTime now) {
  state_ = State::Live;
  listener_.link_live(channel_, now);
}

void StreamLink::on_closed(const std::string& cause, SteadyTime now) {
  if (state_ == State::Closed) return;
  const bool up = state_ == State::Live;
  if (up && now - opened_ >= parts_.settings.steady_life) attempt_ = 0;
  state_ = State::Closed;
  reopen_at_ = now + backoff_.pause(attempt_++);
  listener_.link_lost(channel_, cause, now);
}

void StreamLink::drop(const std::string& cause, SteadyTime now) {
  if (state_ == State::Closed) return;
  parts_.io.close(channel_);
  on_closed(cause, now);
}

void StreamLink::on_timer(SteadyTime now) {
  const LiveSettings& s = parts_.settings;
  switch (state_) {
    case State::Closed:
      if (reopen_at_ && now >= *reopen_at_) open(now);
      return;
    case State::Opening:
      if (now - state_since_ >= s.connect_deadline) drop("connecting took too long", now);
      return;
    case State::SigningIn:
    case State::Subscribing:
      if (now - state_since_ >= s.request_deadline) return drop("signing in was not answered", now);
      break;
    case State::Live:
      break;
  }
  if (ping_sent_ && now - *ping_sent_ >= s.pong_deadline) return drop("no pong in time", now);
  if (now - last_frame_ >= s.silence_deadline) return drop("silent for too long", now);
  if (now - last_ping_ < s.ping_interval) return;
  last_ping_ = now;
  if (!ping_sent_) ping_sent_ = now;
  parts_.io.send(channel_, fmt::format(R"({{"req_id":"p{}","op":"ping"}})", ++requests_));
}

}  // namespace proteus::live
