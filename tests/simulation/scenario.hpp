// What one seed decides: what is traded and how, which faults befall it and how often, when the
// process dies. Each kind of fault is on in about half of the seeds, so that a seed shows what few
// of them do together, and many seeds what all do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/sim/random.hpp"
#include "connectors/sim/settings.hpp"
#include "engine/core/time.hpp"
#include "tests/simulation/disk.hpp"

namespace proteus::simulation {

/// What is drawn once a second of venue time; mean seconds between two, 0: never.
struct Disturbances {
  double full_disk = 0.0;
  double full_disk_lasts = 20.0;
  double clock_jump = 0.0;
  Duration clock_jump_max{0};
  double command = 0.0;
};

struct Scenario {
  std::uint64_t seed = 0;
  std::vector<std::string> instruments;
  Interval interval = Interval::M1;
  bool quotes = false;  ///< fills come from the book, else from the next bar
  int minutes = 0;      ///< of venue time, from the start
  std::int64_t history_bars = 0;
  std::vector<std::string> overrides;  ///< of the daemon's settings
  double capital = 0.0;
  sim::SimFaults faults;
  Disturbances disturbances;
  std::vector<Tear> tears;  ///< one for each life that does not end well
  Duration downtime_max{0};

  /// In one line, to be printed beside a seed that fails.
  [[nodiscard]] std::string describe() const;
};

Scenario draw_scenario(std::uint64_t seed);
/// The same market, strategy and account, and nothing goes wrong.
Scenario without_faults(Scenario scenario);

}  // namespace proteus::simulation
