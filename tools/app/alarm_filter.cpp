#include "tools/app/alarm_filter.hpp"

#include <utility>

namespace proteus::app {
namespace {

constexpr std::size_t kRemembered = 4096;

}  // namespace

bool AlarmFilter::within_hour(Severity severity, Duration now) {
  while (!hour_.empty() && now - hour_.front() >= std::chrono::hours{1}) hour_.pop_front();
  const auto all = static_cast<std::size_t>(settings_.hourly_max);
  return hour_.size() < (severity == Severity::Critical ? all : all - all / 4);
}

/// Subjects are instruments, streams and holds, so there are few; this bounds a program's mistake.
void AlarmFilter::forget(Duration now) {
  if (told_.size() < kRemembered) return;
  std::erase_if(told_, [&](const auto& t) { return now - t.second >= settings_.repeat_after; });
  if (told_.size() >= kRemembered) told_.clear();
}

bool AlarmFilter::pass(Alarm& alarm, Duration now) {
  if (alarm.severity < settings_.severity_min) return false;
  const Key key{alarm.kind, alarm.severity, alarm.over, alarm.subject};
  const auto before = told_.find(key);
  const bool again = before != told_.end() && now - before->second < settings_.repeat_after;
  if (again || !within_hour(alarm.severity, now)) {
    ++suppressed_;
    ++untold_;
    return false;
  }
  forget(now);
  told_[key] = now;
  // What was told to be over, or to have begun again, may be told the other way at once: the last
  // word that somebody heard of a critical state must be the true one.
  if (alarm.severity == Severity::Critical || alarm.over)
    std::erase_if(told_, [&](const auto& t) {
      const auto& [kind, severity, over, subject] = t.first;
      return kind == alarm.kind && over != alarm.over && subject == alarm.subject &&
             severity == Severity::Critical;
    });
  hour_.push_back(now);
  alarm.number = ++passed_;
  alarm.suppressed = std::exchange(untold_, 0);
  return true;
}

}  // namespace proteus::app
