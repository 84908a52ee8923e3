#include "tools/evaluate/trainings.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "models/runs/files.hpp"
#include "tools/app/advice.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to us.

namespace proteus::app::evaluate {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

fs::path log_of(const Training& training) { return training.folder.string() + ".log"; }

std::vector<std::string> command_of(const Training& training, const std::string& program) {
  std::error_code unknown;  // What cannot be looked for cannot be begun either: that tells why.
  if (fs::exists(training.folder / "config.toml", unknown))
    return {program, "train", "--resume", training.folder.string()};
  std::vector<std::string> words{program,         "train", "--config",
                                 training.config, "--out", training.folder.string()};
  for (const std::string& one : training.overrides) words.insert(words.end(), {"--set", one});
  return words;
}

/// A training's log can be opened: what hinders would else be told as a failure of the program.
Result<void> make_log(const Training& training) {
  auto ready = runs::make_folder(training.folder.parent_path());
  const fs::path log = log_of(training);
  if (ready && !std::ofstream(log, std::ios::app))
    ready = runs::io_error("write the log", log, {errno, std::generic_category()});
  if (ready) return success();
  return advised(ready.error(),
                 "set train.folder (where it is empty, evaluate.folder) to one that can be written "
                 "to");
}

/// A process group of its own: a Ctrl-C at the terminal reaches the children once, through us.
Result<pid_t> start(const Training& training, const std::string& program) {
  BOOST_OUTCOME_TRY(make_log(training));
  auto words = command_of(training, program);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log_of(training).c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawnattr_init(&attributes);
  sigset_t usual;
  ::sigemptyset(&usual);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&usual, signal);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failed =
      ::posix_spawn(&pid, program.c_str(), &files, &attributes, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0)
    return error(ErrorCode::Io,
                 fmt::format("cannot start {} train: {}", program, std::strerror(failed)));
  return pid;
}

std::string last_line(const fs::path& file) {
  std::ifstream in(file);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  return last;
}

struct Running {
  const Training* training = nullptr;
  pid_t pid = -1;
};

class Pool {
 public:
  Pool(const std::string& program, const Say& say) : program_(program), say_(say) {}

  Result<void> begin(const Training& training) {
    BOOST_OUTCOME_TRY(const pid_t pid, start(training, program_));
    running_.push_back({&training, pid});
    return success();
  }
  void ask_to_stop() {
    for (const Running& one : running_) ::kill(one.pid, SIGINT);
  }
  /// Takes in those that have ended.
  void collect() {
    for (std::size_t i = 0; i < running_.size();) {
      int status = 0;
      if (::waitpid(running_[i].pid, &status, WNOHANG) == 0) {
        ++i;
        continue;
      }
      const Training& training = *running_[i].training;
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (well && is_finished(training)) {
        say_(fmt::format("trained {}: {}", training.label, training.folder.string()));
      } else if (!failure_) {
        failure_ =
            fmt::format("the training of {} ended without a model: {} (see {})", training.label,
                        last_line(log_of(training)), log_of(training).string());
      }
    }
  }
  [[nodiscard]] std::size_t size() const { return running_.size(); }
  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

 private:
  const std::string& program_;
  const Say& say_;
  std::vector<Running> running_;
  std::optional<std::string> failure_;
};

}  // namespace

bool is_finished(const Training& training) {
  std::error_code failed;
  return fs::exists(training.folder / "model.safetensors", failed);
}

Result<void> run_trainings(const std::vector<Training>& trainings, std::size_t jobs,
                           const std::string& program, const Say& say,
                           const std::function<bool()>& stop) {
  std::vector<const Training*> left;
  for (const Training& training : trainings)
    if (!is_finished(training)) left.push_back(&training);
  if (left.empty()) return success();
  say(fmt::format("{} of {} trainings are to be done, {} at a time", left.size(), trainings.size(),
                  jobs));
  Pool pool(program, say);
  std::optional<Error> broken;
  bool stopping = false;
  bool asked = false;
  std::size_t next = 0;
  while (pool.size() > 0 || (!stopping && next < left.size())) {
    stopping = stopping || stop() || pool.failure() || broken;
    if (stop() && !std::exchange(asked, true)) pool.ask_to_stop();
    if (!stopping && next < left.size() && pool.size() < jobs) {
      say(fmt::format("trains {} ({} of {})", left[next]->label, next + 1, left.size()));
      if (const auto begun = pool.begin(*left[next++]); begun.has_error()) broken = begun.error();
      continue;
    }
    std::this_thread::sleep_for(50ms);
    pool.collect();
  }
  if (broken) return *broken;
  if (stop())
    return error(ErrorCode::Stopped,
                 "interrupted while it trained; what was trained is kept, and the same command "
                 "goes on");
  if (pool.failure()) return error(ErrorCode::Refused, *pool.failure());
  return success();
}

}  // namespace proteus::app::evaluate
