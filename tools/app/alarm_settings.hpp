// What is told to whoever is away, how, and how often; and where figures can be fetched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::app {

enum class Severity : std::uint8_t { Info, Warning, Critical };

struct AlarmSettings {
  std::vector<std::string> command;
  std::string webhook;
  Severity severity_min = Severity::Warning;
  Duration deadline = std::chrono::seconds{10};
  std::int64_t attempts_max = 5;
  Duration repeat_after = std::chrono::hours{1};
  std::int64_t hourly_max = 30;
  std::int64_t queue_max = 100;
  Duration hold_longer = std::chrono::minutes{10};
  Duration feed_lost_longer = std::chrono::minutes{2};
  std::int64_t refusals_hourly_max = 30;
  Duration loop_delay_max = std::chrono::milliseconds{250};

  static constexpr auto settings() {
    using A = AlarmSettings;
    return std::tuple{
        setting("command", &A::command,
                "program and arguments to run for an alarm, without a shell; the alarm is on its "
                "standard input as JSON and in PROTEUS_ALARM_*; empty: none"),
        setting("webhook", &A::webhook,
                "http or https address to which an alarm is posted as JSON; the environment "
                "variable PROTEUS_ALARM_WEBHOOK goes before it; its path is never shown; empty: "
                "none"),
        setting("severity_min", &A::severity_min, "what is less severe is not sent"),
        setting("deadline", &A::deadline,
                "real time that one attempt may take; a command is killed after it", 0.1, 300.0),
        setting("attempts_max", &A::attempts_max,
                "attempts to deliver one alarm one way, with growing pauses between them", 1, 20),
        setting("repeat_after", &A::repeat_after,
                "real time in which the same thing is told once; what lasts is told again then",
                1.0, 7 * 86'400.0),
        setting("hourly_max", &A::hourly_max,
                "alarms sent within any hour; the last quarter is kept for critical ones", 1,
                10'000),
        setting("queue_max", &A::queue_max,
                "alarms that wait for one way; beyond it the oldest of the least severe goes", 1,
                10'000),
        setting("hold_longer", &A::hold_longer, "a hold that lasts this real time is told", 1.0,
                7 * 86'400.0),
        setting("feed_lost_longer", &A::feed_lost_longer,
                "a feed that is not live for this real time is told", 1.0, 7 * 86'400.0),
        setting("refusals_hourly_max", &A::refusals_hourly_max,
                "refused orders within an hour that are still usual", 1, 1'000'000),
        setting("loop_delay_max", &A::loop_delay_max,
                "lateness of the event loop's timers, 99th percentile of the last minute, that is "
                "still usual",
                0.001, 60.0)};
  }
};

struct MetricsSettings {
  bool enabled = false;
  std::string bind = "127.0.0.1";
  std::int64_t port = 9464;
  static constexpr auto settings() {
    using M = MetricsSettings;
    return std::tuple{
        setting("enabled", &M::enabled, "serve /metrics (Prometheus text) and /healthz"),
        setting("bind", &M::bind,
                "address to listen on; there is no password, so loopback unless you know better"),
        setting("port", &M::port, "port to listen on; 0: any free one", 0, 65535)};
  }
};

}  // namespace proteus::app

namespace proteus {

template <>
struct EnumNames<app::Severity> {
  static constexpr std::array<std::string_view, 3> names = {"info", "warning", "critical"};
};

}  // namespace proteus
