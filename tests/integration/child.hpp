// The built program as a child process, with what it says.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/time.hpp"

namespace proteus::app {

class Child {
 public:
  /// Starts proteus with these arguments. `file_bytes_max` > 0: no file of it may grow further, as
  /// on a full disk.
  explicit Child(const std::vector<std::string>& arguments, std::uint64_t file_bytes_max = 0);
  /// Kills it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void signal(int number) const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Its exit code, or 128 + the signal that ended it; nothing: it still runs after `longest`.
  std::optional<int> wait(Duration longest = std::chrono::seconds{30});
  /// Reads what it says until `text` is among it. False: it ended, or did not say so in time.
  bool says(const std::string& text, Duration longest = std::chrono::seconds{30});
  /// Waits for it to say something or to end, a moment at most.
  void listen(Duration longest = std::chrono::milliseconds{20});

  [[nodiscard]] bool ended() const { return code_.has_value(); }
  [[nodiscard]] std::string out() const { return heard(out_); }
  [[nodiscard]] std::string err() const { return heard(err_); }

 private:
  void hear(int out_fd, int err_fd);
  [[nodiscard]] std::string heard(const std::string& text) const;

  pid_t pid_ = -1;
  int watch_ = -1;  ///< becomes readable when the process has ended
  std::optional<int> code_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable more_;
  std::string out_;
  std::string err_;
  // Read all the time: who writes to a full pipe stands still.
  std::thread ear_;
};

/// Runs it to its end.
struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};
Ran run_proteus(const std::vector<std::string>& arguments);

/// The program that trains with LibTorch lies beside it.
[[nodiscard]] bool has_learner();

/// One line to a daemon's socket and the line that comes back; nothing: no daemon answers there.
std::optional<std::string> ask(const std::string& socket, const std::string& line);

}  // namespace proteus::app
