// Bars from a file: CSV, plain or packed by gzip or zstd, with the header
//
//   start_ms,open,high,low,close,volume,turnover
//
// and one closed bar a line: opening time in UTC milliseconds, a multiple of the interval; prices
// as plain decimals, read exactly; volume in base; turnover in quote, empty (0) where unknown.
// Strictly ascending. A missing bar is an absent row. "\n" or "\r\n". Anything else is refused with
// path:line and the reason: nothing is repaired, skipped or filled in.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "connectors/klines/line_reader.hpp"
#include "engine/core/bar.hpp"

namespace proteus::klines {

class KlineReader {
 public:
  /// Opens the file and checks its header. Errors: NotFound, Io, Corrupt, Malformed (no header).
  static Result<KlineReader> open(const std::filesystem::path& path, InstrumentId instrument,
                                  Interval interval);

  /// The next bar, nothing at the end. Errors: Malformed (a row that is none, unsorted, repeated,
  /// misaligned, absurd), OutOfRange (a price with more than nine decimals or beyond 9.2e9),
  /// Corrupt, Io. After an error, and after the end, the same answer comes again.
  Result<std::optional<Bar>> next();

  /// Number of the line read last, for messages of the caller.
  [[nodiscard]] std::uint64_t line() const { return lines_.line(); }
  [[nodiscard]] Error at_line(ErrorCode code, std::string_view what) const {
    return lines_.at_line(code, what);
  }

 private:
  KlineReader(LineReader lines, InstrumentId instrument, Interval interval)
      : lines_(std::move(lines)), instrument_(instrument), interval_(interval) {}
  Result<std::optional<Bar>> read();
  Result<Bar> parse(std::string_view line) const;

  LineReader lines_;
  InstrumentId instrument_;
  Interval interval_;
  std::optional<Timestamp> last_open_;
  std::optional<Error> failed_;
  bool ended_ = false;
};

/// The whole file. Errors: those of KlineReader.
Result<std::vector<Bar>> read_klines(const std::filesystem::path& path, InstrumentId instrument,
                                     Interval interval);

}  // namespace proteus::klines
