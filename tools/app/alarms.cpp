#include "tools/app/alarms.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "connectors/net/endpoint.hpp"
#include "tools/app/alarm_command.hpp"
#include "tools/app/alarm_webhook.hpp"

namespace proteus::app {
namespace {

constexpr Duration kAlarmLook = std::chrono::milliseconds{250};  // for repetitions that are due

spdlog::level::level_enum level_of(const Alarm& alarm) {
  if (alarm.over || alarm.severity == Severity::Info) return spdlog::level::info;
  return alarm.severity == Severity::Warning ? spdlog::level::warn : spdlog::level::err;
}

}  // namespace

Alarms::Alarms(net::Loop& loop, const AlarmSettings& settings)
    : loop_(loop), settings_(settings), filter_(settings) {}

void Alarms::add(std::unique_ptr<AlarmWay> way) {
  ways_.push_back(std::make_unique<Way>(Way{std::move(way), AlarmOutbox(settings_)}));
  if (!again_.pending()) again_ = loop_.every(kAlarmLook, [this] { pump(); });
}

void Alarms::raise(Alarm alarm) {
  alarm.time = net::Loop::wall_now();
  if (!filter_.pass(alarm, net::Loop::steady_now())) return;
  spdlog::log(level_of(alarm), "ALARM. severity={} kind={}{} text=\"{}\"",
              to_string(alarm.severity), to_string(alarm.kind), alarm.over ? " over=true" : "",
              alarm.text);
  for (const auto& way : ways_) way->box.offer(alarm);
  if (ways_.empty() || pump_posted_) return;
  pump_posted_ = true;
  loop_.post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    pump_posted_ = false;
    pump();
  });
}

void Alarms::pump() {
  for (const auto& way : ways_) pump(*way);
  if (finishing_ && idle()) loop_.stop();
}

void Alarms::pump(Way& way) {
  const Alarm* next = way.box.begin(net::Loop::steady_now());
  if (next == nullptr) return;
  way.way->send(*next, [this, &way](Delivery outcome, std::string word) {
    const bool failed = outcome != Delivery::Delivered;
    // The first of a row: a webhook that is away for days is told once.
    if (failed && way.box.failures_in_a_row() == 0)
      spdlog::warn("An alarm could not be delivered. way={} cause=\"{}\"", way.way->name(), word);
    way.box.end(outcome, std::move(word), net::Loop::steady_now());
    pump();
  });
}

bool Alarms::idle() const {
  return std::ranges::all_of(ways_, [](const auto& way) { return way->box.idle(); });
}

void Alarms::finish(Duration longest) {
  if (idle()) return;
  finishing_ = true;
  loop_.run_for(longest);
  finishing_ = false;
}

std::vector<Alarms::WayStatus> Alarms::ways() const {
  std::vector<WayStatus> out;
  for (const auto& way : ways_)
    out.push_back({std::string(way->way->name()), way->box.waiting(), way->box.counters(),
                   way->box.failures_in_a_row(), way->box.last_word()});
  return out;
}

std::vector<std::unique_ptr<AlarmWay>> make_ways(net::Loop& loop, const AlarmSettings& settings,
                                                 const std::string& ca_file,
                                                 const AlarmSender& from) {
  std::vector<std::unique_ptr<AlarmWay>> ways;
  if (!settings.command.empty())
    ways.push_back(std::make_unique<AlarmCommand>(loop, settings.command, settings.deadline, from));
  if (settings.webhook.empty()) return ways;
  if (const auto endpoint = net::parse_endpoint(settings.webhook); endpoint.has_value())
    ways.push_back(
        std::make_unique<AlarmWebhook>(loop, endpoint.value(), ca_file, settings.deadline, from));
  return ways;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace proteus::app
