// How often one is disturbed. Pure: told the time, it holds no clock.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>

#include "tools/app/alarm.hpp"

namespace proteus::app {

class AlarmFilter {
 public:
  explicit AlarmFilter(const AlarmSettings& settings) : settings_(settings) {}

  /// Whether the alarm goes out at `now` (steady, never going back). The same thing (kind, subject,
  /// severity, beginning or end) passes once in `repeat_after`; all together `hourly_max` within an
  /// hour, of which the last quarter is for critical ones. One that passes is told its number and
  /// how many were kept back since the last that passed. What lies below `severity_min` is not
  /// counted as kept back: nobody wanted it.
  bool pass(Alarm& alarm, Duration now);

  [[nodiscard]] std::uint64_t passed() const { return passed_; }
  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_; }  ///< over the whole run

 private:
  using Key = std::tuple<AlarmKind, Severity, bool, std::string>;
  [[nodiscard]] bool within_hour(Severity severity, Duration now);
  void forget(Duration now);

  AlarmSettings settings_;
  std::map<Key, Duration> told_;
  std::deque<Duration> hour_;  // when the last ones passed
  std::uint64_t passed_ = 0;
  std::uint64_t suppressed_ = 0;
  std::uint64_t untold_ = 0;  // suppressed since the last that passed
};

}  // namespace proteus::app
