// A small Bybit inside a test: public streams and REST reads over one-minute bars that are a
// function of (instrument, minute), on simulated time, with seeded faults. Two ways of keeping
// time:
//  - running: venue time goes with real time, whatever the reader does;
//  - paced: it stands still unless every stream is subscribed and read.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "connectors/bybit/feed_io.hpp"
#include "connectors/bybit/public_feed.hpp"
#include "harness.hpp"

namespace proteus::bybit::test {

struct Faults {
  double drop = 0.0;        ///< a second: the connection breaks
  double silence = 0.0;     ///< a second: the connection goes half-open
  double duplicate = 0.0;   ///< a close: it comes twice
  double conflict = 0.0;    ///< a close: it comes again with other values
  double reorder = 0.0;     ///< a close: the next bar's first frame overtakes it
  double omit = 0.0;        ///< a close: it never comes
  double delay = 0.0;       ///< a close: it comes up to 20 s late (running only)
  double corrupt = 0.0;     ///< a frame: some of its bytes are changed
  double absurd = 0.0;      ///< a close: its high lies below its low
  double future = 0.0;      ///< a second: a bar of tomorrow is said to be closed
  double rest_error = 0.0;  ///< an answer: 502, 10006 or 10016
  double rest_lost = 0.0;   ///< an answer: never comes
  double late_ack = 0.0;    ///< an acknowledgement: seconds after the first data
  double lost_ack = 0.0;    ///< an acknowledgement: never comes
  double connect = 0.0;     ///< a connect: refused
  int missing_every = 0;    ///< minutes with this remainder 13 do not exist at all; 0: all exist
};

class SimulatedVenue final : public FeedIo {
 public:
  SimulatedVenue(const InstrumentTable& instruments, Faults faults, bool paced, std::uint64_t seed)
      : instruments_(instruments), faults_(faults), paced_(paced), engine_(seed) {
    venue_ms = kStartMs + 17'000;
  }

  PublicFeed* feed = nullptr;
  VenueClock* clock = nullptr;
  SteadyTime now{1h};
  std::int64_t venue_ms;
  bool calm = false;  ///< no more faults

  /// Text of the price of a bar: four different ones that fit together.
  static std::int64_t price(InstrumentId id, std::int64_t minute) {
    return 1000 * (static_cast<std::int64_t>(id.index) + 1) + (minute * 7 + 13) % 97;
  }
  [[nodiscard]] bool exists(std::int64_t minute) const {
    return faults_.missing_every == 0 || minute % faults_.missing_every != 13;
  }

  // What the feed asks for.
  void open(StreamId stream, std::string_view path) override {
    Connection& c = connections_[stream];
    c = Connection{};
    c.generation = ++generations_;
    c.category = path.find("spot") != std::string_view::npos ? Category::Spot : Category::Linear;
    const bool refused = hit(faults_.connect);
    later(within(5ms, 200ms), stream, [this, stream, refused] {
      if (refused) {
        connections_[stream].generation = 0;
        return feed->on_closed(stream, error(ErrorCode::Io, "refused"), now);
      }
      connections_[stream].open = true;
      feed->on_open(stream, now);
    });
  }
  void send(StreamId stream, std::string text) override {
    Connection& c = connections_[stream];
    if (!c.open || c.silent) return;
    const std::string id = Harness::req_id(text);
    if (text.find("\"ping\"") != std::string::npos)
      return deliver(
          stream, within(2ms, 30ms),
          fmt::format(R"({{"success":true,"ret_msg":"pong","req_id":"{}","op":"ping"}})", id));
    subscribe(c, text);
    if (hit(faults_.lost_ack)) return;
    const Duration wait = hit(faults_.late_ack) ? Duration{within(1s, 4s)} : within(2ms, 30ms);
    const bool repeated = c.repeated;
    deliver(
        stream, wait,
        repeated
            ? fmt::format(
                  R"({{"success":false,"ret_msg":"error:already subscribed,topic:x","req_id":"{}","op":"subscribe"}})",
                  id)
            : fmt::format(R"({{"success":true,"ret_msg":"","req_id":"{}","op":"subscribe"}})", id));
  }
  void close(StreamId stream) override { connections_[stream] = Connection{}; }
  void set_reading(StreamId stream, bool reading) override {
    Connection& c = connections_[stream];
    c.reading = reading;
    if (!reading) return;
    later(1ms, stream, [this, stream] { flush(stream); });
  }
  void get(RequestId request, std::string target) override {
    if (hit(faults_.rest_lost)) return;
    later(within(10ms, 600ms), kNoStream,
          [this, request, target] { feed->on_response(request, answer(target), now); });
  }

  /// 50 ms of real time.
  void step() {
    now += 50ms;
    run_due();
    if (!paced_) {
      venue_ms += 50;
      if (venue_ms % 1000 == 0) second();
    } else if (all_read()) {
      venue_ms += 1000;
      second();
    }
    feed->on_timer(now);
  }

 private:
  static constexpr StreamId kNoStream = UINT32_MAX;
  struct Connection {
    std::uint64_t generation = 0;
    bool open = false;
    bool silent = false;
    bool reading = true;
    bool repeated = false;
    Category category = Category::Linear;
    std::set<std::string> topics;
    std::vector<std::string> unread;
  };

  bool hit(double probability) { return !calm && unit() < probability; }
  double unit() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  Duration within(Duration low, Duration high) {
    return low +
           Duration{static_cast<std::int64_t>(unit() * static_cast<double>((high - low).count()))};
  }
  /// Runs later, unless the connection is another one by then.
  void later(Duration wait, StreamId stream, std::function<void()> action) {
    const std::uint64_t generation = stream == kNoStream ? 0 : connections_[stream].generation;
    tasks_.emplace(std::pair{now + wait, ++tasks_made_},
                   [this, stream, generation, action = std::move(action)] {
                     if (stream == kNoStream || connections_[stream].generation == generation)
                       action();
                   });
  }
  void run_due() {
    while (!tasks_.empty() && tasks_.begin()->first.first <= now) {
      const auto action = std::move(tasks_.begin()->second);
      tasks_.erase(tasks_.begin());
      action();
    }
  }
  void deliver(StreamId stream, Duration wait, std::string text, bool intact = false) {
    if (!intact && hit(faults_.corrupt))
      text[static_cast<std::size_t>(engine_() % text.size())] = '\x01';
    later(wait, stream, [this, stream, text = std::move(text)] {
      Connection& c = connections_[stream];
      if (!c.open || c.silent) return;
      c.unread.push_back(text);
      flush(stream);
    });
  }
  void flush(StreamId stream) {
    for (;;) {
      Connection& c = connections_[stream];
      if (!c.open || !c.reading || c.unread.empty()) return;
      const std::string text = std::move(c.unread.front());
      c.unread.erase(c.unread.begin());
      feed->on_frame(stream, text, clock->at(now), now);
    }
  }
  void subscribe(Connection& c, const std::string& text) {
    const std::size_t from = text.find("\"args\":[");
    c.repeated = false;
    for (std::size_t at = from + 8; text[at] == '"';) {
      const std::size_t end = text.find('"', at + 1);
      c.repeated = !c.topics.insert(text.substr(at + 1, end - at - 1)).second || c.repeated;
      at = end + (text[end + 1] == ',' ? 2 : 1);
    }
  }
  [[nodiscard]] bool all_read() const {
    if (connections_.size() < feed->streams()) return false;
    for (const auto& [id, c] : connections_)
      if (!c.open || !c.reading || c.silent || c.topics.empty() || !c.unread.empty()) return false;
    return true;
  }
  /// What a venue second brings to each stream.
  void second() {
    for (auto& [id, c] : connections_) {
      if (!c.open) continue;
      if (hit(faults_.drop)) {
        c = Connection{};
        feed->on_closed(id, error(ErrorCode::Io, "reset by peer"), now);
        continue;
      }
      if (hit(faults_.silence)) c.silent = true;
      if (c.topics.empty()) continue;
      for (const Instrument& i : instruments_)
        if (i.category == c.category && c.topics.contains(kline_of(i))) tell(id, i);
    }
  }
  static std::string kline_of(const Instrument& i) {
    return fmt::format("kline.1.{}", i.symbol.view());
  }
  std::string text_of(const Instrument& i, std::int64_t minute, bool confirm,
                      std::int64_t more = 0) const {
    const std::int64_t p = price(i.id, minute) + more;
    return kline_frame(kStartMs + minute * kMinuteMs, std::to_string(p), std::to_string(p + 3),
                       std::to_string(p - 2), std::to_string(p + 1), std::to_string(minute + 1000),
                       confirm, venue_ms, i.symbol.view());
  }
  void tell(StreamId stream, const Instrument& i) {
    const std::int64_t minute = (venue_ms - kStartMs) / kMinuteMs;
    const Duration wire = paced_ ? Duration{1ms} : Duration{40ms};
    if (hit(faults_.future)) deliver(stream, wire, text_of(i, minute + 1440, true));
    if ((venue_ms - kStartMs) % kMinuteMs == 0 && exists(minute - 1))
      tell_close(stream, i, minute - 1, wire);
    if (exists(minute)) deliver(stream, wire, text_of(i, minute, false));
  }
  void tell_close(StreamId stream, const Instrument& i, std::int64_t minute, Duration wire) {
    if (hit(faults_.omit)) return;
    const std::string text = text_of(i, minute, true);
    if (hit(faults_.absurd)) {
      std::string absurd = text;
      const std::string high = fmt::format("\"high\":\"{}\"", price(i.id, minute) + 3);
      absurd.replace(absurd.find(high), high.size(), "\"high\":\"1\"");
      return deliver(stream, wire, absurd);
    }
    if (hit(faults_.reorder)) deliver(stream, wire, text_of(i, minute + 1, false));
    const Duration wait = !paced_ && hit(faults_.delay) ? within(1s, 20s) : wire;
    // The first close is the true one; that it is lost and only the other arrives is no fault a
    // client could see.
    const bool conflict = hit(faults_.conflict);
    deliver(stream, wait, text, conflict);
    if (hit(faults_.duplicate)) deliver(stream, wait, text);
    if (conflict) deliver(stream, wait, text_of(i, minute, true, 5));
  }

  static std::string parameter(const std::string& target, const std::string& name) {
    const std::size_t at = target.find(name + "=");
    if (at == std::string::npos) return "";
    const std::size_t from = at + name.size() + 1;
    return target.substr(from, target.find('&', from) - from);
  }
  HttpResponse answer(const std::string& target) {
    if (hit(faults_.rest_error)) {
      switch (engine_() % 3) {
        case 0:
          return {502, "<html><body>502 Bad Gateway</body></html>"};
        case 1:
          return {200, R"({"retCode":10006,"retMsg":"Too many visits!","result":{},"time":1})"};
        default:
          return {200, R"({"retCode":10016,"retMsg":"Server error"})"};
      }
    }
    if (target.find("/v5/market/time") == 0)
      return {
          200,
          fmt::format(
              R"({{"retCode":0,"retMsg":"OK","result":{{"timeSecond":"{}","timeNano":"{}000000"}},"time":{}}})",
              venue_ms / 1000, venue_ms, venue_ms)};
    return {200, klines(target)};
  }
  std::string klines(const std::string& target) const {
    const Category category =
        parameter(target, "category") == "spot" ? Category::Spot : Category::Linear;
    const auto id = instruments_.find(category, parameter(target, "symbol"));
    const std::int64_t start = std::stoll(parameter(target, "start"));
    const std::int64_t end = std::stoll(parameter(target, "end"));
    std::string list;
    int rows = 0;
    for (std::int64_t ms = std::min(end, venue_ms - (venue_ms - kStartMs) % kMinuteMs);
         ms >= start && rows < 1000; ms -= kMinuteMs) {
      const std::int64_t minute = (ms - kStartMs) / kMinuteMs;
      if (!exists(minute)) continue;
      const bool running = ms + kMinuteMs > venue_ms;
      const std::int64_t p = price(*id, minute);
      list += fmt::format(R"({}["{}","{}","{}","{}","{}","{}",""])", rows++ == 0 ? "" : ",", ms, p,
                          p + 3, p - 2, running ? p + 2 : p + 1, minute + 1000);
    }
    return fmt::format(
        R"({{"retCode":0,"retMsg":"OK","result":{{"category":"x","symbol":"x","list":[{}]}},"retExtInfo":{{}},"time":{}}})",
        list, venue_ms);
  }

  const InstrumentTable& instruments_;
  Faults faults_;
  bool paced_;
  std::mt19937_64 engine_;
  std::map<StreamId, Connection> connections_;
  std::uint64_t generations_ = 0;
  std::map<std::pair<SteadyTime, std::uint64_t>, std::function<void()>> tasks_;
  std::uint64_t tasks_made_ = 0;
};

}  // namespace proteus::bybit::test
