// What is worth an alarm. Sees events as they are written down and, once a second, how things
// stand; tells beginnings, ends, and what lasts. Pure: real time is told, and nothing here can
// change a decision. What holds when it first looks is told too, so a resumed run hides nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/event.hpp"
#include "engine/core/instrument.hpp"
#include "tools/app/alarm.hpp"

namespace proteus::app {

/// How things stand.
struct AlarmReadings {
  struct StandingHold {
    std::string what;  ///< "stale_data linear:BTCUSDT"
    std::string cause;
  };
  TradingState state = TradingState::Active;
  std::string state_cause;
  std::vector<StandingHold> holds;
  bool feed_live = false;
  std::string log_error;             ///< why the log cannot be written; empty: it can
  std::uint64_t storage_errors = 0;  ///< of the run: syncs, tables, recorded feed
  std::string storage_error;         ///< the last one in words
  std::uint64_t refusals = 0;        ///< of the run
  bool disk_low = false;             ///< less is free than storage.disk_free_min
  bool near_quota = false;           ///< of storage.quota_bytes nine tenths are used
  bool over_quota = false;           ///< nothing more may go, and still it is too much
  std::uint64_t disk_free_bytes = 0;
  double drawdown = 0.0;      ///< fraction below the peak
  double drawdown_max = 0.0;  ///< the limit
  Duration loop_delay_p99{0};
  std::string speed_doubt;  ///< why venue time seems to run at another speed; empty: it does not
};

class AlarmRules {
 public:
  using Raise = std::function<void(Alarm)>;
  /// `instruments` must outlive this.
  AlarmRules(const AlarmSettings& settings, const InstrumentTable& instruments, Raise raise)
      : settings_(settings), instruments_(instruments), raise_(std::move(raise)) {}

  void on(const Event& event);
  /// `now`: steady real time.
  void on(const AlarmReadings& readings, Duration now);

 private:
  struct Standing {
    Duration since{0};
    std::optional<Duration> told;
    Severity severity = Severity::Info;
  };
  using Key = std::pair<AlarmKind, std::string>;
  struct Condition {
    AlarmKind kind;
    Severity severity;
    std::string subject;
    std::string text;
    Duration lasting{0};  ///< told only after it has lasted so long
  };
  void state(TradingState now, std::string_view cause);
  void stand(Condition condition, bool holds, Duration now);
  void end(const Key& key, const Standing& standing, Duration now);
  [[nodiscard]] bool stands(AlarmKind kind, const std::string& subject) const;
  void holds(const AlarmReadings& r, Duration now);
  void disk(const AlarmReadings& r, Duration now);
  void refusals(const AlarmReadings& r, Duration now);
  void drawdown(const AlarmReadings& r, Duration now);
  void loop(const AlarmReadings& r, Duration now);
  void tell(AlarmKind kind, Severity severity, std::string subject, std::string text);
  [[nodiscard]] std::string name(InstrumentId id) const;

  AlarmSettings settings_;
  const InstrumentTable& instruments_;
  Raise raise_;
  TradingState state_ = TradingState::Active;
  std::map<Key, Standing> standing_;
  std::uint64_t storage_errors_ = 0;
  std::deque<std::pair<Duration, std::uint64_t>> refusals_;  // once a minute, of the last hour
};

}  // namespace proteus::app
