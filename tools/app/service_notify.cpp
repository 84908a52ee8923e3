#include "tools/app/service_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace proteus::app {
namespace {

std::string take_from_environment(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::int64_t parsed(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size() ? value : 0;
}

}  // namespace

ServiceNotify ServiceNotify::from_environment() {
  const std::string address = take_from_environment("NOTIFY_SOCKET");
  const std::int64_t usec = parsed(take_from_environment("WATCHDOG_USEC"));
  const std::string pid = take_from_environment("WATCHDOG_PID");
  const bool ours = pid.empty() || parsed(pid) == ::getpid();
  constexpr std::int64_t kLongestUsec = 7 * 86'400'000'000;
  const bool usable = ours && usec > 0 && usec <= kLongestUsec;
  return {address, usable ? Duration{std::chrono::microseconds{usec}} : Duration{0}};
}

ServiceNotify::ServiceNotify(std::string address, Duration watchdog)
    : address_(std::move(address)), watchdog_(watchdog) {
  const bool fits = address_.size() > 1 && address_.size() < sizeof(sockaddr_un::sun_path);
  if (fits && (address_[0] == '/' || address_[0] == '@'))
    socket_ = storage::Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

bool ServiceNotify::say(std::string_view text) {
  if (!socket_.open()) return false;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // sockaddr_un is meant to be passed as sockaddr.
  const auto* address = reinterpret_cast<const sockaddr*>(&to);  // NOLINT
  return ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT, address,
                  length) == static_cast<ssize_t>(text.size());
}

std::string one_line(std::string_view text) {
  std::string line{text};
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 32) c = ' ';
  return line;
}

}  // namespace proteus::app
