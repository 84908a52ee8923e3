#include "tests/bench/daemon/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace proteus::bench {

MachineTime machine_time() {
  std::ifstream in("/proc/stat");
  std::string word;
  in >> word;  // "cpu": user nice system idle iowait irq softirq steal; guests are inside user
  MachineTime time;
  unsigned long long value = 0;
  for (int i = 0; i < 8 && in >> value; ++i) {
    time.all += value;
    if (i == 3 || i == 4) time.idle += value;
    if (i == 7) time.steal = value;
  }
  return time;
}

std::string told(const MachineTime& from, const MachineTime& to) {
  const auto share = [&](unsigned long long a, unsigned long long b) {
    return 100.0 * static_cast<double>(b - a) /
           static_cast<double>(std::max(1ULL, to.all - from.all));
  };
  std::ifstream in("/proc/loadavg");
  std::string load;
  std::getline(in, load);
  return fmt::format("steal {:.2f} % and idle {:.0f} % of all processor time; load {}",
                     share(from.steal, to.steal), share(from.idle, to.idle), load);
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0.0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double median(std::vector<double> values) { return percentile(std::move(values), 0.5); }

void print(const Table& table) {
  fmt::print("\n{:<58}{:>16}{:>14}  {:<7}{}\n", "what", "value", "demand", "", "beside it");
  for (const Row& row : table.rows)
    fmt::print("{:<58}{:>16}{:>14}  {:<7}{}\n", row.what, row.value, row.demand,
               row.demand.empty() ? "" : (row.met ? "PASS" : "BELOW"), row.reference);
  fmt::print("\n");
  for (const std::string& fact : table.facts) fmt::print("{}\n", fact);
  for (const std::string& sentence : table.broken) fmt::print("BROKEN: {}\n", sentence);
}

}  // namespace proteus::bench
