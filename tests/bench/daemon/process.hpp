// A simulated exchange and a paper daemon as processes of their own, and what the kernel says of
// them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/child.hpp"

namespace proteus::bench {

using Settings = std::vector<std::string>;
Settings operator+(Settings a, const Settings& b);

/// Of one process, from /proc.
struct Usage {
  double cpu_seconds = 0.0;  ///< user and system since its start, all threads
  double resident_mib = 0.0;
  double resident_peak_mib = 0.0;
  int descriptors = 0;
};
Usage usage_of(pid_t pid);
/// The same of this process's memory alone.
double resident_mib();

/// The core that took the fewest interrupts of devices since the machine started: one that a disk
/// wakes a thousand times a second says more of the disk than of the loop.
int quietest_core();

/// `linear:SIM000USDT,linear:SIM001USDT,...`: made-up instruments of the simulated market.
std::string made_up_instruments(int count);

/// `proteus sim` on a free port. Ends the program with a sentence when it does not start.
class SimProcess {
 public:
  explicit SimProcess(const Settings& settings);
  /// Settings with which a daemon finds it.
  [[nodiscard]] Settings where() const;
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  app::Child child_;
  std::string address_;  ///< host:port
};

/// `proteus paper` with its session below `folder`.
class PaperProcess {
 public:
  PaperProcess(const std::filesystem::path& folder, const Settings& settings);
  [[nodiscard]] pid_t pid() const { return child_.pid(); }
  /// Its status line; empty: it does not answer (yet).
  [[nodiscard]] std::string status() const;
  /// Waits until the figure of that name is at least `least`. False: it ended, or the time is over.
  bool reaches(const std::string& name, std::int64_t least, double seconds, double pause_ms = 200);
  /// SIGTERM; returns when it has ended. True: in good order.
  bool stop();
  [[nodiscard]] std::filesystem::path session() const;
  [[nodiscard]] std::string said() const { return child_.err(); }

 private:
  std::filesystem::path folder_;
  std::string socket_;
  app::Child child_;
};

/// The first whole number that stands after "name": in a line of JSON; -1: none.
std::int64_t figure(const std::string& json, const std::string& name);

}  // namespace proteus::bench
