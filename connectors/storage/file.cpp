#include "connectors/storage/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace proteus::storage {

Descriptor::~Descriptor() { close(); }

void Descriptor::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Error io_error(std::string_view what, const std::filesystem::path& path, int number) {
  const ErrorCode code = number == ENOENT   ? ErrorCode::NotFound
                         : number == EEXIST ? ErrorCode::Busy
                                            : ErrorCode::Io;
  return error(code, fmt::format("cannot {} {}: {}", what, path.string(),
                                 std::generic_category().message(number)));
}

Result<Descriptor> open_file(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
  if (fd < 0) return io_error("open", path, errno);
  return Descriptor{fd};
}

Result<void> write_all(const Descriptor& file, std::string_view bytes,
                       const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return success();
}

Result<void> write_file(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path draft = path.string() + ".tmp";
  BOOST_OUTCOME_TRY(Descriptor file, open_file(draft, O_WRONLY | O_CREAT | O_TRUNC));
  BOOST_OUTCOME_TRY(write_all(file, bytes, draft));
  if (::fdatasync(file.get()) != 0) return io_error("sync", draft, errno);
  if (::rename(draft.c_str(), path.c_str()) != 0) return io_error("rename", draft, errno);
  return sync_folder(path.parent_path());
}

Result<std::string> read_file(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(const Descriptor file, open_file(path, O_RDONLY));
  std::string text;
  std::array<char, 65'536> piece;
  for (;;) {
    const ssize_t n = ::read(file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path, errno);
    if (n == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
}

Result<std::uint64_t> size_of(const Descriptor& file, const std::filesystem::path& path) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return io_error("read the size of", path, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

std::string utc_stamp(Timestamp time) {
  std::string stamp = format_time(time).substr(0, 19);
  for (char& c : stamp)
    if (c == ':') c = '-';  // Not every file system and tool takes colons.
  return stamp + "Z";
}

std::filesystem::path damaged_name(const std::filesystem::path& path, Timestamp now) {
  return aside_name(path, "damaged", now);
}

std::filesystem::path aside_name(const std::filesystem::path& path, std::string_view word,
                                 Timestamp now) {
  const std::string first = fmt::format("{}.{}-{}", path.string(), word, utc_stamp(now));
  std::error_code ignored;
  std::filesystem::path name = first;
  for (int n = 2; std::filesystem::exists(name, ignored); ++n)
    name = fmt::format("{}-{}", first, n);
  return name;
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const std::filesystem::path name = folder.empty() ? "." : folder;
  BOOST_OUTCOME_TRY(const Descriptor handle, open_file(name, O_RDONLY | O_DIRECTORY));
  if (::fsync(handle.get()) != 0) return io_error("sync", name, errno);
  return success();
}

}  // namespace proteus::storage
