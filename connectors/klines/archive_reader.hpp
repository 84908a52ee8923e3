// Bars from the CSV files of the venue's public archive, plain or packed. Which of these a file is
// its first line tells:
//
//   timestamp,symbol,side,size,price,...     trades of derivatives; seconds with a fraction; some
//                                            files run newest first
//   id,timestamp,price,volume,side[,rpi]     trades of spot; milliseconds
//   2021.01.31 23:59,1,2,0.5,1.5,10          bars without header, open to volume; the clock is
//   UTC+3 start_at,symbol,period,open,high,low,close   bars of an index, without volume; seconds
//   start_ms,open,high,low,close,volume,turnover a kline file of ours (kline_reader.hpp)
//
// Bars are made of trades as the venue makes them: first and last by time and then by their order,
// volume and turnover summed; a bar without trade between two with is flat at the last close. Block
// trades stand in these files like others and cannot be told apart.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "connectors/klines/bad_rows.hpp"
#include "engine/core/bar.hpp"

namespace proteus::klines {

enum class ArchiveLayout : std::uint8_t {
  DerivativeTrades,
  SpotTrades,
  MetaTrader,
  IndexBars,
  Klines,
};
std::string_view to_string(ArchiveLayout layout);

/// What the first line of a file says it is; nothing: none of these, no regular file,
/// or it cannot be read.
std::optional<ArchiveLayout> archive_layout(const std::filesystem::path& path);

struct ArchiveBars {
  ArchiveLayout layout = ArchiveLayout::Klines;
  std::vector<Bar> bars;  ///< ascending, without repeats; without instrument
  std::uint64_t rows = 0;
  std::uint64_t flat = 0;  ///< bars without trade
  std::string symbol;      ///< as the rows say; empty: they do not
  SetAside set_aside;
};

/// interval: of the bars that are made, or that the rows are. Errors, with path:line: NotFound, Io,
/// Corrupt; Malformed (no layout of these; a row that is none, of another symbol, off the interval,
/// a bar that comes twice or cannot be), OutOfRange. With BadRows::SetAside such rows are counted.
Result<ArchiveBars> read_archive(const std::filesystem::path& path, Interval interval,
                                 BadRows bad_rows = BadRows::Refuse);

}  // namespace proteus::klines
