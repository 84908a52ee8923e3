// Whether a recorded body is what the venue answers to a request. Recordings hold the bodies of
// answers and not what was asked, so that it has to be told from what stands in them.
#pragma once

#include <string>
#include <string_view>

#include "connectors/bybit/rest_codec.hpp"

namespace proteus::replay {

enum class RestKind : std::uint8_t { Other, Time, Instruments, Klines, Funding };

/// A request taken apart: "/v5/market/kline?category=linear&symbol=BTCUSDT&...".
struct RestRequest {
  RestKind kind = RestKind::Other;
  Category category = Category::Linear;
  std::string symbol;
  std::string cursor;
  Interval interval = Interval::M1;
  Timestamp from{}, to{};  ///< first and last row, both inclusive
};
RestRequest parse_request(std::string_view target);

/// What a body answers, looked at from far: nothing in it is believed yet.
RestKind kind_of(std::string_view body);

/// Some: it has rows that were asked for, and others.
enum class Fit : std::uint8_t { None, Some, Whole };
/// Whether `body` could be the answer to `request`: its kind, category and symbol, rows of its span
/// and at its interval. A page of instruments fits any page: they come in their order.
Fit fit(bybit::RestCodec& codec, const RestRequest& request, std::string_view body);

/// What a venue that knows no row says at `now`; and what it says of its time.
std::string empty_klines(const RestRequest& request, Timestamp now);
std::string time_answer(Timestamp now);

}  // namespace proteus::replay
