// Funding history of one instrument: CSV, plain or packed, header `time_ms,rate`, strictly
// ascending. `time_ms` is the settlement in UTC milliseconds, `rate` the share of the position's
// value that longs pay to shorts then (0.0001 = 1 bp; negative: shorts pay).
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::klines {

struct FundingRate {
  Timestamp time{};
  std::int64_t rate_e9 = 0;  ///< 1e-9 units: 100'000 = 0.0001
};

/// The whole file. Errors: NotFound, Io, Corrupt; Malformed and OutOfRange (more than nine
/// decimals, or a rate beyond ±1) with path:line.
Result<std::vector<FundingRate>> read_funding(const std::filesystem::path& path);

}  // namespace proteus::klines
