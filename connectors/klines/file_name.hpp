// What the name of a kline file says: `<exchange>-<market>_<SYMBOL>_<interval>[_<suffix>].csv` with
// `.gz`, `.zst` or nothing behind it, e.g. `bybit-linear_BTCUSDT_1m.csv.gz`.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/core/instrument.hpp"

namespace proteus::klines {

struct KlineFileName {
  std::string exchange;
  InstrumentName instrument;  ///< market `linear` or `usdm`: Linear; `spot`: Spot
  Interval interval = Interval::M1;
  std::string suffix;  ///< `sampled`, `202103`, ...; mostly empty
};

/// Errors: Malformed, with the pattern. The file need not exist.
Result<KlineFileName> parse_kline_file_name(const std::filesystem::path& path);

/// The files of `instruments` in `directory`, in the order asked, e.g. exchange "bybit": packed by
/// gzip, by zstd or plain, whichever is there first in this order; without suffix. Errors:
/// NotFound, naming every instrument that has none.
Result<std::vector<std::filesystem::path>> find_kline_files(
    const std::filesystem::path& directory, std::string_view exchange,
    std::span<const InstrumentName> instruments, Interval interval);

}  // namespace proteus::klines
