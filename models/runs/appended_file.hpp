// A file that only grows, and can be cut back to where it once was: what a run writes row by row. A
// write that fails leaves it as it was before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus::runs {

class AppendedFile {
 public:
  /// Opens or makes it, and cuts it to `size` bytes. Errors: Io; Corrupt, where it is shorter.
  static Result<AppendedFile> open(const std::filesystem::path& path, std::uint64_t size);
  AppendedFile(AppendedFile&& other) noexcept;
  AppendedFile& operator=(AppendedFile&& other) noexcept;
  ~AppendedFile();

  /// All of it or nothing. Errors: Io, with the system's words.
  Result<void> append(std::string_view bytes);
  /// Comes back when the disk has it. Errors: Io.
  Result<void> sync();
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  AppendedFile(std::filesystem::path path, int fd, std::uint64_t size)
      : path_(std::move(path)), fd_(fd), size_(size) {}

  std::filesystem::path path_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace proteus::runs
