#include "tools/app/alarm.hpp"

#include <array>

#include "tools/app/json_object.hpp"

namespace proteus::app {

std::string_view to_string(AlarmKind kind) {
  constexpr std::array<std::string_view, kAlarmKinds> kNames = {
      "test",          "daemon_started", "daemon_resumed",  "daemon_stopped", "trading_state",
      "hold_lasts",    "feed_lost",      "log_not_written", "disk_low",       "storage_error",
      "many_refusals", "clock_skew",     "liquidation",     "gap_not_filled", "loop_stalled",
      "drawdown",      "venue_speed",    "learner_failed",  "guard"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Severity severity) {
  return EnumNames<Severity>::names[static_cast<std::size_t>(severity)];
}

std::string alarm_json(const Alarm& alarm, const AlarmSender& from) {
  return JsonObject{}
      .add("schema", 1)
      .add("program", std::string_view{"proteus"})
      .add("kind", to_string(alarm.kind))
      .add("severity", to_string(alarm.severity))
      .add("over", alarm.over)
      .add("subject", alarm.subject)
      .add("text", alarm.text)
      .add("time", alarm.time)
      .add("number", alarm.number)
      .add("suppressed", alarm.suppressed)
      .add("host", from.host)
      .add("mode", from.mode)
      .add("session", from.session)
      .text();
}

std::vector<std::pair<std::string, std::string>> alarm_environment(const Alarm& alarm,
                                                                   const AlarmSender& from) {
  return {{"PROTEUS_ALARM_KIND", std::string(to_string(alarm.kind))},
          {"PROTEUS_ALARM_SEVERITY", std::string(to_string(alarm.severity))},
          {"PROTEUS_ALARM_OVER", alarm.over ? "true" : "false"},
          {"PROTEUS_ALARM_SUBJECT", alarm.subject},
          {"PROTEUS_ALARM_TEXT", alarm.text},
          {"PROTEUS_ALARM_TIME", json::time_text(alarm.time)},
          {"PROTEUS_ALARM_NUMBER", std::to_string(alarm.number)},
          {"PROTEUS_ALARM_SUPPRESSED", std::to_string(alarm.suppressed)},
          {"PROTEUS_ALARM_HOST", from.host},
          {"PROTEUS_ALARM_MODE", from.mode},
          {"PROTEUS_ALARM_SESSION", from.session}};
}

}  // namespace proteus::app
