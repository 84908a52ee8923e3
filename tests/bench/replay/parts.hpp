// The parts of bench_replay. Each adds its rows; none decides about time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/bench/daemon/table.hpp"

namespace proteus::bench {

struct ReplayPlan {
  int rounds = 7;                        ///< repetitions that medians are taken over
  std::uint64_t bars = 200'000;          ///< of each of three instruments
  std::uint64_t long_bars = 10'000'000;  ///< of the one whose memory is looked at
  std::string only;                      ///< one part; empty: all
  std::filesystem::path folder;          ///< of this run's own
};

/// Recorded frames, each a closed bar of a minute, with sma_cross.
void measure_frames(const ReplayPlan& plan, Table& table);
/// The same, bars of an hour, with the shipped networks.
void measure_policy_frames(const ReplayPlan& plan, Table& table);
/// Kline files of a minute packed by gzip, with sma_cross.
void measure_files(const ReplayPlan& plan, Table& table);
/// The greatest memory of a process that plays ten million bars.
void measure_memory(const ReplayPlan& plan, Table& table);
/// `proteus replay` itself: its first word, and a grid on one core and on two.
void measure_program(const ReplayPlan& plan, Table& table);

}  // namespace proteus::bench
