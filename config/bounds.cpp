#include "config/bounds.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace proteus::config {
namespace {

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Walks over TOML as far as quotes, comments and nesting go.
class Nesting {
 public:
  explicit Nesting(std::string_view text) : text_(text) {}

  std::optional<TooDeep> find() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_quoted(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (count(c)) return place();
      ++at_;
    }
    return std::nullopt;
  }

 private:
  /// True: too deep here.
  bool count(char c) {
    switch (c) {
      case '[':
      case '{':
        ++brackets_;
        dots_ = 0;
        break;
      case ']':
      case '}':
        if (brackets_ > 0) --brackets_;
        dots_ = 0;
        break;
      case '.':
        ++dots_;
        break;
      case '\n':
      case '=':
      case ',':
        dots_ = 0;
        break;
      default:
        break;
    }
    return brackets_ > kNestingMax || dots_ >= kNestingMax;
  }

  /// To behind the closing quotes; a quote of one line ends with its line at the latest.
  void skip_quoted(char quote) {
    const bool triple = text_.substr(at_, 3) == std::string(3, quote);
    at_ += triple ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && quote == '"') {
        ++at_;
      } else if (!triple && c == '\n') {
        return;
      } else if (c == quote && (!triple || text_.substr(at_, 3) == std::string(3, quote))) {
        at_ += triple ? 3 : 1;
        return;
      }
    }
  }

  [[nodiscard]] TooDeep place() const {
    TooDeep found{1, 1};
    for (const char c : text_.substr(0, at_)) {
      ++found.column;
      if (c == '\n') found = {found.line + 1, 1};
    }
    return found;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int brackets_ = 0;
  int dots_ = 0;
};

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file) {
  const auto said = [&](ErrorCode code, std::string_view what) {
    return error(code, fmt::format("{}: {}", file.string(), what));
  };
  const File in(file);
  if (in.get() < 0 && errno == ENOENT)
    return said(ErrorCode::NotFound, "there is no such file, give another with --config");
  if (in.get() < 0)
    return said(ErrorCode::Io,
                fmt::format("cannot be read ({}), check that it may be", std::strerror(errno)));
  struct stat kind {};
  if (::fstat(in.get(), &kind) != 0 || !S_ISREG(kind.st_mode))
    return said(ErrorCode::Refused,
                "cannot be read as settings, it is no regular file: give a file with --config");
  std::string text;
  std::array<char, 65536> piece;
  for (;;) {
    const ssize_t size = ::read(in.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0)
      return said(ErrorCode::Io, fmt::format("cannot be read ({})", std::strerror(errno)));
    if (size == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
    if (text.size() > kFileBytesMax)
      return said(
          ErrorCode::OutOfRange,
          fmt::format("has more than {} bytes, which no file of settings needs", kFileBytesMax));
  }
}

std::optional<TooDeep> too_deep(std::string_view toml) { return Nesting(toml).find(); }

}  // namespace proteus::config
