// A file of rows packed for keeping: gzip, zstd, or as it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus::klines {

enum class Packing : std::uint8_t { None, Gzip, Zstd };

/// "gz", "zst", "none".
std::optional<Packing> parse_packing(std::string_view word);
/// What stands behind ".csv": ".gz", ".zst", nothing.
std::string_view ending_of(Packing packing);

/// Writes `from`, packed, to `to`, which is made or replaced as a whole (by way of "<to>.tmp") and
/// synced. The same bytes always give the same bytes. Constant memory. Errors: NotFound, Io.
Result<void> pack_file(const std::filesystem::path& from, const std::filesystem::path& to,
                       Packing packing);

}  // namespace proteus::klines
