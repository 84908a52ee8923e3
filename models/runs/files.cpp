#include "models/runs/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "models/runs/appended_file.hpp"

namespace proteus::runs {

namespace fs = std::filesystem;

namespace {

fs::path lock_path(const fs::path& folder, int rank) {
  return folder / (rank == 0 ? ".lock" : fmt::format(".lock.rank-{}", rank));
}

}  // namespace

Error io_error(std::string_view what, const fs::path& path, const std::error_code& why) {
  return error(ErrorCode::Io, fmt::format("cannot {} {}: {}", what, path.string(), why.message()));
}

Result<bool> is_there(const fs::path& path) {
  std::error_code failed;
  const bool there = fs::exists(path, failed);
  if (failed) return io_error("look for", path, failed);
  return there;
}

Result<void> move_file(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) return io_error("rename", from, failed);
  return success();
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return io_error("make the folder", folder, failed);
  return success();
}

Result<std::string> read_text(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error("open", path, {errno, std::generic_category()});
  std::string text;
  std::array<char, 65'536> piece;
  ssize_t n = 0;
  while ((n = ::read(fd, piece.data(), piece.size())) > 0 || (n < 0 && errno == EINTR))
    text.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  const std::error_code failed(n < 0 ? errno : 0, std::generic_category());
  ::close(fd);
  if (failed) return io_error("read", path, failed);
  return text;
}

Result<void> write_text(const fs::path& path, const std::string& text) {
  BOOST_OUTCOME_TRY(auto file, AppendedFile::open(path, 0));
  BOOST_OUTCOME_TRY(file.append(text));
  return file.sync();
}

Result<FolderLock> FolderLock::take(const fs::path& folder, int rank) {
  const fs::path path = lock_path(folder, rank);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return io_error("open", path, {errno, std::generic_category()});
  FolderLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return error(ErrorCode::Busy,
                 fmt::format("another process trains in {}: end it, or name another folder",
                             folder.string()));
  return lock;
}

Result<void> FolderLock::check_free(const fs::path& folder, int rank) {
  BOOST_OUTCOME_TRY(const bool there, is_there(lock_path(folder, rank)));
  if (!there) return success();
  BOOST_OUTCOME_TRY(take(folder, rank));
  return success();
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace proteus::runs
