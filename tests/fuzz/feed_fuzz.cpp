// A whole feed under any order of frames, answers, losses and time. The first byte chooses the
// settings; then each line is one step, its first letter says which:
//   f, s   a frame on the linear or the spot stream     b, u   minute N closes / still runs, well
//   formed r, h   a body for the oldest request, status 200 or 503
//   a      the true answer to the oldest request        t      real time passes: N times 50 ms
//   x, o   all connections are lost / come up           g      books: snapshot or delta N, well
//   formed
//
// What reaches the sink is sound whatever comes: bars can be true, come once and in order; books
// are never crossed, tickers never absurd, changed instruments can be traded; time never goes back;
// what is dropped is counted; and requests keep to their rate.
#include <fmt/format.h>

#include <map>

#include "connectors/bybit/public_feed.hpp"
#include "connectors/bybit/topics.hpp"
#include "tests/fuzz/property.hpp"
#include "tests/market_table.hpp"

namespace proteus::bybit {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStartMs = 1'699'999'980'000;
constexpr std::int64_t kMinuteMs = 60'000;

class Io final : public FeedIo {
 public:
  void get(RequestId request, std::string target) override {
    for (const char c : target) FUZZ_CHECK(c > ' ' && c < 127, target);
    FUZZ_CHECK(target.size() < 1'200);
    gets.emplace(request, std::move(target));
    ++made;
  }
  void open(StreamId stream, std::string_view) override {
    FUZZ_CHECK(!up[stream], "opened while open");
    wanted[stream] = true;
  }
  void send(StreamId stream, std::string text) override {
    FUZZ_CHECK(up[stream], text);
    sent.emplace_back(stream, std::move(text));
  }
  void close(StreamId stream) override { up[stream] = wanted[stream] = false; }
  void set_reading(StreamId, bool) override {}

  std::map<RequestId, std::string> gets;
  std::map<StreamId, bool> wanted, up;
  std::vector<std::pair<StreamId, std::string>> sent;
  std::uint64_t made = 0;
};

class Sink final : public EventSink {
 public:
  explicit Sink(const InstrumentTable& table) : table_(table) {}
  void on_input(EventBody body, Timestamp, Timestamp received) override {
    FUZZ_CHECK(received >= received_, "time went back");
    received_ = received;
    std::visit([this](const auto& b) { on(b); }, body);
  }
  std::uint64_t anomalies = 0, bars = 0;

 private:
  void on(const BarClosed& closed) {
    const Bar& bar = closed.bar;
    ++bars;
    FUZZ_CHECK(bar.instrument.index < table_.size());
    FUZZ_CHECK(absurdity(bar) == nullptr, absurdity(bar));
    Timestamp& last = last_[{bar.instrument.index, bar.interval}];
    FUZZ_CHECK(bar.open_time >= last, "a bar twice or out of order");
    last = bar.close_time;
  }
  void on(const BookUpdated& book) {
    for (std::size_t i = 1; i < book.bids.size(); ++i)
      FUZZ_CHECK(book.bids[i].price < book.bids[i - 1].price);
    for (std::size_t i = 1; i < book.asks.size(); ++i)
      FUZZ_CHECK(book.asks[i].price > book.asks[i - 1].price);
    for (const auto* side : {&book.bids, &book.asks}) {
      FUZZ_CHECK(side->size() <= 50);
      for (const BookLevel& level : *side)
        FUZZ_CHECK(level.price > Price{} && level.size > Quantity{});
    }
    if (!book.bids.empty() && !book.asks.empty())
      FUZZ_CHECK(book.bids[0].price < book.asks[0].price, "crossed");
  }
  void on(const TickerUpdated& t) {
    FUZZ_CHECK(t.instrument.index < table_.size());
    FUZZ_CHECK(t.last >= Price{} && t.mark >= Price{} && t.index >= Price{});
    FUZZ_CHECK(t.funding_rate_e9 <= kFixedScale && t.funding_rate_e9 >= -kFixedScale);
  }
  void on(const InstrumentChanged& changed) {
    InstrumentTable fresh;
    const auto added = fresh.add(changed.instrument);
    FUZZ_CHECK(added.has_value(), added ? "" : added.error().context);
    FUZZ_CHECK(table_[changed.instrument.id].symbol == changed.instrument.symbol);
  }
  void on(const FeedAnomaly& anomaly) {
    ++anomalies;
    FUZZ_CHECK(!anomaly.detail.empty());
  }
  template <class Other>
  void on(const Other&) {}

  const InstrumentTable& table_;
  Timestamp received_{};
  std::map<std::pair<std::uint32_t, Interval>, Timestamp> last_;
};

FeedSettings settings_of(std::uint8_t choice) {
  FeedSettings s;
  s.warm_up_bars = (choice & 1U) != 0 ? 20 : 0;
  s.book_depth = (choice & 2U) != 0 ? 50 : 0;
  if ((choice & 4U) != 0) s.repair = RepairMode::Pause;
  if ((choice & 8U) != 0) s.clock = ClockMode::Frames;
  if ((choice & 16U) != 0) s.instruments_refresh = 10s;
  return s;
}

class World {
 public:
  explicit World(std::uint8_t choice)
      : settings_(settings_of(choice)),
        clock_(settings_.clock, settings_.speed, [this] { return now_; }),
        sink_(table_) {
    FUZZ_CHECK(clock_.on_server_time(from_unix_ms(kStartMs), now_, now_));
    auto made = PublicFeed::create(settings_, table_, io_, clock_, sink_, 1);
    FUZZ_CHECK(made.has_value(), made ? "" : made.error().context);
    feed_ = std::move(made.value());
    feed_->start(now_);
  }

  void step(char what, std::string_view rest) {
    switch (what) {
      case 'f':
        return frame(0, rest);
      case 's':
        return frame(1, rest);
      case 'b':
      case 'u':
        return frame(0, bar(number(rest), what == 'b'));
      case 'g':
        return frame(0, book(number(rest)));
      case 'r':
        return answer(200, std::string(rest));
      case 'h':
        return answer(503, std::string(rest));
      case 'a':
        return io_.gets.empty() ? void() : answer(200, truth(io_.gets.begin()->second));
      case 't':
        for (int i = number(rest); i >= 0; --i) {
          now_ += 50ms;
          feed_->on_timer(now_);
        }
        return;
      case 'x':
        for (auto& [stream, up] : io_.up)
          if (std::exchange(up, false))
            feed_->on_closed(stream, error(ErrorCode::Io, "gone"), now_);
        return;
      case 'o':
        return come_up();
      default:
        return;
    }
  }

  void check() {
    const FeedCounters counters = feed_->counters();
    FUZZ_CHECK(counters.anomalies == sink_.anomalies && counters.bars == sink_.bars);
    const double seconds = std::chrono::duration<double>(now_ - SteadyTime{1h}).count();
    FUZZ_CHECK(static_cast<double>(io_.made) <= settings_.rest_rate * (seconds + 1.0) + 1.0);
    static_cast<void>(feed_->topics(now_));
    feed_->stop();
  }

 private:
  static int number(std::string_view text) {
    int value = 0;
    for (std::size_t i = 0; i < text.size() && i < 3 && text[i] >= '0' && text[i] <= '9'; ++i)
      value = value * 10 + (text[i] - '0');
    return value;
  }

  void frame(StreamId stream, std::string_view bytes) {
    if (!io_.up[stream]) return;
    feed_->on_frame(stream, bytes, clock_.at(now_), now_);
  }

  void answer(int status, std::string body) {
    if (io_.gets.empty()) return;
    const RequestId id = io_.gets.begin()->first;
    io_.gets.erase(io_.gets.begin());
    feed_->on_response(id, HttpResponse(status, std::move(body)), now_);
  }

  /// Opens what the feed wants open and acknowledges what it subscribes.
  void come_up() {
    for (auto& [stream, wanted] : io_.wanted) {
      if (!std::exchange(wanted, false)) continue;
      io_.up[stream] = true;
      feed_->on_open(stream, now_);
    }
    auto sent = std::exchange(io_.sent, {});
    for (const auto& [stream, text] : sent) {
      const std::string_view head = R"("req_id":")";
      const std::size_t at = text.find(head) + head.size();
      frame(stream, fmt::format(R"({{"success":true,"ret_msg":"","req_id":"{}","op":"subscribe"}})",
                                text.substr(at, text.find('"', at) - at)));
    }
  }

  std::string bar(int minute, bool confirm) {
    const std::int64_t start = kStartMs + minute * kMinuteMs;
    return fmt::format(
        R"({{"topic":"kline.1.BTCUSDT","ts":{},"data":[{{"start":{},"end":{},"interval":"1","open":"{}","close":"100","high":"9999","low":"1","volume":"1","turnover":"","confirm":{}}}]}})",
        to_unix_ms(clock_.at(now_)), start, start + 59'999, 100 + minute, confirm);
  }

  std::string book(int update) {
    return fmt::format(
        R"({{"topic":"orderbook.50.BTCUSDT","ts":{},"type":"{}","data":{{"s":"BTCUSDT","b":[["{}","1"]],"a":[["{}","1"]],"u":{}}}}})",
        to_unix_ms(clock_.at(now_)), update % 10 == 0 ? "snapshot" : "delta", 100 + update % 7,
        105 + update % 5, update);
  }

  static std::int64_t number_after(const std::string& target, std::string_view key) {
    const std::size_t at = target.find(key);
    return at == std::string::npos ? 0 : std::atoll(target.c_str() + at + key.size());
  }

  std::string truth(const std::string& target) {
    std::string result = "{}";
    const std::int64_t venue = to_unix_ms(clock_.at(now_));
    if (target.starts_with("/v5/market/time")) {
      result = fmt::format(R"({{"timeSecond":"{}"}})", venue / 1'000);
    } else if (target.starts_with("/v5/market/kline")) {
      std::string list;
      const std::int64_t last = std::min(number_after(target, "end="), venue);
      const std::int64_t first = std::max(number_after(target, "start="), last - 50 * kMinuteMs);
      for (std::int64_t open = last / kMinuteMs * kMinuteMs; open >= first; open -= kMinuteMs)
        list += fmt::format(R"({}["{}","{}","9999","1","100","1",""])", list.empty() ? "" : ",",
                            open, 100 + (open - kStartMs) / kMinuteMs % 1'000);
      result = fmt::format(R"({{"list":[{}]}})", list);
    } else {
      result = R"({"nextPageCursor":"","list":[]})";
    }
    return fmt::format(R"({{"retCode":0,"retMsg":"OK","result":{},"time":{}}})", result, venue);
  }

  FeedSettings settings_;
  InstrumentTable table_ = test::table();
  SteadyTime now_{1h};
  Io io_;
  VenueClock clock_;
  Sink sink_;
  std::unique_ptr<PublicFeed> feed_;
};

}  // namespace
}  // namespace proteus::bybit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  proteus::bybit::World world(data[0]);
  world.step('o', "");
  std::string_view rest = proteus::fuzz::text_of(data + 1, size - 1);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.empty()) world.step(line[0], line.substr(1));
  }
  world.check();
  return 0;
}
