// Alarms from the moment one is raised to its delivery: filter, one outbox a way, attempts. An
// observer: raising one only puts it into memory, and nothing here reaches the engine. Loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/net/loop.hpp"
#include "tools/app/alarm_filter.hpp"
#include "tools/app/alarm_outbox.hpp"
#include "tools/app/alarm_way.hpp"

namespace proteus::app {

class Alarms {
 public:
  /// How one way fares, for the status and the metrics.
  struct WayStatus {
    std::string name;
    std::size_t waiting = 0;
    OutboxCounters counters;
    std::uint64_t failures_in_a_row = 0;
    std::string last_word;  ///< what the last attempt came to; empty: none yet
  };

  Alarms(net::Loop& loop, const AlarmSettings& settings);
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  void add(std::unique_ptr<AlarmWay> way);
  /// Callable from anywhere on the loop's thread, also out of the engine.
  void raise(Alarm alarm);
  /// Turns the loop until all is delivered or given up, at most for `longest`.
  void finish(Duration longest);

  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::vector<WayStatus> ways() const;
  [[nodiscard]] const AlarmFilter& filter() const { return filter_; }

 private:
  struct Way {
    std::unique_ptr<AlarmWay> way;
    AlarmOutbox box;
  };
  void pump();
  void pump(Way& way);

  net::Loop& loop_;
  AlarmSettings settings_;
  AlarmFilter filter_;
  bool pump_posted_ = false;
  bool finishing_ = false;
  std::vector<std::unique_ptr<Way>> ways_;
  net::Timer again_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// The ways that the settings name. `settings` have been checked: the webhook can be read.
std::vector<std::unique_ptr<AlarmWay>> make_ways(net::Loop& loop, const AlarmSettings& settings,
                                                 const std::string& ca_file,
                                                 const AlarmSender& from);
/// This machine's name; empty where it has none.
std::string host_name();

}  // namespace proteus::app
