#include "connectors/net/local_client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace proteus::net {
namespace {

using Clock = std::chrono::steady_clock;

Error gone() { return error(ErrorCode::Io, "the running process closed the connection"); }
Error too_late() {
  return error(ErrorCode::Timeout,
               "the running process did not answer in time; what it was told it may still do");
}

/// Waits until `fd` is ready for `events` (POLLIN, POLLOUT). Timeout: not until `end`.
Result<void> wait_for(int fd, short events, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd ready{fd, events, 0};
    const auto ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
    const int n = ::poll(&ready, 1, ms);
    if (n > 0) return success();
    if (n < 0 && errno != EINTR) return gone();
    if (n == 0 && left <= 1'000'000) return too_late();
  }
}

}  // namespace

Result<LocalClient> LocalClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return error(ErrorCode::OutOfRange, fmt::format("{}: too long for a socket's path", path));
  }
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  LocalClient client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (client.fd_ < 0) return error(ErrorCode::Io, std::strerror(errno));
  if (::connect(client.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return client;
  }
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTSOCK) {
    return error(ErrorCode::NotFound, fmt::format("{}: no process answers there", path));
  }
  if (errno == EACCES || errno == EPERM) {
    return error(ErrorCode::Refused, fmt::format("{}: it belongs to another user", path));
  }
  return error(ErrorCode::Io, fmt::format("{}: {}", path, std::strerror(errno)));
}

LocalClient::LocalClient(LocalClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

LocalClient& LocalClient::operator=(LocalClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(received_, other.received_);
  return *this;
}

LocalClient::~LocalClient() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> LocalClient::send_line(std::string_view line, Duration timeout) {
  const auto end = Clock::now() + timeout;
  std::string text{line};
  text += '\n';
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t sent = ::send(fd_, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      BOOST_OUTCOME_TRY(wait_for(fd_, POLLOUT, end));
    } else {
      return gone();
    }
  }
  return success();
}

Result<std::optional<std::string>> LocalClient::read_line(Duration timeout) {
  const auto end = Clock::now() + timeout;
  for (std::size_t searched = 0;;) {
    if (const auto newline = received_.find('\n', searched); newline != std::string::npos) {
      std::string line = received_.substr(0, newline);
      received_.erase(0, newline + 1);
      return std::optional{std::move(line)};
    }
    searched = received_.size();
    BOOST_OUTCOME_TRY(wait_for(fd_, POLLIN, end));
    std::array<char, 16'384> piece;
    const ssize_t size = ::recv(fd_, piece.data(), piece.size(), 0);
    if (size > 0) {
      received_.append(piece.data(), static_cast<std::size_t>(size));
    } else if (size == 0) {
      // An unfinished line is no answer.
      if (!received_.empty()) return gone();
      return std::optional<std::string>{};
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      return gone();
    }
  }
}

}  // namespace proteus::net
