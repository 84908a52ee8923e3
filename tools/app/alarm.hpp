// What is said to somebody who is not looking: kinds, severities, and how an alarm is spelled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/time.hpp"
#include "tools/app/alarm_settings.hpp"

namespace proteus::app {

enum class AlarmKind : std::uint8_t {
  Test,
  DaemonStarted,
  DaemonResumed,
  DaemonStopped,
  TradingState,
  HoldLasts,
  FeedLost,
  LogNotWritten,
  DiskLow,
  StorageError,
  ManyRefusals,
  ClockSkew,
  Liquidation,
  GapNotFilled,
  LoopStalled,
  Drawdown,
  VenueSpeed,
  LearnerFailed,
  Guard
};
inline constexpr std::size_t kAlarmKinds = static_cast<std::size_t>(AlarmKind::Guard) + 1;
std::string_view to_string(AlarmKind kind);
std::string_view to_string(Severity severity);

struct Alarm {
  AlarmKind kind = AlarmKind::Test;
  Severity severity = Severity::Info;
  bool over = false;    ///< tells the end of what was told before
  std::string subject;  ///< of several of a kind, which: an instrument, a hold; may be empty
  std::string text;     ///< a sentence for a person
  // Filled where it is sent.
  std::uint64_t number = 0;      ///< of this run, from 1
  std::uint64_t suppressed = 0;  ///< alarms kept back since the one sent before
  Timestamp time{};              ///< the machine's clock, UTC
};

/// Who speaks: the same in every alarm of a run.
struct AlarmSender {
  std::string host;
  std::string mode;
  std::string session;
};

/// One JSON object on one line; keys: docs/reference/alarms.md.
std::string alarm_json(const Alarm& alarm, const AlarmSender& from);
/// The same as PROTEUS_ALARM_* variables for a command.
std::vector<std::pair<std::string, std::string>> alarm_environment(const Alarm& alarm,
                                                                   const AlarmSender& from);

}  // namespace proteus::app
