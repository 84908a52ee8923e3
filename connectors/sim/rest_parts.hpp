// What the REST paths share: reading parameters as the venue does, and its envelope.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "connectors/sim/frames.hpp"
#include "connectors/sim/text.hpp"
#include "engine/core/result.hpp"

namespace proteus::sim {

/// A request that the venue refuses: HTTP 200 with retCode 10001 and this text.
inline Error bad_parameter(std::string text) { return error(ErrorCode::Refused, std::move(text)); }

/// Everything a path needs; `last_page_cursor`: a fault makes the last page carry a cursor.
struct Request {
  Market& market;
  const Query& query;
  Timestamp now;
  bool last_page_cursor = false;
};

inline Result<Category> category_of(const Request& request, std::string_view fallback = {}) {
  const std::string_view word = request.query.value_or("category", fallback);
  if (word == "linear") return Category::Linear;
  if (word == "spot") return Category::Spot;
  return bad_parameter("params error: Category is invalid");
}

inline Result<InstrumentId> symbol_of(const Request& request, Category category) {
  const auto id = request.market.find(category, request.query.value_or("symbol", {}));
  if (!id) return bad_parameter("Not supported symbols");
  return *id;
}

/// An integer parameter; `fallback` when absent. Above `max` it is clamped, below `min` refused.
inline Result<std::int64_t> number_of(const Request& request, std::string_view key,
                                      std::int64_t fallback, std::int64_t min, std::int64_t max) {
  const std::string* text = request.query.find(key);
  if (text == nullptr) return fallback;
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (ec != std::errc{} || end != text->data() + text->size() || value < min)
    return bad_parameter("params error: " + std::string(key) + " invalid");
  return std::min(value, max);
}

inline constexpr std::int64_t kMsMax = 9'000'000'000'000;

/// A time in ms; nothing when absent.
inline Result<std::optional<Timestamp>> time_of(const Request& request, std::string_view key) {
  if (request.query.find(key) == nullptr) return std::optional<Timestamp>{};
  BOOST_OUTCOME_TRY(const std::int64_t ms, number_of(request, key, 0, 0, kMsMax));
  return std::optional(from_unix_ms(ms));
}

// Each gives the text of `result`. Files: rest_klines.cpp, rest_instruments.cpp, rest_market.cpp.
Result<std::string> klines(const Request& request);
Result<std::string> mark_klines(const Request& request);
Result<std::string> instruments_info(const Request& request);
Result<std::string> tickers(const Request& request);
Result<std::string> orderbook(const Request& request);
Result<std::string> recent_trades(const Request& request);
Result<std::string> funding_history(const Request& request);
Result<std::string> price_limit(const Request& request);

}  // namespace proteus::sim
