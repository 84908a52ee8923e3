#include "tools/app/kill_switches.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tools/app/text.hpp"

namespace proteus::app {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds{250};

/// From what the kernel knows already: a file system over a network is not asked, so the loop does
/// not wait for one that is away.
bool is_there(const std::string& file) {
  struct statx found {};
  return ::statx(AT_FDCWD, file.c_str(), AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW, STATX_TYPE,
                 &found) == 0;
}

}  // namespace

struct KillSwitches::State {
  OnKill on_kill;
  SteadyClock clock;
  std::optional<Duration> silence_max;
  OperatorAction when_silent = OperatorAction::Reduce;
  std::string file;
  Duration heard_at{0};
  bool armed = false;
  bool there = false;   // the file, at the last look
  bool silent = false;  // told; once for each silence
};

std::string first_line_of(const std::string& file) {
  std::array<char, 60> bytes{};
  const int fd = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return "";
  struct stat kind {};
  const bool regular = ::fstat(fd, &kind) == 0 && S_ISREG(kind.st_mode);
  const ssize_t size = regular ? ::read(fd, bytes.data(), bytes.size()) : 0;
  ::close(fd);
  std::string line(bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  line.resize(std::min(line.size(), line.find('\n')));
  return line;
}

KillSwitches::KillSwitches(net::Loop& loop, const SessionSettings& settings, OnKill on_kill,
                           SteadyClock clock)
    : state_(std::make_shared<State>()) {
  state_->on_kill = std::move(on_kill);
  state_->clock = std::move(clock);
  state_->silence_max = settings.heartbeat_required;
  state_->when_silent =
      settings.heartbeat_lost == LostOperator::Halt ? OperatorAction::Halt : OperatorAction::Reduce;
  state_->heard_at = state_->clock();
  const std::weak_ptr<State> weak = state_;
  loop.on_signals({SIGUSR1}, [weak](int) {
    if (const auto state = weak.lock()) state->on_kill(OperatorAction::Halt, "signal SIGUSR1");
  });
  timer_ = loop.every(kLookEvery, [this] { look(); });
}

void KillSwitches::arm(std::string file) {
  state_->file = std::move(file);
  state_->armed = true;
  heard();
  look();
}

void KillSwitches::disarm() { state_->armed = false; }

void KillSwitches::heard() {
  state_->heard_at = state_->clock();
  if (state_->silent)
    spdlog::info("The operator is heard again. The trading state stays as it is.");
  state_->silent = false;
}

void KillSwitches::look() const {
  State& s = *state_;
  if (!s.armed) return;
  const bool there = is_there(s.file);
  if (there && !s.there) {
    s.there = true;
    const std::string words = first_line_of(s.file);
    s.on_kill(OperatorAction::Halt,
              fmt::format("kill file {}{}", s.file, words.empty() ? "" : ": " + words));
  } else if (!there && s.there) {
    s.there = false;
    spdlog::info("The kill file has gone. file={} - the trading state stays as it is", s.file);
  }
  if (!s.silence_max || s.silent || silence() <= *s.silence_max) return;
  s.silent = true;
  const double allowed = std::chrono::duration<double>(*s.silence_max).count();
  s.on_kill(s.when_silent,
            fmt::format("operator not heard for more than {} (session.heartbeat_required)",
                        age_text(allowed)));
}

const std::string& KillSwitches::file() const { return state_->file; }
bool KillSwitches::file_there() const { return state_->there; }
Duration KillSwitches::silence() const { return state_->clock() - state_->heard_at; }

}  // namespace proteus::app
