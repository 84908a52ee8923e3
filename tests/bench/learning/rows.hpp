// Rows that stand beside a figure of the plain programs.
#pragma once

#include "tests/bench/learning/parts.hpp"

namespace proteus::bench {

struct Beside {
  std::string what;
  double value = 0.0;
  std::string unit;
  std::string reference;  ///< name of the plain program's figure
  double demand = 0.0;    ///< 0: none. Of add_rate: times the reference at least; of others in unit
  std::string note;
};

/// How often the reference's rate ours is; without the reference there is no verdict.
void add_rate(Table& table, const Reference& reference, const Beside& beside);
/// At least `demand` of the unit.
void add_least(Table& table, const Reference& reference, const Beside& beside);
/// At most `demand` of the unit.
void add_time(Table& table, const Reference& reference, const Beside& beside);

}  // namespace proteus::bench
