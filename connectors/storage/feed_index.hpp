// The index at the end of a packed part of a feed. A packed part is a row of zstd frames, one a
// block of whole lines, each with its own checksum, and behind them one skippable zstd frame (RFC
// 8878, 3.1.2) that says where each block lies and which times it holds: `zstdcat` steps over it, a
// reader finds any time with two reads, and what is damaged in one block is no matter to the
// others.
//
//   skippable   u32 magic 0x184D2A57, u32 size of the payload (little-endian, as all that follows)
//   payload     "PROTEUSI", u32 version (1), u32 blocks, u32 length of `after`, `after`
//               blocks x (u64 offset, u64 packed bytes, u64 text bytes, u64 lines,
//                         i64 first, i64 last, u32 CRC-32C of the text)
//               u32 CRC-32C of the payload so far, u32 size of the payload, "PROTEUSI"
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "connectors/storage/file.hpp"
#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::storage {

struct FeedBlock {
  std::uint64_t offset = 0;  ///< of its zstd frame in the file
  std::uint64_t packed = 0;  ///< bytes of it
  std::uint64_t text = 0;    ///< bytes that it unpacks to
  std::uint64_t lines = 0;
  Timestamp first{};  ///< received: its first frame
  Timestamp last{};   ///< and its last
  std::uint32_t crc = 0;
  friend bool operator==(const FeedBlock&, const FeedBlock&) = default;
};

struct FeedIndex {
  std::vector<FeedBlock> blocks;
  /// Name of the part of the same stream before this one, without ".zst"; empty: none was there.
  std::string after;
  friend bool operator==(const FeedIndex&, const FeedIndex&) = default;
};

void append_index(std::string& out, const FeedIndex& index);

/// Nothing: the file does not end with an index. Errors: Corrupt (an index that cannot be true),
/// Io.
Result<std::optional<FeedIndex>> read_index(const Descriptor& file,
                                            const std::filesystem::path& path);

/// CRC-32C of text.
std::uint32_t text_crc(std::string_view text);

}  // namespace proteus::storage
