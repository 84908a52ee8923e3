#include "tools/app/alarm_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tools/app/text.hpp"

namespace proteus::app {
namespace {

constexpr Duration kMinute = std::chrono::minutes{1};

std::string span(Duration d) { return age_text(std::chrono::duration<double>(d).count()); }

std::int64_t milliseconds(Duration d) {
  return std::chrono::ceil<std::chrono::milliseconds>(d).count();
}

}  // namespace

std::string AlarmRules::name(InstrumentId id) const {
  return id.index < instruments_.size() ? instruments_[id].name() : fmt::format("#{}", id.index);
}

void AlarmRules::tell(AlarmKind kind, Severity severity, std::string subject, std::string text) {
  Alarm alarm;
  alarm.kind = kind;
  alarm.severity = severity;
  alarm.subject = std::move(subject);
  alarm.text = std::move(text);
  raise_(std::move(alarm));
}

void AlarmRules::state(TradingState now, std::string_view cause) {
  if (now == state_) return;
  state_ = now;
  const std::string word{proteus::to_string(now)};
  if (now == TradingState::Active) {
    Alarm alarm;
    alarm.kind = AlarmKind::TradingState;
    alarm.severity = Severity::Critical;
    alarm.over = true;
    alarm.subject = word;
    alarm.text = fmt::format("Trading is active again: {}", cause);
    return raise_(std::move(alarm));
  }
  tell(AlarmKind::TradingState, Severity::Critical, word,
       fmt::format("Trading is {} until a person resumes it: {}", word, cause));
}

void AlarmRules::on(const Event& event) {
  if (const auto* moved = std::get_if<TradingStateChanged>(&event.body))
    return state(moved->to, moved->cause.view());
  if (const auto* fill = std::get_if<Fill>(&event.body); fill != nullptr && fill->liquidation)
    return tell(
        AlarmKind::Liquidation, Severity::Critical, name(fill->instrument),
        fmt::format("The venue liquidated {} {} of {} at {}.",
                    fill->side == Side::Sell ? "a long of" : "a short of",
                    fill->quantity.to_string(), name(fill->instrument), fill->price.to_string()));
  if (const auto* judged = std::get_if<AdaptationJudged>(&event.body);
      judged != nullptr && judged->verdict == AdaptationVerdict::Lost)
    return tell(AlarmKind::LearnerFailed, Severity::Warning, name(judged->instrument),
                fmt::format("An adaptation of {} is lost, {}: {}", name(judged->instrument),
                            judged->version_after == 0 ? "the base policy trades"
                                                       : "the weights stay as they are",
                            judged->reason.view()));
  const auto* anomaly = std::get_if<FeedAnomaly>(&event.body);
  if (anomaly == nullptr) return;
  const std::string subject = anomaly->has_instrument ? name(anomaly->instrument) : std::string();
  if (anomaly->kind == AnomalyKind::MissingBar)
    tell(AlarmKind::GapNotFilled, Severity::Warning, subject,
         fmt::format("A hole in the bars could not be filled, {} stands aside: {}",
                     subject.empty() ? "the instrument" : subject, anomaly->detail.view()));
  if (anomaly->kind == AnomalyKind::ClockSkew)
    tell(AlarmKind::ClockSkew, Severity::Warning, subject,
         fmt::format("Our clock and the venue's do not agree: {}", anomaly->detail.view()));
}

bool AlarmRules::stands(AlarmKind kind, const std::string& subject) const {
  return standing_.contains({kind, subject});
}

void AlarmRules::end(const Key& key, const Standing& standing, Duration now) {
  if (!standing.told) return;
  Alarm alarm;
  alarm.kind = key.first;
  alarm.severity = standing.severity;
  alarm.over = true;
  alarm.subject = key.second;
  alarm.text = fmt::format("Over after {}: {}{}{}.", span(now - standing.since),
                           to_string(key.first), key.second.empty() ? "" : ", ", key.second);
  raise_(std::move(alarm));
}

void AlarmRules::stand(Condition condition, bool holds, Duration now) {
  const Key key{condition.kind, condition.subject};
  if (!holds) {
    const auto known = standing_.find(key);
    if (known == standing_.end()) return;
    end(key, known->second, now);
    standing_.erase(known);
    return;
  }
  Standing& standing =
      standing_.try_emplace(key, Standing{now, {}, condition.severity}).first->second;
  if (now - standing.since < condition.lasting) return;
  if (standing.told && now - *standing.told < settings_.repeat_after) return;
  const bool again = standing.told.has_value();
  standing.told = now;
  tell(condition.kind, condition.severity, std::move(condition.subject),
       again ? fmt::format("Still, for {}: {}", span(now - standing.since), condition.text)
             : std::move(condition.text));
}

void AlarmRules::holds(const AlarmReadings& r, Duration now) {
  std::erase_if(standing_, [&](const auto& known) {
    if (known.first.first != AlarmKind::HoldLasts) return false;
    const bool gone = std::ranges::none_of(r.holds, [&](const AlarmReadings::StandingHold& h) {
      return h.what == known.first.second;
    });
    if (gone) end(known.first, known.second, now);
    return gone;
  });
  for (const AlarmReadings::StandingHold& hold : r.holds)
    stand({AlarmKind::HoldLasts, Severity::Warning, hold.what,
           fmt::format("Nothing that raises risk has been sent for {} or longer ({}): {}",
                       span(settings_.hold_longer), hold.what, hold.cause),
           settings_.hold_longer},
          true, now);
}

void AlarmRules::disk(const AlarmReadings& r, Duration now) {
  stand({AlarmKind::LogNotWritten, Severity::Critical, "",
         fmt::format("The session log cannot be written, no order leaves until it can: {}",
                     r.log_error)},
        !r.log_error.empty(), now);
  stand({AlarmKind::DiskLow, Severity::Critical, "disk",
         fmt::format("The disk of the sessions has only {} left, less than storage.disk_free_min.",
                     bytes_text(static_cast<double>(r.disk_free_bytes)))},
        r.disk_low, now);
  stand({AlarmKind::DiskLow, Severity::Critical, "quota",
         "The session is larger than storage.quota_bytes, and nothing more of it may go."},
        r.over_quota, now);
  stand({AlarmKind::DiskLow, Severity::Warning, "quota near",
         "The session has used nine tenths of storage.quota_bytes."},
        r.near_quota && !r.over_quota, now);
  if (r.storage_errors > storage_errors_)
    tell(AlarmKind::StorageError, Severity::Warning, "",
         fmt::format("Storage has trouble ({} times): {}", r.storage_errors, r.storage_error));
  storage_errors_ = r.storage_errors;
}

void AlarmRules::refusals(const AlarmReadings& r, Duration now) {
  if (refusals_.empty() || now - refusals_.back().first >= kMinute)
    refusals_.emplace_back(now, r.refusals);
  while (refusals_.size() > 1 && now - refusals_[1].first >= std::chrono::hours{1})
    refusals_.pop_front();
  const std::uint64_t recent = r.refusals - std::min(r.refusals, refusals_.front().second);
  const auto most = static_cast<std::uint64_t>(settings_.refusals_hourly_max);
  stand({AlarmKind::ManyRefusals, Severity::Warning, "",
         fmt::format("{} orders were refused within an hour, more than {}: ask proteus why.",
                     recent, most)},
        recent > (stands(AlarmKind::ManyRefusals, "") ? most / 2 : most), now);
}

void AlarmRules::drawdown(const AlarmReadings& r, Duration now) {
  struct Level {
    double share;
    Severity severity;
    const char* subject;
  };
  constexpr std::array<Level, 2> kLevels = {{{0.5, Severity::Warning, "50 % of the limit"},
                                             {0.8, Severity::Critical, "80 % of the limit"}}};
  constexpr double kBackBy = 0.05;
  if (!(r.drawdown_max > 0.0)) return;
  const double used = r.drawdown / r.drawdown_max;
  for (const Level& level : kLevels) {
    const double bound = level.share - (stands(AlarmKind::Drawdown, level.subject) ? kBackBy : 0.0);
    stand({AlarmKind::Drawdown, level.severity, level.subject,
           fmt::format("Equity is {} below its peak; at {} trading is reduced.",
                       percent(r.drawdown), percent(r.drawdown_max))},
          used >= bound, now);
  }
}

void AlarmRules::loop(const AlarmReadings& r, Duration now) {
  const Duration most = settings_.loop_delay_max;
  stand(
      {AlarmKind::LoopStalled, Severity::Warning, "",
       fmt::format("The event loop runs late: 99 % of its timers of the last minute within {} ms, "
                   "usual is {} ms. The machine is overloaded or stands still.",
                   milliseconds(r.loop_delay_p99), milliseconds(most))},
      r.loop_delay_p99 > (stands(AlarmKind::LoopStalled, "") ? most / 2 : most), now);
}

void AlarmRules::on(const AlarmReadings& readings, Duration now) {
  state(readings.state, readings.state_cause);
  holds(readings, now);
  stand({AlarmKind::FeedLost, Severity::Warning, "",
         fmt::format("The feed has not been live for {} or longer; it reconnects by itself, and "
                     "nothing that raises risk is sent.",
                     span(settings_.feed_lost_longer)),
         settings_.feed_lost_longer},
        !readings.feed_live, now);
  stand({AlarmKind::VenueSpeed, Severity::Warning, "", readings.speed_doubt},
        !readings.speed_doubt.empty(), now);
  disk(readings, now);
  refusals(readings, now);
  drawdown(readings, now);
  loop(readings, now);
}

}  // namespace proteus::app
