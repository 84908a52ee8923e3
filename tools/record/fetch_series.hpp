// One series of rows that is fetched: which windows are asked for, what their answers must hold,
// and which bars the venue does not have. Knows no socket. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/bybit/kline_merger.hpp"
#include "engine/core/instrument.hpp"
#include "tools/record/fetch_file.hpp"

namespace proteus::app::record {

enum class FetchKind : std::uint8_t { Klines, MarkKlines, Funding };

struct FetchJob {
  FetchKind kind = FetchKind::Klines;
  InstrumentName name;
  Interval interval = Interval::M1;  ///< not of funding
};

/// "linear:BTCUSDT 1m", "linear:BTCUSDT 1m mark", "linear:BTCUSDT funding".
std::string job_text(const FetchJob& job);
/// "bybit-linear_BTCUSDT_1m", "..._1m_mark", "bybit-linear_BTCUSDT_funding".
std::string job_stem(const FetchJob& job);

/// Rows that are not there, though others are before them: [from, until).
struct FetchGap {
  Timestamp from{}, until{};
  std::uint64_t rows = 0;
};

class FetchSeries {
 public:
  using Window = bybit::BarWindow;  ///< times of rows from .. until, both inclusive

  /// Rows of [from, end). `from` is moved to the next opening time. Errors: those of the files that
  /// are there.
  static Result<FetchSeries> open(const FetchJob& job, const std::filesystem::path& folder,
                                  Timestamp from, Timestamp end);

  /// The next window to ask for; nothing: enough is under way, or there is none.
  std::optional<Window> ask();
  /// Rows of a window in any order; others in it are ignored. Errors: Io.
  Result<void> take(const Window& window, std::vector<FetchRow> rows);
  [[nodiscard]] bool complete() const { return complete_; }
  /// Reads the whole of it once more and packs it. After `complete`. Errors: NotFound, it has no
  /// row and there is no file then; Io; Malformed.
  Result<void> finish(klines::Packing packing);

  [[nodiscard]] const FetchJob& job() const { return job_; }
  [[nodiscard]] std::uint64_t windows_left() const;
  [[nodiscard]] std::uint64_t windows_done() const { return done_; }
  [[nodiscard]] const std::vector<FetchGap>& gaps() const { return gaps_; }
  [[nodiscard]] std::uint64_t missing() const { return missing_; }
  [[nodiscard]] const std::optional<FileSpan>& span() const { return span_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  FetchSeries(FetchJob job, FetchFile file, Timestamp end);
  [[nodiscard]] Timestamp after(Timestamp row) const;
  [[nodiscard]] Window window_at(Timestamp from) const;
  Result<void> flush();
  Result<void> enter_earlier();
  bool has_hole(const Window& window, const std::vector<FetchRow>& rows) const;
  void see(Timestamp row);

  FetchJob job_;
  FetchFile file_;
  Timestamp from_{}, end_{};
  Timestamp asking_{};  ///< start of the window that is asked for next
  std::deque<Window> again_;
  std::set<Timestamp> asked_twice_;
  std::map<Timestamp, std::pair<Window, std::vector<FetchRow>>> arrived_;
  std::size_t under_way_ = 0;
  std::optional<Timestamp> last_;  ///< row
  std::vector<FetchGap> gaps_;
  std::uint64_t missing_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t rows_ = 0;
  bool complete_ = false;
  std::optional<FileSpan> span_;
  std::filesystem::path path_;
};

}  // namespace proteus::app::record
