// From real time to simulated time, by factor or by pace. Holds no clock: both times are handed in.
#pragma once

#include <algorithm>
#include <optional>

#include "connectors/sim/settings.hpp"
#include "engine/core/fixed.hpp"

namespace proteus::sim {

class Pace {
 public:
  explicit Pace(const SimSettings& settings)
      : speed_e6_(static_cast<std::int64_t>(settings.speed * 1e6)), settle_(settings.settle) {}

  /// Factor: the simulated time at `steady`, given where both stood at the first call.
  Timestamp target(Duration steady, Timestamp now) {
    if (!anchor_) anchor_ = {steady, now};
    const Int128 gone = Int128{(steady - anchor_->first).count()} * speed_e6_ / 1'000'000;
    return anchor_->second + Duration{static_cast<std::int64_t>(gone)};
  }
  /// Real time until `ahead` of simulated time has passed, rounded up.
  [[nodiscard]] Duration real(Duration ahead) const {
    const Int128 wide = divide(Int128{ahead.count()} * 1'000'000, speed_e6_, Rounding::Up);
    return Duration{static_cast<std::int64_t>(std::min<Int128>(wide, INT64_MAX))};
  }

  /// A client said or asked something; its answer takes `answering`.
  void stir(Duration answering) { stirred_ = std::max(stirred_.value_or(answering), answering); }
  /// Pace: real time before time may move, 0 when it may.
  Duration hold(Duration steady) {
    if (stirred_) quiet_at_ = std::max(quiet_at_, steady + *stirred_ + settle_);
    stirred_.reset();
    return std::max(Duration{0}, quiet_at_ - steady);
  }

 private:
  std::int64_t speed_e6_;
  Duration settle_;
  std::optional<std::pair<Duration, Timestamp>> anchor_;
  std::optional<Duration> stirred_;
  Duration quiet_at_ = Duration::min() / 2;
};

}  // namespace proteus::sim
