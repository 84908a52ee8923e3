#include "models/runs/appended_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace proteus::runs {
namespace {

Error io_error(std::string_view what, const std::filesystem::path& path, int number) {
  return error(ErrorCode::Io, fmt::format("cannot {} {}: {}", what, path.string(),
                                          std::generic_category().message(number)));
}

}  // namespace

Result<AppendedFile> AppendedFile::open(const std::filesystem::path& path, std::uint64_t size) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return io_error("open", path, errno);
  AppendedFile file{path, fd, size};
  struct stat info {};
  if (::fstat(fd, &info) != 0) return io_error("read the size of", path, errno);
  const auto there = static_cast<std::uint64_t>(info.st_size);
  if (there < size)
    return error(ErrorCode::Corrupt,
                 fmt::format("{} has {} bytes, and had {} when the run was saved: it was cut or "
                             "replaced",
                             path.string(), there, size));
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return io_error("cut back", path, errno);
  return file;
}

AppendedFile::AppendedFile(AppendedFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

AppendedFile& AppendedFile::operator=(AppendedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  return *this;
}

AppendedFile::~AppendedFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> AppendedFile::append(std::string_view bytes) {
  std::uint64_t at = size_;
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int number = n < 0 ? errno : ENOSPC;
      if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0)
        return io_error("cut back", path_, errno);
      return io_error("write", path_, number);
    }
    at += static_cast<std::uint64_t>(n);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  size_ = at;
  return success();
}

Result<void> AppendedFile::sync() {
  if (::fsync(fd_) != 0) return io_error("sync", path_, errno);
  return success();
}

}  // namespace proteus::runs
