#include "connectors/sim/topics.hpp"

namespace proteus::sim {
namespace {

constexpr std::size_t kDepths[] = {1, 50, 200, 1000};
constexpr Duration kBookRepeat = std::chrono::seconds{3};

class TradeTopic final : public Topic {
 public:
  using Topic::Topic;
  void wake(Timestamp) override {}
  std::string first(Timestamp) override { return {}; }
  Push push(Timestamp now) override {
    const Tape& tape = market_.tape(key_.instrument, now);
    if (!tape.running() || tape.path().trades().empty()) return {};
    return {trade_frame(name_, instrument(), tape.path().trades(), to_unix_ms(now), ts(now))};
  }
};

class KlineTopic final : public Topic {
 public:
  using Topic::Topic;
  void wake(Timestamp now) override {
    bucket_.reset();
    enter_bucket(now);
  }
  std::string first(Timestamp now) override {
    enter_bucket(now);
    if (next_open(*bucket_, interval()) == now) return {};  // That candle was just closed.
    const auto candle = so_far(now);
    return candle ? kline_frame(name_, interval(), *candle, false, ts(now)) : std::string{};
  }
  Push push(Timestamp now) override {
    enter_bucket(now);
    const auto candle = so_far(now);
    const Timestamp base_open = market_.grid().bar_before(now);
    if (next_open(base_open, market_.grid().base) == now) closed_part_ = candle;
    const bool closes = next_open(*bucket_, interval()) == now;
    const bool moved = market_.tape(key_.instrument, now).running();
    if (!candle || (!moved && !closes)) return {};
    return {kline_frame(name_, interval(), *candle, closes, ts(now)), closes};
  }

 private:
  [[nodiscard]] Interval interval() const { return static_cast<Interval>(key_.detail); }
  void enter_bucket(Timestamp now) {
    const Timestamp bucket = bar_open(now - Duration{1}, interval());
    if (bucket_ == bucket) return;
    bucket_ = bucket;
    closed_part_ =
        market_.candle_before(key_.instrument, interval(), bucket, market_.grid().bar_before(now));
  }
  [[nodiscard]] std::optional<Candle> so_far(Timestamp now) {
    std::optional<Candle> whole = closed_part_;
    const Tape& tape = market_.tape(key_.instrument, now);
    if (tape.running()) extend(whole, tape.path().candle(), *bucket_);
    return whole;
  }
  std::optional<Timestamp> bucket_;
  std::optional<Candle> closed_part_;  ///< closed base bars of the bucket
};

class BookTopic final : public Topic {
 public:
  using Topic::Topic;
  void wake(Timestamp now) override {
    book_ = market_.ladder(key_.instrument, key_.detail, now);
    // Never 1: that would tell of a restarted service.
    u_ = u_ == 0 ? to_unix_ms(now) / 1000 : u_ + 1;
    sent_ = now;
  }
  std::string first(Timestamp now) override { return snapshot(now); }
  Push push(Timestamp now) override {
    Ladder next = market_.ladder(key_.instrument, key_.detail, now);
    const bool was_empty = book_.asks.empty();
    const auto bids = changed_levels(book_.bids, next.bids);
    const auto asks = changed_levels(book_.asks, next.asks);
    if (bids.empty() && asks.empty()) {
      if (key_.detail != 1 || was_empty || now - sent_ < kBookRepeat) return {};
      sent_ = now;
      return {snapshot(now)};
    }
    book_ = std::move(next);
    sent_ = now;
    ++u_;
    if (key_.detail == 1 || was_empty) return {snapshot(now)};
    return {book_frame(name_, instrument(), key_.detail, false, bids, asks, u_, book_.matched,
                       ts(now), market_.clock_offset_ms())};
  }

 private:
  [[nodiscard]] std::string snapshot(Timestamp now) const {
    if (book_.asks.empty()) return {};
    return book_frame(name_, instrument(), key_.detail, true, book_.bids, book_.asks, u_,
                      book_.matched, ts(now), market_.clock_offset_ms());
  }
  Ladder book_;
  std::int64_t u_ = 0;
  Timestamp sent_{};
};

class TickerTopic final : public Topic {
 public:
  using Topic::Topic;
  void wake(Timestamp now) override {
    told_ = ticker_fields(market_, key_.instrument, now, TickerView::Stream);
  }
  std::string first(Timestamp now) override {
    if (told_.empty()) return {};
    return ticker_frame(name_, instrument(), {}, told_, seq(now), ts(now));
  }
  Push push(Timestamp now) override {
    TickerFields next = ticker_fields(market_, key_.instrument, now, TickerView::Stream);
    if (next.empty()) return {};
    Push out{ticker_frame(name_, instrument(), told_, next, seq(now), ts(now))};
    told_ = std::move(next);
    return out;
  }

 private:
  [[nodiscard]] std::int64_t seq(Timestamp now) const { return to_unix_ms(now); }
  TickerFields told_;
};

}  // namespace

std::optional<TopicKey> parse_topic(const Market& market, Category category,
                                    std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view kind = text.substr(0, dot);
  std::string_view rest = text.substr(dot + 1);
  TopicKey key;
  std::string_view detail;
  const bool detailed = kind == "kline" || kind == "orderbook";
  if (detailed) {
    const std::size_t second = rest.find('.');
    if (second == std::string_view::npos) return std::nullopt;
    detail = rest.substr(0, second);
    rest = rest.substr(second + 1);
  }
  const auto id = market.find(category, rest);
  if (!id) return std::nullopt;
  key.instrument = *id;
  if (kind == "publicTrade") {
    key.kind = TopicKind::Trade;
  } else if (kind == "tickers") {
    key.kind = TopicKind::Ticker;
  } else if (kind == "kline") {
    const auto interval = interval_of(detail);
    if (!interval || !market.offers(*interval)) return std::nullopt;
    key.kind = TopicKind::Kline;
    key.detail = static_cast<std::uint16_t>(*interval);
  } else if (kind == "orderbook") {
    key.kind = TopicKind::Book;
    for (const std::size_t depth : kDepths)
      if (detail == std::to_string(depth)) key.detail = static_cast<std::uint16_t>(depth);
    if (key.detail == 0) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return key;
}

std::unique_ptr<Topic> make_topic(Market& market, TopicKey key, std::string name) {
  switch (key.kind) {
    case TopicKind::Trade:
      return std::make_unique<TradeTopic>(market, key, std::move(name));
    case TopicKind::Book:
      return std::make_unique<BookTopic>(market, key, std::move(name));
    case TopicKind::Ticker:
      return std::make_unique<TickerTopic>(market, key, std::move(name));
    case TopicKind::Kline:
      break;
  }
  return std::make_unique<KlineTopic>(market, key, std::move(name));
}

}  // namespace proteus::sim
