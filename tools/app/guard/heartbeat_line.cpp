#include "tools/app/guard/heartbeat_line.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace proteus::app {
namespace {

constexpr Duration kAtOnce{0};

/// One that has ended and was not waited for yet lives no more.
bool process_lives(long pid) {
  if (pid <= 0 || (::kill(static_cast<pid_t>(pid), 0) != 0 && errno != EPERM)) return false;
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  // "PID (NAME) STATE ...", and a name may hold anything.
  const std::size_t end = text.rfind(')');
  const char state = end != std::string::npos && end + 2 < text.size() ? text[end + 2] : '?';
  return state != 'Z' && state != 'X';
}

}  // namespace

HeartbeatLine::Heard HeartbeatLine::nobody() const {
  std::error_code failed;
  const bool socket = std::filesystem::exists(std::filesystem::symlink_status(socket_, failed));
  Heard heard;
  heard.daemon = socket || process_lives(pid_) ? Daemon::Silent : Daemon::Gone;
  return heard;
}

std::optional<HeartbeatLine::Heard> HeartbeatLine::ask() {
  if (open_) {
    Heard silent;
    silent.daemon = Daemon::Silent;
    return silent;
  }
  auto connected = net::LocalClient::connect(socket_);
  if (connected.has_error()) return nobody();
  if (connected.value().send_line("pulse", kAtOnce).has_error()) return nobody();
  open_ = std::move(connected.value());
  return std::nullopt;
}

std::optional<HeartbeatLine::Heard> HeartbeatLine::listen() {
  if (!open_) return std::nullopt;
  auto line = open_->read_line(kAtOnce);
  if (line.has_error() && line.error().code == ErrorCode::Timeout) return std::nullopt;
  open_.reset();
  if (line.has_error() || !line.value()) return nobody();
  const auto pulse = read_pulse(*line.value());
  Heard heard;
  if (pulse.has_error()) {
    // A daemon that cannot say how it is may not be well.
    heard.daemon = Daemon::Silent;
    heard.complaint = pulse.error().context;
    return heard;
  }
  heard.daemon = Daemon::Answered;
  heard.pulse = pulse.value().pulse;
  session_ = pulse.value().session;
  pid_ = pulse.value().pid;
  return heard;
}

}  // namespace proteus::app
