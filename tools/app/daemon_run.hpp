// What `paper` and `demo` have in common: how a run ends, and what is said at its start and end.
#pragma once

#include <string>

#include "connectors/net/loop.hpp"
#include "tools/app/daemon.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {

/// Ends `loop` on SIGINT and SIGTERM and after `run_for` (zero: never); `cause` is told which. A
/// pipe that nobody reads any more is not a reason to end, and once the run is over none to stay.
/// Declared right after the loop it outlives the daemon: what then is left of the process, last
/// lines and a look-up of a name that is under way, has seconds to finish.
class RunEnd {
 public:
  RunEnd(net::Loop& loop, Duration run_for, std::string& cause);
  ~RunEnd();
  RunEnd(const RunEnd&) = delete;
  RunEnd& operator=(const RunEnd&) = delete;

 private:
  net::Timer timer_;
};
/// Ends the process with `code` if it has not ended by itself in three seconds of real time.
void leave_soon(int code);
/// Errors: Busy, where a daemon answers at `socket`: a second one could not open it.
Result<void> socket_is_free(const std::string& socket);
/// The first lines of a daemon's log: what is traded, with which money, within which limits, where.
void announce(const TradingDaemon& daemon, const Loaded& loaded);
/// The last words: what the run came to and what can be done with it. The exit code: kError where
/// the log could not be `written` to its end.
int say_goodbye(const TradingDaemon& daemon, const std::string& program,
                const Result<void>& written);
/// A line in the log that tells how the daemon fares, every `period` of real time.
net::Timer beat(net::Loop& loop, const TradingDaemon& daemon, Duration period);

}  // namespace proteus::app
