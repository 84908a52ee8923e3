// Frames and answers as the venue writes them (invented values).
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "connectors/bybit/codec.hpp"
#include "tests/market_table.hpp"

namespace proteus::bybit::test {

using proteus::test::instrument;
using proteus::test::table;

inline constexpr std::string_view kKline =
    R"({"topic":"kline.1.BTCUSDT","type":"snapshot","ts":1700000001441,"data":[{"start":1699999980000,"end":1700000039999,"interval":"1","open":"36500","close":"36510.5","high":"36511","low":"36499.9","volume":"0.329","turnover":"12011.9","confirm":false,"timestamp":1700000001441}]})";
inline constexpr std::string_view kTickerSnapshot =
    R"({"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","tickDirection":"PlusTick","price24hPcnt":"0.0123","lastPrice":"36510.50","prevPrice24h":"36065.00","highPrice24h":"36900.00","lowPrice24h":"35800.00","prevPrice1h":"36480.00","markPrice":"36511.20","indexPrice":"36512.01","openInterest":"49237.720","openInterestValue":"1797727000.11","turnover24h":"4936790807.6521","volume24h":"135191.3870","fundingIntervalHour":"8","fundingCap":"0.005","nextFundingTime":"1700006400000","fundingRate":"0.0001","bid1Price":"36510.40","bid1Size":"2.100","ask1Price":"36510.50","ask1Size":"1.250","preOpenPrice":"","preQty":"","curPreListingPhase":""},"cs":95322394290,"ts":1700000000630})";
inline constexpr std::string_view kTickerDelta =
    R"({"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"36511.30","bid1Size":"2.000"},"cs":95322394311,"ts":1700000000730})";
inline constexpr std::string_view kBookSnapshot =
    R"({"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1700000000978,"data":{"s":"BTCUSDT","b":[["36510.40","0.600"]],"a":[["36510.50","1.250"]],"u":18521288,"seq":79616387240},"cts":1700000000976})";
inline constexpr std::string_view kBookDelta =
    R"({"topic":"orderbook.50.BTCUSDT","ts":1700000000998,"type":"delta","data":{"s":"BTCUSDT","b":[["36510.40","0"]],"a":[],"u":18521289,"seq":79616387255},"cts":1700000000996})";
inline constexpr std::string_view kTrade =
    R"({"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1700000000130,"data":[{"T":1700000000128,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"36510.50","L":"PlusTick","i":"2f0c3a6e-0000-5000-9000-0000000000aa","BT":false,"RPI":false,"seq":178328461700}]})";

/// A kline frame of minute `start_ms` with the given texts.
inline std::string kline_frame(std::int64_t start_ms, std::string_view open, std::string_view high,
                               std::string_view low, std::string_view close,
                               std::string_view volume, bool confirm, std::int64_t ts_ms,
                               std::string_view symbol = "BTCUSDT") {
  return fmt::format(
      R"({{"topic":"kline.1.{}","data":[{{"start":{},"end":{},"interval":"1","open":"{}","close":"{}","high":"{}","low":"{}","volume":"{}","turnover":"","confirm":{},"timestamp":{}}}],"ts":{},"type":"snapshot"}})",
      symbol, start_ms, start_ms + 59'999, open, close, high, low, volume, confirm, ts_ms, ts_ms);
}

}  // namespace proteus::bybit::test
