// A file of rows on its way from the venue: "<name>.csv.part" grows by whole pages in the order of
// time, "<name>.csv.progress" says how far it is good, and when all is there it is packed to its
// own name. Whatever ends the process, the next one goes on where this one stopped; rows of an
// earlier fetch are taken over and not asked for again. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/klines/pack_file.hpp"
#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::app::record {

struct FetchRow {
  Timestamp time{};
  std::string text;  ///< a line, without newline
};

/// First and last row of a file that is there.
struct FileSpan {
  std::filesystem::path path;
  Timestamp first{}, last{};
};

class FetchFile {
 public:
  /// `stem`: folder and name without ".csv...". `check` reads a whole file and tells its span
  /// (nothing: no row). Errors: Io; those of `check`.
  static Result<FetchFile> open(
      const std::filesystem::path& stem, std::string header, Timestamp from,
      const std::function<Result<std::optional<FileSpan>>(const std::filesystem::path&)>& check);

  /// Rows until here (exclusive) are written.
  [[nodiscard]] Timestamp next() const { return next_; }
  /// What an earlier fetch left and is not taken over yet.
  [[nodiscard]] const std::optional<FileSpan>& earlier() const { return earlier_; }
  /// Rows that were there before this process began, in the part.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// Appends rows in order; everything before `next` is then known. Errors: Io.
  Result<void> append(const std::vector<FetchRow>& rows, Timestamp next);
  /// Copies the rows of the earlier file, and goes on at `next` behind them; `see` hears each line.
  Result<void> take_earlier(Timestamp next, const std::function<void(std::string_view)>& see);
  /// Packs it to its own name. `earlier` under another ending goes. Errors: Io.
  Result<std::filesystem::path> finish(klines::Packing packing);
  /// Removes what was begun.
  void drop() const;

 private:
  Result<void> write(std::string_view text, Timestamp next);
  std::filesystem::path stem_;
  Timestamp from_{};
  Timestamp next_{};
  std::uint64_t bytes_ = 0;
  std::optional<FileSpan> earlier_;
  std::optional<std::filesystem::path> replaced_;
};

}  // namespace proteus::app::record
