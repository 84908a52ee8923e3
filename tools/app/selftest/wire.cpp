#include "tools/app/selftest/wire.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

constexpr Duration kNever = 24h * 10'000;
constexpr Duration kPause = 500ms;   // before a connection is tried again
constexpr Duration kSettling = 60s;  // in which the feed has to be live
constexpr int kPushes = 6;           // frames of a running bar

sim::SimSettings exchange_settings(const sim::MarketSource& source) {
  const Duration bar = bar_length(source.first(), source.base_interval());
  sim::SimSettings settings;
  settings.history_bars = 0;
  settings.push_interval = std::chrono::floor<std::chrono::milliseconds>(bar / kPushes);
  return settings;
}

/// Bars alone; whatever only real time brings never comes.
bybit::FeedSettings feed_settings(Interval interval) {
  bybit::FeedSettings settings;
  settings.intervals = {std::string(to_string(interval))};
  settings.tickers = false;
  settings.book_depth = 0;
  settings.warm_up_bars = 0;
  settings.backoff_min = settings.backoff_max = kPause;
  for (Duration* deadline :
       {&settings.ping_interval, &settings.pong_deadline, &settings.silence_deadline,
        &settings.connect_deadline, &settings.ack_deadline, &settings.request_deadline,
        &settings.time_sync_interval, &settings.instruments_refresh})
    *deadline = kNever;
  return settings;
}

}  // namespace

Wire::Wire(sim::MarketSource& source, const InstrumentTable& instruments, EventSink& sink)
    : clock_(bybit::ClockMode::Steady, 1.0, [this] { return now_; }) {
  auto exchange = sim::SimExchange::create(exchange_settings(source), source, *this);
  PROTEUS_ASSERT(exchange.has_value());
  exchange_ = std::move(exchange.value());
  exchange_->advance(now_.time_since_epoch());
  clock_.on_server_time(exchange_->now(), now_, now_);
  auto feed = bybit::PublicFeed::create(feed_settings(source.base_interval()), instruments, *this,
                                        clock_, sink, 1);
  PROTEUS_ASSERT(feed.has_value());
  feed_ = std::move(feed.value());
  feed_->start(now_);
  settled_ = now_ + kSettling;
  deliver();
}

Wire::~Wire() { feed_->stop(); }

void Wire::run_until(Timestamp venue) {
  for (;;) {
    const Duration wait = exchange_->advance(now_.time_since_epoch());
    deliver();
    if (wait == Duration{0}) continue;
    feed_->on_timer(now_);
    deliver();
    if (exchange_->now() >= venue) return;
    const bool settles = now_ < settled_ && !feed_->live();
    const Duration step = settles ? std::min<Duration>(wait, kPause / 10) : wait;
    now_ += std::min(step, venue - exchange_->now());
  }
}

void Wire::cut(Category category) {
  const auto lines = lines_;  // Cutting changes them.
  for (const auto& [conn, line] : lines)
    if (line.category == category)
      PROTEUS_ASSERT(exchange_->inject({sim::FaultKind::Drop, conn}).has_value());
  deliver();
  settled_ = now_ + kSettling;
}

void Wire::deliver() {
  while (!parcels_.empty()) {
    const Parcel parcel = std::move(parcels_.front());
    parcels_.pop_front();
    hand_over(parcel);
  }
}

void Wire::hand_over(const Parcel& parcel) {
  if (parcel.kind == Parcel::Kind::Answer)
    return feed_->on_response(parcel.request, bybit::HttpResponse{parcel.status, *parcel.text},
                              now_);
  const auto line = lines_.find(parcel.conn);
  if (line == lines_.end()) return;  // Closed meanwhile.
  const bybit::StreamId stream = line->second.stream;
  switch (parcel.kind) {
    case Parcel::Kind::Opened:
      return feed_->on_open(stream, now_);
    case Parcel::Kind::Frame:
      return feed_->on_frame(stream, *parcel.text, clock_.at(now_), now_);
    case Parcel::Kind::Ping:
      return exchange_->on_pong(parcel.conn, *parcel.text);
    case Parcel::Kind::Closed:
      lines_.erase(line);
      return feed_->on_closed(stream, error(ErrorCode::Io, "cut by the self-test"), now_);
    case Parcel::Kind::Answer:
      return;
  }
}

void Wire::send(sim::ConnId conn, std::shared_ptr<const std::string> frame, sim::FrameKind) {
  parcels_.push_back({Parcel::Kind::Frame, conn, std::move(frame)});
}

void Wire::ping(sim::ConnId conn, std::string_view payload) {
  parcels_.push_back({Parcel::Kind::Ping, conn, std::make_shared<const std::string>(payload)});
}

void Wire::drop(sim::ConnId conn) { parcels_.push_back({Parcel::Kind::Closed, conn}); }

/// The self-test orders no such fault.
void Wire::mute(sim::ConnId, bool) {}

void Wire::get(bybit::RequestId request, std::string target) {
  sim::HttpReply reply = exchange_->on_http("GET", target);
  parcels_.push_back({Parcel::Kind::Answer, 0,
                      std::make_shared<const std::string>(std::move(reply.body)), request,
                      reply.status});
}

void Wire::open(bybit::StreamId stream, std::string_view path) {
  const sim::ConnId conn = ++connections_;
  lines_[conn] = {stream,
                  path.find("spot") != std::string_view::npos ? Category::Spot : Category::Linear};
  const bool accepted = exchange_->on_connect(conn, path) == 101;
  parcels_.push_back({accepted ? Parcel::Kind::Opened : Parcel::Kind::Closed, conn});
}

void Wire::send(bybit::StreamId stream, std::string text) {
  if (const auto conn = connection_of(stream)) exchange_->on_text(*conn, text);
}

void Wire::close(bybit::StreamId stream) {
  if (const auto conn = connection_of(stream)) {
    lines_.erase(*conn);
    exchange_->on_closed(*conn);
  }
}

std::optional<sim::ConnId> Wire::connection_of(bybit::StreamId stream) const {
  for (const auto& [conn, line] : lines_)
    if (line.stream == stream) return conn;
  return std::nullopt;
}

}  // namespace proteus::app::selftest
