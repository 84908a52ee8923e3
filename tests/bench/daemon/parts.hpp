// The parts of bench_daemon. Each adds its rows; none decides about time.
#pragma once

#include <filesystem>
#include <string>

#include "tests/bench/daemon/table.hpp"

namespace proteus::bench {

/// How much is measured, and where sessions are written (and removed again).
struct Plan {
  static constexpr int kQuietest = -2;  ///< the core that devices interrupted least so far
  std::filesystem::path folder;
  int cpu = kQuietest;             ///< the loop's core where one is pinned; -1: none
  int runs = 9;                    ///< of `wire`
  int rounds = 5'000;              ///< frames each way in a run of `wire`
  int minutes = 3;                 ///< steady window of `many`, and of each side of `learner`
  int instruments = 500;           ///< of `many`
  double push_seconds = 1;         ///< of `many`: time between two pushes of a topic
  std::int64_t bars = 10'000'000;  ///< of `bars`
  int disconnects = 1'000;         ///< of `drops`
  int starts = 5;                  ///< of `cold`
};

/// From a closed kline's bytes in the socket to the paper order, log write included.
void measure_wire(const Plan& plan, Table& table);
/// The same to a live order, with the policy that is shipped.
void measure_live(const Plan& plan, Table& table);
/// Orders of an account under load, and the time that reconciling them takes.
void measure_account(const Plan& plan, Table& table);
/// Gives the loop a core of its own, and the other threads the others; says what it did.
std::string pin(int cpu);
/// Lines for people leave from a thread of their own, as in the program.
void print_as_the_daemon_does(const std::filesystem::path& file);
/// Processor and memory of a daemon with many instruments in real time.
void measure_many(const Plan& plan, Table& table);
/// Memory over very many bars.
void measure_bars(const Plan& plan, Table& table);
/// Memory, descriptors and bars over many forced disconnects.
void measure_drops(const Plan& plan, Table& table);
/// The delay of the loop beside a learner that never rests.
void measure_learner(const Plan& plan, Table& table);
/// From the start of the process to the first decision with a target.
void measure_cold(const Plan& plan, Table& table);
/// The same with the policy that is shipped, which trades where nobody names a strategy.
void measure_cold_policy(const Plan& plan, Table& table);

}  // namespace proteus::bench
