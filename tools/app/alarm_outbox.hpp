// One way's waiting alarms and its attempts: what is sent next, and when it is tried again. Pure:
// told the time and the outcome of each attempt. At most one attempt is under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "tools/app/alarm.hpp"

namespace proteus::app {

/// What came of an attempt. Failed: it may go better later. Hopeless: no repetition can help.
enum class Delivery : std::uint8_t { Delivered, Failed, Hopeless };

struct OutboxCounters {
  std::uint64_t delivered = 0;
  std::uint64_t attempts = 0;
  std::uint64_t given_up = 0;  ///< after the last attempt, or hopeless
  std::uint64_t dropped = 0;   ///< because too many waited
};

class AlarmOutbox {
 public:
  explicit AlarmOutbox(const AlarmSettings& settings) : settings_(settings) {}

  /// Beyond `queue_max` the oldest of the least severe that wait goes, which may be this one.
  void offer(Alarm alarm);
  /// The alarm to send now; nothing while an attempt is under way, in a pause before a repetition,
  /// and when none waits. The most severe goes first, among equals the oldest. Valid until the next
  /// call.
  const Alarm* begin(Duration now);
  /// The end of the attempt that `begin` began. `word`: for people, without secrets.
  void end(Delivery outcome, std::string word, Duration now);

  [[nodiscard]] bool idle() const { return !current_ && waiting_.empty(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size() + (current_ ? 1 : 0); }
  [[nodiscard]] const OutboxCounters& counters() const { return counters_; }
  [[nodiscard]] const std::string& last_word() const { return last_word_; }
  /// Attempts that failed since the last that did not.
  [[nodiscard]] std::uint64_t failures_in_a_row() const { return failures_in_a_row_; }

 private:
  AlarmSettings settings_;
  std::deque<Alarm> waiting_;
  std::optional<Alarm> current_;
  bool under_way_ = false;
  std::int64_t attempt_ = 0;
  Duration due_{0};
  OutboxCounters counters_;
  std::string last_word_;
  std::uint64_t failures_in_a_row_ = 0;
};

}  // namespace proteus::app
