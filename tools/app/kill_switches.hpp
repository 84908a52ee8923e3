// The ways to stop trading without the operator's socket: a signal (SIGUSR1), a file that appears,
// and an operator who has fallen silent. Each becomes one operator's command with its cause; what
// it does is the engine's business. Thread: the event loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "connectors/net/loop.hpp"
#include "engine/core/event.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

class KillSwitches {
 public:
  using OnKill = std::function<void(OperatorAction action, const std::string& cause)>;
  using SteadyClock = std::function<Duration()>;

  /// `file`: the kill file; empty: none is looked for yet. Takes SIGUSR1 over for as long as the
  /// loop lives. `clock`: real time.
  KillSwitches(net::Loop& loop, const SessionSettings& settings, OnKill on_kill,
               SteadyClock clock = net::Loop::steady_now);
  KillSwitches(const KillSwitches&) = delete;
  KillSwitches& operator=(const KillSwitches&) = delete;

  /// Begins to look for the file and to count the operator's silence: from now, a few times a
  /// second. A file that is there already kills at once.
  void arm(std::string file);
  /// The operator was heard.
  void heard();
  /// One look; the timer's, and for tests.
  void look() const;
  void disarm();

  [[nodiscard]] const std::string& file() const;
  [[nodiscard]] bool file_there() const;
  /// Real time since the operator was last heard, or since `arm`.
  [[nodiscard]] Duration silence() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // a signal may come after this has gone
  net::Timer timer_;
};

/// What stands in a kill file's first line, at most 60 bytes; empty: nothing, or it cannot be read.
std::string first_line_of(const std::string& file);

}  // namespace proteus::app
