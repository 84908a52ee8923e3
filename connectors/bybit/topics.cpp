#include "connectors/bybit/topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace proteus::bybit {
namespace {

constexpr std::array<std::string_view, 13> kIntervals = {
    "1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M"};

Topic symbol_topic(TopicKind kind, std::string_view symbol) {
  Topic topic;
  if (symbol.empty()) return topic;
  topic.kind = kind;
  topic.symbol = symbol;
  return topic;
}

Topic kline_parts(std::string_view rest) {
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos) return {};
  const std::optional<Interval> interval = parse_wire_interval(rest.substr(0, dot));
  if (!interval) return {};
  Topic topic = symbol_topic(TopicKind::Kline, rest.substr(dot + 1));
  topic.interval = *interval;
  return topic;
}

Topic book_parts(std::string_view rest) {
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > 4) return {};
  int depth = 0;
  for (const char c : rest.substr(0, dot)) {
    if (c < '0' || c > '9') return {};
    depth = depth * 10 + (c - '0');
  }
  Topic topic = symbol_topic(TopicKind::Book, rest.substr(dot + 1));
  topic.depth = depth;
  return topic;
}

}  // namespace

Topic parse_topic(std::string_view text) {
  constexpr std::string_view kKline = "kline.", kTicker = "tickers.", kBook = "orderbook.",
                             kTrade = "publicTrade.";
  if (text.starts_with(kKline)) return kline_parts(text.substr(kKline.size()));
  if (text.starts_with(kTicker))
    return symbol_topic(TopicKind::Ticker, text.substr(kTicker.size()));
  if (text.starts_with(kBook)) return book_parts(text.substr(kBook.size()));
  if (text.starts_with(kTrade)) return symbol_topic(TopicKind::Trade, text.substr(kTrade.size()));
  return {};
}

std::string_view wire_interval(Interval interval) {
  return kIntervals[static_cast<std::size_t>(interval)];
}

std::optional<Interval> parse_wire_interval(std::string_view text) {
  const auto* const found = std::find(kIntervals.begin(), kIntervals.end(), text);
  if (found == kIntervals.end()) return std::nullopt;
  return static_cast<Interval>(found - kIntervals.begin());
}

std::string kline_topic(Interval interval, std::string_view symbol) {
  return fmt::format("kline.{}.{}", wire_interval(interval), symbol);
}
std::string ticker_topic(std::string_view symbol) { return fmt::format("tickers.{}", symbol); }
std::string book_topic(int depth, std::string_view symbol) {
  return fmt::format("orderbook.{}.{}", depth, symbol);
}

std::string command_text(std::string_view op, std::string_view req_id,
                         std::span<const std::string> topics) {
  std::string text = fmt::format(R"({{"req_id":"{}","op":"{}","args":[)", req_id, op);
  for (std::size_t i = 0; i < topics.size(); ++i)
    text += fmt::format(R"({}"{}")", i == 0 ? "" : ",", topics[i]);
  return text + "]}";
}

std::string ping_text(std::string_view req_id) {
  return fmt::format(R"({{"req_id":"{}","op":"ping"}})", req_id);
}

std::string time_target() { return "/v5/market/time"; }

std::string kline_target(Category category, std::string_view symbol, Interval interval,
                         Timestamp from, Timestamp to, int limit, bool mark_price) {
  return fmt::format("/v5/market/{}?category={}&symbol={}&interval={}&start={}&end={}&limit={}",
                     mark_price ? "mark-price-kline" : "kline", to_string(category), symbol,
                     wire_interval(interval), to_unix_ms(from), to_unix_ms(to), limit);
}

std::string instruments_target(Category category, std::string_view cursor) {
  std::string target =
      fmt::format("/v5/market/instruments-info?category={}&limit=1000", to_string(category));
  if (!cursor.empty()) target += fmt::format("&cursor={}", cursor);
  return target;
}

std::string tickers_target(Category category, std::string_view symbol) {
  return fmt::format("/v5/market/tickers?category={}&symbol={}", to_string(category), symbol);
}

std::string funding_target(std::string_view symbol, Timestamp from, Timestamp to) {
  return fmt::format(
      "/v5/market/funding/history?category=linear&symbol={}&startTime={}&endTime={}&limit=200",
      symbol, to_unix_ms(from), to_unix_ms(to));
}

}  // namespace proteus::bybit
