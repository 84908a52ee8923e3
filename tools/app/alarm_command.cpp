#include "tools/app/alarm_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "connectors/storage/file.hpp"
#include "engine/core/assert.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to us.

namespace proteus::app {
namespace {

using storage::Descriptor;

/// What a run ends with: words for people and what they mean.
struct Ran {
  Delivery outcome = Delivery::Failed;
  std::string word;
};

struct Job {
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string input;
  Duration deadline;
};

std::vector<std::string> inherited_environment() {
  constexpr std::array<std::string_view, 7> kOurs = {
      "PROTEUS_ALARM_WEBHOOK=", "PROTEUS_API_KEY=", "PROTEUS_API_SECRET=",   "NOTIFY_SOCKET=",
      "WATCHDOG_USEC=",         "WATCHDOG_PID=",    "CREDENTIALS_DIRECTORY="};
  std::vector<std::string> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view word{*entry};
    if (std::ranges::none_of(kOurs, [&](auto ours) { return word.starts_with(ours); }))
      kept.emplace_back(word);
  }
  return kept;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

bool make_pipe(Descriptor& from, Descriptor& into) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  from = Descriptor(ends[0]);
  into = Descriptor(ends[1]);
  return true;
}

/// posix_spawn's two lists, for a program that has nothing of ours: own process group, usual
/// signals, its three descriptors.
class SpawnPlan {
 public:
  SpawnPlan(int input, int output) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_adddup2(&files_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// 0, or an errno.
  int start(pid_t& pid, Job& job) {
    auto arguments = pointers(job.command);
    auto environment = pointers(job.environment);
    return ::posix_spawnp(&pid, arguments[0], &files_, &attributes_, arguments.data(),
                          environment.data());
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// Adds what is there to `heard`, of which the first bytes are kept. False: it has ended.
bool listen(int from, std::string& heard) {
  constexpr std::size_t kKept = 200;
  std::array<char, 4096> bytes{};
  const ssize_t n = ::read(from, bytes.data(), bytes.size());
  if (n <= 0) return n < 0 && (errno == EINTR || errno == EAGAIN);
  if (heard.size() < kKept)
    heard.append(bytes.data(), std::min(static_cast<std::size_t>(n), kKept - heard.size()));
  return true;
}

std::string first_line(const std::string& heard) {
  std::string line = heard.substr(0, heard.find('\n'));
  std::ranges::replace_if(
      line, [](unsigned char c) { return c < 32 || c > 126; }, '?');
  return line.empty() ? line : fmt::format(", it says: {}", line);
}

Ran verdict(int status, const std::string& heard) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {Delivery::Delivered, "exit code 0"};
  if (WIFEXITED(status))
    return {Delivery::Failed,
            fmt::format("exit code {}{}", WEXITSTATUS(status), first_line(heard))};
  return {Delivery::Failed,
          fmt::format("ended by signal {}{}", WTERMSIG(status), first_line(heard))};
}

enum class Wait : unsigned char { Ended, TooLong, Cancelled };

/// Until the process has ended, its time is over, or nobody wants it any more.
Wait wait_for(int process, int output, int cancel, Duration until, std::string& heard) {
  std::array<pollfd, 3> watched{{{process, POLLIN, 0}, {cancel, POLLIN, 0}, {output, POLLIN, 0}}};
  for (;;) {
    const Duration left = until - net::Loop::steady_now();
    if (left <= Duration{0}) return Wait::TooLong;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    if (::poll(watched.data(), watched.size(), static_cast<int>(ms)) < 0) continue;
    if (watched[2].revents != 0 && !listen(output, heard)) watched[2].fd = -1;
    if (watched[1].revents != 0) return Wait::Cancelled;
    if (watched[0].revents != 0) return Wait::Ended;
  }
}

Ran run(Job job, int cancel) {
  Descriptor input, feed, output, told;
  if (!make_pipe(input, feed) || !make_pipe(output, told))
    return {Delivery::Failed, fmt::format("no pipe: {}", std::strerror(errno))};
  // An alarm is far smaller than a pipe; were it not, the rest would be missing, not waited for.
  ::fcntl(feed.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  if (::write(feed.get(), job.input.data(), job.input.size()) < 0)
    return {Delivery::Failed, fmt::format("no pipe: {}", std::strerror(errno))};
  feed.close();
  const Duration until = net::Loop::steady_now() + job.deadline;
  pid_t pid = -1;
  const int failed = SpawnPlan(input.get(), told.get()).start(pid, job);
  if (failed != 0)
    return {failed == EAGAIN || failed == ENOMEM ? Delivery::Failed : Delivery::Hopeless,
            fmt::format("{} cannot be started: {}", job.command[0], std::strerror(failed))};
  told.close();
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  std::string heard;
  const Wait end = process.get() < 0 ? Wait::TooLong
                                     : wait_for(process.get(), output.get(), cancel, until, heard);
  if (end != Wait::Ended) ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (end == Wait::Cancelled) return {Delivery::Failed, "given up: the daemon ends"};
  if (end == Wait::TooLong)
    return {Delivery::Failed,
            fmt::format("killed after {} ms",
                        std::chrono::floor<std::chrono::milliseconds>(job.deadline).count())};
  errno = 0;
  while (listen(output.get(), heard) && errno != EAGAIN) {
  }
  return verdict(status, heard);
}

}  // namespace

AlarmCommand::AlarmCommand(net::Loop& loop, std::vector<std::string> command, Duration deadline,
                           AlarmSender from)
    : loop_(loop),
      command_(std::move(command)),
      deadline_(deadline),
      from_(std::move(from)),
      cancel_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  PROTEUS_ASSERT(!command_.empty());
}

AlarmCommand::~AlarmCommand() {
  ::eventfd_write(cancel_, 1);
  end();
  ::close(cancel_);
}

void AlarmCommand::end() {
  if (thread_.joinable()) thread_.join();
}

void AlarmCommand::send(const Alarm& alarm, OnDone on_done) {
  end();  // The one before has told its end, so there is nothing to wait for.
  Job job{command_, inherited_environment(), alarm_json(alarm, from_) + "\n", deadline_};
  for (const auto& [key, value] : alarm_environment(alarm, from_))
    job.environment.push_back(key + "=" + value);
  const auto tell = [this, on_done = std::move(on_done)](const Ran& ran) {
    loop_.post([alive = std::weak_ptr(alive_), on_done, ran] {
      if (!alive.expired()) on_done(ran.outcome, ran.word);
    });
  };
  try {
    thread_ = std::thread(
        [this, job = std::move(job), tell]() mutable { tell(run(std::move(job), cancel_)); });
  } catch (const std::system_error& failed) {  // The system's limit of tasks is reached.
    tell({Delivery::Failed, failed.what()});
  }
}

}  // namespace proteus::app
