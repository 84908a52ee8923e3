// The bytes of a log segment by their offset, whether the file lies plain or compressed (".zst").
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "connectors/storage/file.hpp"

namespace proteus::storage {

class LogSource {
 public:
  /// Errors: NotFound, Io.
  static Result<LogSource> open(const std::filesystem::path& path);
  LogSource(LogSource&&) noexcept;
  LogSource& operator=(LogSource&&) noexcept;
  ~LogSource();

  [[nodiscard]] bool packed() const { return unpacker_ != nullptr; }
  /// Fills `out` from `offset`; fewer bytes only where the segment ends. A compressed one is read
  /// quickest forwards: going back begins anew. Errors: Io; Corrupt, where it cannot be unpacked.
  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out);
  /// Size of a plain file as it is now.
  Result<std::uint64_t> size() const { return size_of(file_, path_); }
  [[nodiscard]] const Descriptor& file() const { return file_; }

 private:
  struct Unpacker;
  LogSource(std::filesystem::path path, Descriptor file);
  Result<std::size_t> read_plain(std::uint64_t offset, std::span<std::byte> out) const;

  std::filesystem::path path_;
  Descriptor file_;
  std::unique_ptr<Unpacker> unpacker_;
};

}  // namespace proteus::storage
