// What bench_daemon prints: a row a demand, with what stood beside it in the same run; and what was
// measured on: processor, load, and the time the hypervisor took away meanwhile.
#pragma once

#include <string>
#include <vector>

namespace proteus::bench {

struct Row {
  std::string what;
  std::string value;
  std::string demand;  ///< empty: told, not demanded
  bool met = true;
  std::string reference;  ///< measured in the same run; empty: none
};

struct Table {
  std::vector<Row> rows;
  std::vector<std::string> facts;   ///< counts that show that the measured thing happened
  std::vector<std::string> broken;  ///< why the figures mean nothing; never about time

  void require(bool holds, std::string sentence) {
    if (!holds) broken.push_back(std::move(sentence));
  }
};

/// Processor time of the whole machine since it started, in clock ticks, from /proc/stat.
struct MachineTime {
  unsigned long long all = 0;
  unsigned long long idle = 0;
  unsigned long long steal = 0;
};
MachineTime machine_time();
/// "steal 0.3 % of all processor time, idle 41 %" between two readings.
std::string told(const MachineTime& from, const MachineTime& to);

double median(std::vector<double> values);
/// `share` in [0, 1]: 0.99 is p99.
double percentile(std::vector<double> values, double share);

void print(const Table& table);

}  // namespace proteus::bench
