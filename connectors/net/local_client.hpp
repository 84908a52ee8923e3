// The other end of local_server.hpp for command-line verbs: blocking, plain POSIX, no loop.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::net {

class LocalClient {
 public:
  /// NotFound: no such file, or nobody listens there (not running). Refused: not ours to open.
  static Result<LocalClient> connect(const std::string& path);
  LocalClient(LocalClient&& other) noexcept;
  LocalClient& operator=(LocalClient&& other) noexcept;
  LocalClient(const LocalClient&) = delete;
  LocalClient& operator=(const LocalClient&) = delete;
  ~LocalClient();

  /// Sends one line; `line` without its end. Io: the server has gone. Timeout: it does not read.
  [[nodiscard]] Result<void> send_line(std::string_view line,
                                       Duration timeout = std::chrono::seconds{5});
  /// The next line, without its end; nothing: the server closed after its last line. Timeout: none
  /// within `timeout`; what has arrived so far is kept for the next call.
  [[nodiscard]] Result<std::optional<std::string>> read_line(Duration timeout);

 private:
  explicit LocalClient(int fd) noexcept : fd_(fd) {}
  int fd_ = -1;
  std::string received_;
};

}  // namespace proteus::net
