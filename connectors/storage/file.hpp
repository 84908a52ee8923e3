// Descriptors and the few file operations of this room, with errors as sentences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::storage {

/// Owns a file descriptor; -1: none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

/// "cannot <what> <path>: <the system's words>", code Io (NotFound: it is not there, Busy: it
/// is there already).
Error io_error(std::string_view what, const std::filesystem::path& path, int number);

/// Opens with close-on-exec. flags as for open(2); new files get mode 0640.
Result<Descriptor> open_file(const std::filesystem::path& path, int flags);
/// Writes all of it, over short writes and interrupts.
Result<void> write_all(const Descriptor& file, std::string_view bytes,
                       const std::filesystem::path& path);
/// Replaces `path` as a whole: a file of the same folder is written, synced and renamed.
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);
/// The whole of it. Errors: those of open_file; Io (a folder too).
Result<std::string> read_file(const std::filesystem::path& path);
Result<std::uint64_t> size_of(const Descriptor& file, const std::filesystem::path& path);
/// "2025-05-29T17-05-00Z": to the second, fit for file names.
std::string utc_stamp(Timestamp time);
/// "<path>.<word>-<utc>", or the same with "-2", "-3", ... where that is taken.
std::filesystem::path aside_name(const std::filesystem::path& path, std::string_view word,
                                 Timestamp now);
/// The same with the word "damaged".
std::filesystem::path damaged_name(const std::filesystem::path& path, Timestamp now);
/// Syncs the folder, so that a rename or a new file in it outlives a power loss.
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace proteus::storage
