// The bytes of a file, unpacked on the way: plain, gzip or zstd, told apart by their first bytes
// and not by the name. Constant memory. A compressed file that ends before its last block is an
// error, never a short file. One thread at a time.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "engine/core/result.hpp"

namespace proteus::klines {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills up to buffer.size() bytes; 0 only at the end. Errors: Io, Corrupt (damaged or cut
  /// compressed data), with the path.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
};

/// Errors: NotFound (no such file), Io (a directory, no permission).
Result<std::unique_ptr<ByteSource>> open_bytes(const std::filesystem::path& path);

}  // namespace proteus::klines
