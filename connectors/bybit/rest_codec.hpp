// REST bodies of the market endpoints -> values. Same rules for fields as the frame codec.
//
// A body is looked at only after its HTTP status: an error status comes with HTML, plain text or
// nothing. `check_answer` is the gate; what it lets through is an envelope with retCode 0.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/bybit/codec.hpp"
#include "connectors/bybit/feed_io.hpp"
#include "engine/core/bar.hpp"
#include "engine/core/instrument.hpp"

namespace proteus::bybit {

/// What to do about an answer.
enum class RestVerdict : std::uint8_t {
  Good,
  Banned,   ///< HTTP 403: stop all REST for ten minutes
  Limited,  ///< HTTP 429, retCode 10006: slow down, then ask again
  Failed,   ///< 5xx, time-outs, server codes, a body that is no envelope: ask again after a pause
  Refused   ///< the venue understood and said no: asking again changes nothing by itself
};

struct RestCheck {
  RestVerdict verdict = RestVerdict::Failed;
  std::string reason;  ///< one sentence; empty when good
  Timestamp time{};    ///< the envelope's server time; epoch where it has none
};

/// One page of instruments-info. A row we cannot hold stands with its problem: only a wanted
/// instrument's problem matters.
struct InstrumentRow {
  Instrument instrument;  ///< id is not set
  std::string symbol;
  std::string problem;  ///< empty: none
};
struct InstrumentPage {
  std::vector<InstrumentRow> rows;
  std::string next_cursor;  ///< empty: last page
};

/// Candles, oldest first, without a word about which of them is still running. `server_time` tells.
struct BarPage {
  std::vector<Bar> bars;
  Timestamp server_time{};
};

/// Mark prices have no volume.
struct MarkBar {
  Timestamp open_time{};
  Price open, high, low, close;
};

struct TickerRow {
  InlineText<32> symbol;
  TickerValues values;
};

struct FundingRow {
  Timestamp time{};
  std::int64_t rate_e9 = 0;
};

class RestCodec {
 public:
  RestCodec();
  ~RestCodec();
  RestCodec(const RestCodec&) = delete;

  RestCheck check_answer(const HttpResponse& response);

  // Each reads a body that check_answer found good. Errors: Malformed or OutOfRange.
  Result<Timestamp> server_time(std::string_view body);
  Result<InstrumentPage> instruments(std::string_view body, Category category);
  Result<BarPage> klines(std::string_view body, InstrumentId instrument, Interval interval);
  Result<std::vector<MarkBar>> mark_klines(std::string_view body);  ///< oldest first
  Result<std::vector<TickerRow>> tickers(std::string_view body);
  Result<std::vector<FundingRow>> funding_history(std::string_view body);  ///< oldest first

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::bybit
