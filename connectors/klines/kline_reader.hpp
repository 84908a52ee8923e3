// Bars from a file: CSV, plain or packed by gzip or zstd, with the header
//
//   start_ms,open,high,low,close,volume,turnover
//
// and one closed bar a line: opening time in UTC milliseconds, a multiple of the interval; prices
// as plain decimals, read exactly; volume in base; turnover in quote, empty (0) where unknown.
// Strictly ascending. A missing bar is an absent row. "\n" or "\r\n". Anything else is refused with
// path:line and the reason, or set aside and counted where that is asked for: nothing is repaired,
// skipped in silence or filled in.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "connectors/klines/bad_rows.hpp"
#include "connectors/klines/line_reader.hpp"
#include "engine/core/bar.hpp"

namespace proteus::klines {

class KlineReader {
 public:
  /// Opens the file and checks its header. Errors: NotFound, Io, Corrupt, Malformed (no header).
  static Result<KlineReader> open(const std::filesystem::path& path, InstrumentId instrument,
                                  Interval interval, BadRows bad_rows = BadRows::Refuse);

  /// The next bar, nothing at the end. Errors: Malformed (a row that is none, unsorted, repeated,
  /// misaligned, absurd), OutOfRange (a price with more than nine decimals or beyond 9.2e9); with
  /// BadRows::SetAside these are no errors, but counted. Corrupt, Io. After an error, and after the
  /// end, the same answer comes again.
  Result<std::optional<Bar>> next();

  /// What was set aside so far.
  [[nodiscard]] const SetAside& set_aside() const { return set_aside_; }

  /// Number of the line read last, for messages of the caller.
  [[nodiscard]] std::uint64_t line() const { return lines_.line(); }
  [[nodiscard]] Error at_line(ErrorCode code, std::string_view what) const {
    return lines_.at_line(code, what);
  }

 private:
  KlineReader(LineReader lines, InstrumentId instrument, Interval interval, BadRows bad_rows)
      : lines_(std::move(lines)),
        instrument_(instrument),
        interval_(interval),
        bad_rows_(bad_rows) {}
  Result<std::optional<Bar>> read();
  Result<Bar> take(std::string_view line);
  Result<Bar> parse(std::string_view line) const;

  LineReader lines_;
  InstrumentId instrument_;
  Interval interval_;
  BadRows bad_rows_;
  SetAside set_aside_;
  std::optional<Timestamp> last_open_;
  std::optional<Error> failed_;
  bool ended_ = false;
};

/// The whole file. Errors: those of KlineReader.
Result<std::vector<Bar>> read_klines(const std::filesystem::path& path, InstrumentId instrument,
                                     Interval interval);

}  // namespace proteus::klines
