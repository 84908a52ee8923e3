// The venue's names for what can be subscribed and asked: topic texts, interval texts, command
// texts and REST targets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/instrument.hpp"
#include "engine/core/time.hpp"

namespace proteus::bybit {

enum class TopicKind : std::uint8_t { Other, Kline, Ticker, Book, Trade };

/// A topic taken apart. Views into the text it was read from.
struct Topic {
  TopicKind kind = TopicKind::Other;
  Interval interval = Interval::M1;  ///< Kline
  int depth = 0;                     ///< Book
  std::string_view symbol;
};
/// Never fails: what is not understood is Other.
Topic parse_topic(std::string_view text);

/// "1" .. "720", "D", "W", "M".
std::string_view wire_interval(Interval interval);
std::optional<Interval> parse_wire_interval(std::string_view text);

std::string kline_topic(Interval interval, std::string_view symbol);
std::string ticker_topic(std::string_view symbol);
std::string book_topic(int depth, std::string_view symbol);

/// {"req_id":"s-1","op":"subscribe","args":["kline.1.BTCUSDT"]}, compact. `op`: subscribe or
/// unsubscribe. Topics hold no character that JSON would escape.
std::string command_text(std::string_view op, std::string_view req_id,
                         std::span<const std::string> topics);
std::string ping_text(std::string_view req_id);

std::string time_target();
/// Opening times from .. to, both inclusive, `limit` 1..1000.
std::string kline_target(Category category, std::string_view symbol, Interval interval,
                         Timestamp from, Timestamp to, int limit, bool mark_price = false);
/// cursor: as the venue sent it, already percent-encoded; empty for the first page.
std::string instruments_target(Category category, std::string_view cursor);
std::string tickers_target(Category category, std::string_view symbol);
/// Settlements from .. to, at most 200.
std::string funding_target(std::string_view symbol, Timestamp from, Timestamp to);

}  // namespace proteus::bybit
