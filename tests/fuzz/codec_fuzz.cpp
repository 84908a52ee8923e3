// Public websocket frames. Whatever comes: an error is one bounded sentence; a price that comes out
// stands in the frame as a decimal; what was read, written again and read again is the same; and a
// codec that has read other frames before says the same as a fresh one.
#include <fmt/format.h>

#include <cmath>

#include "connectors/bybit/codec.hpp"
#include "tests/fuzz/property.hpp"
#include "tests/market_table.hpp"

namespace proteus::bybit {
namespace {

using test::table;

const InstrumentTable& instruments() {
  static const InstrumentTable t = table();
  return t;
}
const SymbolIndex& linear() {
  static const SymbolIndex index(instruments(), Category::Linear);
  return index;
}

std::string_view symbol_of(InstrumentId id) { return instruments()[id].symbol.view(); }

std::string decimal_or_none(const char* key, const std::optional<Price>& price) {
  return price ? fmt::format(R"(,"{}":"{}")", key, price->to_string()) : std::string();
}

// ---- what was read, as the venue would write it ---------------------------------------------

std::string written(const KlineFrame& frame) {
  if (frame.rows.empty()) return "";
  const Bar& first = frame.rows[0].bar;
  std::string rows;
  for (const Kline& row : frame.rows) {
    const Bar& b = row.bar;
    rows += fmt::format(
        R"({}{{"start":{},"end":{},"interval":"{}","open":"{}","close":"{}","high":"{}","low":"{}","volume":"{}","turnover":"{}","confirm":{}}})",
        rows.empty() ? "" : ",", to_unix_ms(b.open_time), to_unix_ms(b.close_time) - 1,
        wire_interval(b.interval), b.open.to_string(), b.close.to_string(), b.high.to_string(),
        b.low.to_string(), b.volume, b.turnover, row.confirmed);
  }
  return fmt::format(R"({{"topic":"{}","ts":{},"data":[{}]}})",
                     kline_topic(first.interval, symbol_of(first.instrument)), to_unix_ms(frame.ts),
                     rows);
}

std::string written(const TickerFrame& frame) {
  const TickerValues& v = frame.values;
  std::string fields = decimal_or_none("lastPrice", v.last) + decimal_or_none("markPrice", v.mark) +
                       decimal_or_none("indexPrice", v.index);
  if (v.funding_rate_e9)
    fields += fmt::format(R"(,"fundingRate":"{}")", format_fixed(*v.funding_rate_e9));
  if (v.next_funding)
    fields += fmt::format(R"(,"nextFundingTime":"{}")", to_unix_ms(*v.next_funding));
  return fmt::format(R"({{"topic":"{}","type":"{}","ts":{},"data":{{"symbol":"{}"{}}}}})",
                     ticker_topic(symbol_of(frame.instrument)),
                     frame.snapshot ? "snapshot" : "delta", to_unix_ms(frame.ts),
                     symbol_of(frame.instrument), fields);
}

std::string side(std::span<const BookLevel> levels) {
  std::string text;
  for (const BookLevel& level : levels)
    text += fmt::format(R"({}["{}","{}"])", text.empty() ? "" : ",", level.price.to_string(),
                        level.size.to_string());
  return text;
}

std::string written(const BookFrame& frame) {
  return fmt::format(
      R"({{"topic":"{}","type":"{}","ts":{},"data":{{"s":"{}","b":[{}],"a":[{}],"u":{}}}}})",
      book_topic(frame.depth, symbol_of(frame.instrument)), frame.snapshot ? "snapshot" : "delta",
      to_unix_ms(frame.ts), symbol_of(frame.instrument), side(frame.bids), side(frame.asks),
      frame.update_id);
}

/// Trades, commands and frames that are not ours are not written again.
template <class Other>
std::string written(const Other&) {
  return "";
}

/// Every field of a frame that was read, as text.
std::string told(const Frame& frame) {
  std::string text = fmt::format("{}: ", frame.index());
  std::visit(
      [&](const auto& body) {
        using T = std::remove_cvref_t<decltype(body)>;
        if constexpr (std::is_same_v<T, Ack>)
          text += fmt::format("{} {} {} {}", body.success, body.op.view(), body.req_id.view(),
                              body.message.view());
        else if constexpr (std::is_same_v<T, Pong>)
          text += body.req_id.view();
        else if constexpr (std::is_same_v<T, UnknownFrame>)
          text += body.what.view();
        else if constexpr (std::is_same_v<T, TradeFrame>)
          for (const PublicTrade& t : body.trades)
            text +=
                fmt::format("{} {} {} {} {} {} {};", t.instrument.index, t.taker == Side::Buy,
                            t.block, t.price.raw(), t.size.raw(), to_unix_ns(t.time), t.id.view());
        else
          text += written(body);
      },
      frame);
  return text;
}

// ---- properties -----------------------------------------------------------------------------

void check_price(std::string_view bytes, Price price) {
  FUZZ_CHECK(bytes.find(price.to_string()) != std::string_view::npos, price.to_string());
}

void check(std::string_view bytes, const KlineFrame& frame) {
  for (const Kline& row : frame.rows) {
    const Bar& b = row.bar;
    FUZZ_CHECK(b.instrument.index < 2);
    FUZZ_CHECK(bar_open(b.open_time, b.interval) == b.open_time);
    FUZZ_CHECK(next_open(b.open_time, b.interval) == b.close_time && b.close_time > b.open_time);
    FUZZ_CHECK(std::isfinite(b.volume) && std::isfinite(b.turnover));
    for (const Price price : {b.open, b.high, b.low, b.close}) check_price(bytes, price);
  }
}
void check(std::string_view bytes, const TickerFrame& frame) {
  FUZZ_CHECK(frame.instrument.index < 2);
  for (const auto& price : {frame.values.last, frame.values.mark, frame.values.index})
    if (price) check_price(bytes, *price);
}
void check(std::string_view bytes, const BookFrame& frame) {
  FUZZ_CHECK(frame.instrument.index < 2);
  for (const auto levels : {frame.bids, frame.asks})
    for (const BookLevel& level : levels) {
      FUZZ_CHECK(level.price > Price{} && level.size >= Quantity{});
      check_price(bytes, level.price);
    }
}
void check(std::string_view bytes, const TradeFrame& frame) {
  for (const PublicTrade& trade : frame.trades) check_price(bytes, trade.price);
}
template <class Other>
void check(std::string_view, const Other&) {}

void run(std::string_view bytes) {
  static Codec worn(linear());
  const Result<Frame> again = worn.decode(bytes);
  // A fresh one has a buffer of just this size: reading past the frame is seen.
  Codec codec(linear());
  const Result<Frame> frame = codec.decode(bytes);
  FUZZ_CHECK(again.has_value() == frame.has_value());
  if (!frame) {
    fuzz::check_sentence(frame.error());
    FUZZ_CHECK(again.error().context == frame.error().context);
    FUZZ_CHECK(frame.error().context.find("it begins with") != std::string::npos);
    return;
  }
  const std::string is = told(frame.value());
  FUZZ_CHECK(told(again.value()) == is, is);
  std::visit([&](const auto& body) { check(bytes, body); }, frame.value());
  const std::string text =
      std::visit([](const auto& body) { return written(body); }, frame.value());
  if (text.empty()) return;
  const Result<Frame> back = codec.decode(text);
  FUZZ_CHECK(back.has_value(), text);
  FUZZ_CHECK(told(back.value()) == is, text);
}

}  // namespace
}  // namespace proteus::bybit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  proteus::bybit::run(proteus::fuzz::text_of(data, size));
  return 0;
}
