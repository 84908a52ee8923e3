#include "tools/app/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace proteus::app {
namespace {

constexpr std::size_t kFileMax = std::size_t{64} << 10;

/// A descriptor that closes itself.
struct OpenFile {
  int fd = -1;
  ~OpenFile() {
    if (fd >= 0) ::close(fd);
  }
};

/// Wipes what it names when it goes.
struct WipedText {
  std::string text;
  ~WipedText() { live::wipe(text); }
};

/// A file of LoadCredential: newer versions leave it to root and let the service read it by an
/// access list, whose mask shows as the group's bits. Its folder is this service's alone.
bool handed_by_systemd(const struct stat& file, const std::string& path) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  return folder != nullptr && *folder == '/' && file.st_uid == 0 &&
         (file.st_mode & 07777U & ~0440U) == 0 &&
         std::filesystem::path(path).parent_path() == std::filesystem::path(folder);
}

std::optional<Error> keeping_complaint(const struct stat& file, const std::string& path) {
  const auto refused = [&](const std::string& what) {
    return error(ErrorCode::Refused, fmt::format("the key file {} {}", path, what));
  };
  if (!S_ISREG(file.st_mode))
    return refused("is no regular file: name the file itself, not a folder or a device");
  if (handed_by_systemd(file, path)) return std::nullopt;
  if (file.st_uid != ::geteuid())
    return refused(fmt::format("belongs to another user (id {}): make it your own, chown {} {}",
                               file.st_uid, ::geteuid(), path));
  const unsigned mode = file.st_mode & 07777U;
  if ((mode & ~0600U) != 0)
    return refused(
        fmt::format("has mode {:04o}, so that others than you may use it: "
                    "chmod 600 {}",
                    mode, path));
  return std::nullopt;
}

Error file_error(const std::string& path, int number) {
  if (number == ELOOP)
    return error(ErrorCode::Refused,
                 fmt::format("the key file {} is a symbolic link: name the file itself", path));
  return error(number == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
               fmt::format("the key file {} cannot be read: {}", path, ::strerror(number)));
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Reads the file's few words; a value is what stands between quotes.
class KeyFileParser {
 public:
  KeyFileParser(std::string_view text, const std::string& path) : rest_(text), path_(path) {}

  Result<KeyPair> parse() {
    KeyPair pair;
    while (!rest_.empty()) {
      const std::string_view line = trimmed(next_line());
      if (line.empty() || line.front() == '#') continue;
      const std::size_t equals = line.find('=');
      const std::string_view name =
          trimmed(line.substr(0, equals == std::string_view::npos ? 0 : equals));
      const bool is_key = name == "key";
      if (!is_key && name != "secret")
        return wrong("is neither key = \"...\" nor secret = \"...\"");
      std::string& into = is_key ? pair.key : pair.secret;
      if (!into.empty()) return wrong("names the same value a second time");
      into.reserve(rest_.size() + line.size());  // No copy is left behind by growing.
      if (auto failed = read_value(trimmed(line.substr(equals + 1)), into))
        return *std::move(failed);
      if (into.empty()) return wrong("gives an empty value");
    }
    if (pair.key.empty() || pair.secret.empty())
      return error(ErrorCode::Malformed,
                   fmt::format("the key file {} has no {}: it needs two lines, key = \"...\" and "
                               "secret = \"...\"",
                               path_, pair.key.empty() ? "key" : "secret"));
    return pair;
  }

 private:
  std::string_view next_line() {
    ++line_;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }
  [[nodiscard]] Error wrong(const char* what) const {
    return error(ErrorCode::Malformed,
                 fmt::format("the key file {}: line {} {}", path_, line_, what));
  }
  std::optional<Error> read_value(std::string_view text, std::string& into) {
    if (text.starts_with("\"\"\"")) return read_lines(text.substr(3), into);
    if (text.size() < 2 || text.front() != '"')
      return wrong("has a value that is not in \"double quotes\"");
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '"') {
        const std::string_view after = trimmed(text.substr(i + 1));
        if (after.empty() || after.front() == '#') return std::nullopt;
        return wrong("goes on after its value");
      }
      if (text[i] != '\\') {
        into += text[i];
        continue;
      }
      const char escaped = ++i < text.size() ? text[i] : '\0';
      if (escaped != 'n' && escaped != '"' && escaped != '\\')
        return wrong("has an escape other than \\n, \\\" and \\\\");
      into += escaped == 'n' ? '\n' : escaped;
    }
    return wrong("has a value whose closing quote is missing");
  }
  /// A value of several lines, up to three quotes.
  std::optional<Error> read_lines(std::string_view first, std::string& into) {
    std::string_view line = first;
    for (bool begun = false;; line = next_line()) {
      const std::size_t end = line.find("\"\"\"");
      if (end != std::string_view::npos) {
        into += line.substr(0, end);
        return std::nullopt;
      }
      // A break right behind the opening quotes is not part of the value.
      if (begun || !line.empty()) into.append(line).append(1, '\n');
      begun = true;
      if (rest_.empty()) return wrong("ends inside of a value: its closing \"\"\" is missing");
    }
  }

  std::string_view rest_;
  const std::string& path_;
  int line_ = 0;
};

}  // namespace

Result<KeyPair> parse_key_file(std::string_view text, const std::string& path) {
  return KeyFileParser(text, path).parse();
}

Result<KeyPair> read_key_file(const std::string& path) {
  // Not waiting for a writer, should it be a pipe.
  const OpenFile file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return file_error(path, errno);
  struct stat known {};
  if (::fstat(file.fd, &known) != 0) return file_error(path, errno);
  if (auto refused = keeping_complaint(known, path)) return *std::move(refused);
  WipedText read;
  read.text.resize(kFileMax);
  std::size_t size = 0;
  while (size < kFileMax) {
    const ssize_t got = ::read(file.fd, read.text.data() + size, kFileMax - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size == kFileMax)
    return error(ErrorCode::Malformed,
                 fmt::format("the key file {} is larger than a key and a secret are", path));
  return parse_key_file(std::string_view(read.text).substr(0, size), path);
}

}  // namespace proteus::app
