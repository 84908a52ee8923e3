// What a file of settings may be before it is parsed: a regular file of at most 1 MiB whose tables
// and lists do not nest without end. The parser recurses, and so must not see more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus::config {

inline constexpr std::size_t kFileBytesMax = 1U << 20U;
/// Brackets inside one another, and parts of a dotted name ("risk.limits" has two).
inline constexpr int kNestingMax = 16;

/// The whole text of a file. Errors: NotFound; Refused, where it is a pipe, a device or a folder;
/// OutOfRange, beyond kFileBytesMax; Io. Never waits for a writer.
Result<std::string> read_file(const std::filesystem::path& file);

struct TooDeep {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};
/// Where a text first nests deeper than kNestingMax; nothing: nowhere. Text in quotes and comments
/// does not count.
std::optional<TooDeep> too_deep(std::string_view toml);

}  // namespace proteus::config
