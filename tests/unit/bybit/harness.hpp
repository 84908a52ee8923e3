// A feed with everything around it simulated by hand: what it sends is recorded, what it hears is
// scripted, real and venue time are numbers.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/bybit/public_feed.hpp"
#include "engine/core/event.hpp"
#include "samples.hpp"

namespace proteus::bybit::test {

using namespace std::chrono_literals;

class FakeIo final : public FeedIo {
 public:
  void get(RequestId request, std::string target) override { gets.emplace_back(request, target); }
  void open(StreamId stream, std::string_view path) override {
    opens.emplace_back(stream, std::string(path));
  }
  void send(StreamId stream, std::string text) override { sent.emplace_back(stream, text); }
  void close(StreamId stream) override { closes.push_back(stream); }
  void set_reading(StreamId stream, bool reading) override { this->reading[stream] = reading; }

  std::vector<std::pair<RequestId, std::string>> gets;
  std::vector<std::pair<StreamId, std::string>> opens;
  std::vector<std::pair<StreamId, std::string>> sent;
  std::vector<StreamId> closes;
  std::map<StreamId, bool> reading;
};

class FakeSink final : public EventSink {
 public:
  struct Entry {
    EventBody body;
    Timestamp happened;
    Timestamp received;
  };
  void on_input(EventBody body, Timestamp happened, Timestamp received) override {
    if (!entries.empty()) {
      EXPECT_GE(received, entries.back().received) << "time went back";
    }
    entries.push_back(Entry{std::move(body), happened, received});
  }
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Entry& entry : entries)
      if (const T* body = std::get_if<T>(&entry.body)) found.push_back(*body);
    return found;
  }
  std::vector<FeedAnomaly> anomalies(AnomalyKind kind) const {
    std::vector<FeedAnomaly> found;
    for (const FeedAnomaly& a : all<FeedAnomaly>())
      if (a.kind == kind) found.push_back(a);
    return found;
  }
  std::vector<Entry> entries;
};

/// Minute 0 of the harness, 2023-11-14T22:13:00Z.
inline constexpr std::int64_t kStartMs = 1699999980000;
inline constexpr std::int64_t kMinuteMs = 60'000;

class Harness {
 public:
  explicit Harness(FeedSettings settings = plain(), InstrumentTable instruments = test::table(),
                   std::int64_t venue_ms = kStartMs)
      : settings_(std::move(settings)),
        table(std::move(instruments)),
        clock(settings_.clock, settings_.speed, [this] { return now; }) {
    clock.on_server_time(from_unix_ms(venue_ms), now, now);
    auto made = PublicFeed::create(settings_, table, io, clock, sink, 1);
    EXPECT_TRUE(made.has_value());
    feed = std::move(made.value());
  }

  /// One-minute bars, no tickers, no books, no warm-up; and nothing that only passing time brings.
  static FeedSettings plain() {
    FeedSettings s;
    s.tickers = false;
    s.warm_up_bars = 0;
    s.pong_deadline = s.silence_deadline = s.time_sync_interval = 10h;
    return s;
  }

  void start() { feed->start(now); }
  /// Opens stream 0 (or another) and acknowledges what it subscribes.
  void connect(StreamId stream = 0) {
    feed->on_open(stream, now);
    acknowledge(stream);
  }
  void acknowledge(StreamId stream, std::size_t from = 0) {
    for (std::size_t i = from; i < io.sent.size(); ++i)
      if (io.sent[i].first == stream &&
          io.sent[i].second.find("\"subscribe\"") != std::string::npos)
        frame(fmt::format(R"({{"success":true,"ret_msg":"","req_id":"{}","op":"subscribe"}})",
                          req_id(io.sent[i].second)),
              stream);
  }
  static std::string req_id(const std::string& text) {
    const std::string head = R"("req_id":")";
    const std::size_t at = text.find(head) + head.size();
    return text.substr(at, text.find('"', at) - at);
  }
  void frame(std::string_view bytes, StreamId stream = 0) {
    feed->on_frame(stream, bytes, clock.at(now), now);
  }
  /// Real time passes in steps of 50 ms, with timers.
  void pass(Duration time) {
    for (const SteadyTime until = now + time; now < until;) {
      now += 50ms;
      feed->on_timer(now);
    }
  }
  /// Until `n` REST requests have been made, 40 s at the longest.
  void await_gets(std::size_t n) {
    for (int i = 0; i < 800 && io.gets.size() < n; ++i) pass(50ms);
    EXPECT_EQ(io.gets.size(), n);
  }
  /// A bar of `minute`, its price 100 + minute.
  std::string bar(std::int64_t minute, bool confirm, std::string_view close = "") {
    const std::string price = std::to_string(100 + minute);
    return kline_frame(kStartMs + minute * kMinuteMs, price, "99999", "1",
                       close.empty() ? std::string_view{price} : close, "1", confirm,
                       to_unix_ms(clock.at(now)));
  }
  static std::string row(std::int64_t minute) {
    const std::int64_t price = 100 + minute;
    return fmt::format(R"(["{}","{}","99999","1","{}","1",""])", kStartMs + minute * kMinuteMs,
                       price, price);
  }
  /// A kline answer, rows newest first, made at the present venue time.
  std::string rows(const std::vector<std::int64_t>& minutes) {
    std::string list;
    for (const std::int64_t minute : minutes) list += (list.empty() ? "" : ",") + row(minute);
    return fmt::format(
        R"({{"retCode":0,"retMsg":"OK","result":{{"category":"linear","symbol":"BTCUSDT","list":[{}]}},"time":{}}})",
        list, to_unix_ms(clock.at(now)));
  }
  void answer(std::size_t get, std::string body, int status = 200) {
    feed->on_response(io.gets.at(get).first, HttpResponse(status, std::move(body)), now);
  }
  /// Opening minutes of the bars that came out.
  std::vector<std::int64_t> minutes() const {
    std::vector<std::int64_t> found;
    for (const BarClosed& b : sink.all<BarClosed>())
      found.push_back((to_unix_ms(b.bar.open_time) - kStartMs) / kMinuteMs);
    return found;
  }
  std::size_t count(AnomalyKind kind) const { return sink.anomalies(kind).size(); }

  FeedSettings settings_;
  SteadyTime now{1h};
  InstrumentTable table;
  FakeIo io;
  FakeSink sink;
  VenueClock clock;
  std::unique_ptr<PublicFeed> feed;
};

/// linear:BTCUSDT alone.
inline InstrumentTable one() {
  InstrumentTable t;
  t.add(instrument(Category::Linear, "BTCUSDT")).value();
  return t;
}

}  // namespace proteus::bybit::test
