// Bars from the CSV files that Yahoo Finance gives out and its libraries write:
//
//   Date,Open,High,Low,Close,Adj Close,Volume
//   Price,Close,High,Low,Open,Volume          <- with two lines "Ticker,..." and "Date,,..." below
//
// Columns in any order; `Adj Close` may be missing, `Dividends`, `Stock Splits` and `Capital Gains`
// are not read. A day without trade is an absent row, here as there: nothing is filled in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/bar.hpp"
#include "engine/core/result.hpp"

namespace proteus::klines {

struct YahooSettings {
  Interval interval = Interval::D1;  ///< of the rows
  bool skip_bad_rows = false;        ///< set them aside instead of refusing the file
  /// The volume counts money, as it does for pairs of currencies (BTC-USD), not shares.
  bool volume_in_quote = false;
};

struct YahooBars {
  std::vector<Bar> bars;               ///< ascending; without instrument
  std::vector<std::uint64_t> skipped;  ///< lines set aside
  std::string first_skipped;           ///< "path:line: why" of the first of them
  bool adjusted = false;               ///< prices were scaled by Adj Close / Close
  Duration gap{0};                     ///< longest time from a close to the next open
  std::size_t gaps = 0;                ///< how often there is any
};

/// Prices are rounded to 1e-6. With `Adj Close` all four are multiplied by Adj Close / Close, so
/// that splits and dividends do not look like losses. Of intervals from a day on the bar is that of
/// the written day, midnight to midnight UTC; of shorter ones the time with its offset counts.
/// Errors, with path:line and what to do: NotFound, Io, Corrupt; Malformed (columns, a row that is
/// none, empty values, prices that cannot be, a day that comes twice or before the last one).
Result<YahooBars> read_yahoo(const std::filesystem::path& path, const YahooSettings& settings);

/// The bars as the text of a kline file. Turnover 0 is written as not known.
std::string kline_text(const std::vector<Bar>& bars);

}  // namespace proteus::klines
