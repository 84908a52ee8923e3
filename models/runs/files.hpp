// What a run does with files, as results with the path and the system's words. Errors: Io.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "engine/core/result.hpp"

namespace proteus::runs {

/// "cannot WHAT PATH: WHY".
Error io_error(std::string_view what, const std::filesystem::path& path,
               const std::error_code& why);
Result<bool> is_there(const std::filesystem::path& path);
/// Takes the place of what is there.
Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to);
/// With those above it.
Result<void> make_folder(const std::filesystem::path& folder);
/// The whole of a file.
Result<std::string> read_text(const std::filesystem::path& path);
/// A new file of `text`, synced.
Result<void> write_text(const std::filesystem::path& path, const std::string& text);

/// Holds a folder against other processes for as long as it lives.
class FolderLock {
 public:
  /// Errors: Busy, Io.
  static Result<FolderLock> take(const std::filesystem::path& folder, int rank);
  /// Whether take() would be refused now; writes nothing. Errors: Busy, Io.
  static Result<void> check_free(const std::filesystem::path& folder, int rank);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace proteus::runs
