#include "tools/app/selftest/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace proteus::app::selftest {

using namespace std::chrono_literals;

Duration Network::latency() {
  return 1ms + Duration{static_cast<std::int64_t>(draws_.unit() * 30e6)};
}

void Network::at(bybit::SteadyTime time, std::function<void()> fn) {
  tasks_.emplace(std::pair{std::max(time, now_), ++tasks_made_}, std::move(fn));
}

void Network::every(Duration period, std::function<void()> fn) {
  later(period, [this, period, fn = std::move(fn)] {
    fn();
    every(period, fn);
  });
}

void Network::run_to(bybit::SteadyTime until) {
  while (!tasks_.empty() && tasks_.begin()->first.first <= until) {
    auto task = tasks_.extract(tasks_.begin());
    now_ = task.key().first;
    task.mapped()();
  }
  now_ = until;
}

void Network::advance() {
  const Duration wait = exchange->advance(now_.time_since_epoch());
  const std::uint64_t mine = ++wake_;
  if (wait == Duration::max()) return;
  later(wait, [this, mine] {
    if (mine == wake_) advance();
  });
}

Network::Connection* Network::current(sim::ConnId conn) {
  const auto found = connections_.find(conn);
  if (found == connections_.end() || streams_[found->second.stream].conn != conn) return nullptr;
  return &found->second;
}

void Network::open(bybit::StreamId stream, std::string_view path) {
  const sim::ConnId conn = ++last_conn_;
  connections_[conn] = Connection{.stream = stream};
  streams_[stream] = Stream{.conn = conn};
  later(latency(), [this, conn, stream, target = std::string(path)] {
    if (current(conn) == nullptr) return;
    const int status = exchange->on_connect(conn, target);
    advance();
    Connection* const c = current(conn);
    if (c == nullptr) return;
    if (status == 101) {
      c->open = true;
      return opened(stream);
    }
    connections_.erase(conn);
    streams_[stream].conn = 0;
    closed(stream, error(ErrorCode::Refused, fmt::format("HTTP {}", status)));
  });
}

void Network::send(bybit::StreamId stream, std::string text) {
  // What goes out on a connection arrives in its order.
  auto& last = streams_[stream].last_sent;
  last = std::max(last, now_ + latency());
  at(last, [this, conn = streams_[stream].conn, text = std::move(text)] {
    const auto c = connections_.find(conn);  // Also of a daemon that has died since.
    if (c == connections_.end() || !c->second.open || c->second.muted) return;
    exchange->on_text(conn, text);
    advance();
  });
}

void Network::close(bybit::StreamId stream) {
  const sim::ConnId conn = std::exchange(streams_[stream].conn, 0);
  connections_.erase(conn);
  later(0ms, [this, conn] {
    exchange->on_closed(conn);
    advance();
  });
}

void Network::set_reading(bybit::StreamId stream, bool reading) {
  streams_[stream].reading = reading;
  if (reading) later(0ms, [this, stream] { flush(stream); });
}

void Network::get(bybit::RequestId request, std::string target) {
  later(latency(), [this, request, target = std::move(target)] {
    sim::HttpReply reply = exchange->on_http("GET", target);
    advance();
    later(latency() + reply.delay, [this, life = life_, request, reply = std::move(reply)] {
      if (life != life_) return;
      if (reply.lost) return on_answer(request, error(ErrorCode::Io, "reset by peer"), now_);
      on_answer(request, bybit::HttpResponse(reply.status, reply.body), now_);
    });
  });
}

void Network::send(sim::ConnId conn, std::shared_ptr<const std::string> frame, sim::FrameKind) {
  Connection* const c = current(conn);
  if (c == nullptr) return;
  c->last_frame = std::max(c->last_frame, now_ + latency());
  at(c->last_frame, [this, conn, frame = std::move(frame)] { deliver(conn, *frame); });
}

void Network::deliver(sim::ConnId conn, const std::string& frame) {
  const Connection* const c = current(conn);
  if (c == nullptr || !c->open || c->muted) return;
  streams_[c->stream].unread.push_back(frame);
  flush(c->stream);
}

void Network::flush(bybit::StreamId stream) {
  while (streams_[stream].reading && !streams_[stream].unread.empty()) {
    Stream& s = streams_[stream];
    const std::string frame = std::move(s.unread.front());
    s.unread.erase(s.unread.begin());
    heard(stream, frame);
  }
}

void Network::ping(sim::ConnId conn, std::string_view payload) {
  later(latency(), [this, conn, text = std::string(payload)] {
    const Connection* const c = current(conn);
    if (c == nullptr || c->muted) return;
    exchange->on_pong(conn, text);
    advance();
  });
}

void Network::drop(sim::ConnId conn) {
  later(latency(), [this, conn] {
    const Connection* const c = current(conn);
    if (c == nullptr) return;
    const bybit::StreamId stream = c->stream;
    connections_.erase(conn);
    streams_[stream].conn = 0;
    closed(stream, error(ErrorCode::Io, "reset by peer"));
  });
}

void Network::mute(sim::ConnId conn, bool muted) {
  if (Connection* const c = current(conn)) c->muted = muted;
}

// --------------------------------------------------------------------------------------------------
// the account

live::AccountEvents* Network::listener(bybit::StreamId stream) const {
  return stream < kSecond ? static_cast<live::AccountEvents*>(gateway) : second.account;
}

void Network::opened(bybit::StreamId stream) {
  if (stream < kAccount) return feed->on_open(stream, now_);
  if (auto* const account = listener(stream)) account->on_open(channel_of(stream), now_);
}

void Network::closed(bybit::StreamId stream, const Error& cause) {
  if (stream < kAccount) return feed->on_closed(stream, cause, now_);
  if (auto* const account = listener(stream)) account->on_closed(channel_of(stream), cause, now_);
}

void Network::heard(bybit::StreamId stream, const std::string& frame) {
  if (stream < kAccount) return feed->on_frame(stream, frame, clock->at(now_), now_);
  if (auto* const account = listener(stream)) account->on_text(channel_of(stream), frame, now_);
}

void Network::cut(bool streams, bool requests) {
  requests_cut_ = requests;
  streams_cut_ = streams;
  if (!streams) return;
  for (const live::Channel channel : {live::Channel::Private, live::Channel::Trade}) {
    const sim::ConnId conn = connection(channel);
    if (conn == 0) continue;
    exchange->on_closed(conn);
    advance();
    drop(conn);
  }
}

void Network::open(live::Channel channel) {
  if (streams_cut_)
    return later(latency(), [this, stream = stream_of(channel)] {
      closed(stream, error(ErrorCode::Refused, "no way to the venue"));
    });
  open(stream_of(channel), channel == live::Channel::Private ? "/v5/private" : "/v5/trade");
}

void Network::send(live::Channel channel, std::string text) {
  if (may_leave(text)) send(stream_of(channel), std::move(text));
}

void Network::close(live::Channel channel) { close(stream_of(channel)); }

void Network::request(live::RequestId id, live::HttpCall call) {
  if (!may_leave(call.target)) return;
  const std::string target = call.target;
  ask(id, std::move(call),
      [this, life = life_, target](live::RequestId request, Result<live::HttpAnswer> answer) {
        if (life != life_) return;
        if (answer) comes(target, answer.value().body);
        gateway->on_answer(request, std::move(answer), now_);
      });
}

void Network::ask(live::RequestId id, live::HttpCall call,
                  std::function<void(live::RequestId, Result<live::HttpAnswer>)> hear) {
  later(latency(), [this, id, call = std::move(call), hear = std::move(hear)] {
    if (requests_cut_) return hear(id, error(ErrorCode::Io, "no way to the venue"));
    sim::HttpReply reply =
        exchange->on_http(call.post ? "POST" : "GET", call.target, call.headers, call.body);
    advance();
    later(latency() + reply.delay, [id, hear, reply = std::move(reply)] {
      if (reply.lost) return hear(id, error(ErrorCode::Io, "reset by peer"));
      live::HttpAnswer answer;
      answer.status = reply.status;
      answer.body = reply.body;
      for (const auto& [name, value] : reply.headers) live::read_header(answer.limit, name, value);
      hear(id, std::move(answer));
    });
  });
}

void Network::answer(live::RequestId id, std::string body) {
  later(latency() + latency(), [this, life = life_, id, body = std::move(body)]() mutable {
    if (life != life_) return;
    live::HttpAnswer answer;
    answer.status = 200;
    answer.body = std::move(body);
    gateway->on_answer(id, std::move(answer), now_);
  });
}

void SecondWire::open(live::Channel channel) {
  network_.open(Network::kSecond + static_cast<bybit::StreamId>(channel),
                channel == live::Channel::Private ? "/v5/private" : "/v5/trade");
}

void SecondWire::send(live::Channel channel, std::string text) {
  if (channel == live::Channel::Trade) on_sent("trade", text);
  network_.send(Network::kSecond + static_cast<bybit::StreamId>(channel), std::move(text));
}

void SecondWire::close(live::Channel channel) {
  network_.close(Network::kSecond + static_cast<bybit::StreamId>(channel));
}

void SecondWire::request(live::RequestId id, live::HttpCall call) {
  if (call.post) on_sent(call.target, call.body);
  network_.ask(id, std::move(call), [this](live::RequestId request, Result<live::HttpAnswer> told) {
    if (account != nullptr) account->on_answer(request, std::move(told), network_.now());
  });
}

void Network::cut_all() {
  ++life_;
  for (auto& [stream, state] : streams_) {
    if (stream >= kSecond) continue;
    const sim::ConnId conn = std::exchange(state.conn, 0);
    state.unread.clear();
    if (conn == 0) continue;
    later(50ms, [this, conn] {
      connections_.erase(conn);
      exchange->on_closed(conn);
      advance();
    });
  }
}

}  // namespace proteus::app::selftest
