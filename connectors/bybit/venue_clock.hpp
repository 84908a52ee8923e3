// The venue's time: anchor + speed x (steady - steady at the anchor). It is anchored by answers of
// market/time (half a round trip counts) and never goes back: an anchor that lies behind makes it
// stand still until the truth has caught up.
//
// In mode `frames` it is the largest timestamp seen in frames and answers instead: a simulation
// that is paced by its reader then has one time on both sides.
//
// Thread: the loop's.
#pragma once

#include <algorithm>
#include <functional>

#include "connectors/bybit/feed_io.hpp"
#include "connectors/bybit/settings.hpp"
#include "engine/ports/clock.hpp"

namespace proteus::bybit {

class VenueClock final : public Clock {
 public:
  /// `steady_now` gives real monotonic time. speed > 0: venue seconds a real second.
  VenueClock(ClockMode mode, double speed, std::function<SteadyTime()> steady_now);

  [[nodiscard]] Timestamp venue_now() override { return at(steady_now_()); }
  /// Venue time at a steady time; never less than what was answered before. Epoch until the first
  /// anchor (or, in mode `frames`, the first timestamp).
  [[nodiscard]] Timestamp at(SteadyTime now);

  /// An answer of market/time. False: not used, its round trip was too long (over 2 s) while a
  /// better anchor stands, or the steady times are out of order.
  bool on_server_time(Timestamp server, SteadyTime sent, SteadyTime received);
  /// Never answers less than this: what a session had reached before it was started again.
  void not_before(Timestamp t) { largest_ = std::max(largest_, t); }
  /// A timestamp of a frame or an answer; only mode `frames` listens. False: it lies more than a
  /// day ahead of all seen before and was not believed; market/time may always jump.
  bool on_frame_time(Timestamp ts);

  [[nodiscard]] ClockMode mode() const { return mode_; }
  [[nodiscard]] double speed() const { return speed_; }
  [[nodiscard]] bool anchored() const { return anchored_; }
  /// The last word of market/time; the epoch: none yet.
  [[nodiscard]] Timestamp anchor() const { return anchor_venue_; }
  /// How far the last used market/time answer lay ahead of this clock (venue time; negative: this
  /// clock ran ahead). Zero before the second answer.
  [[nodiscard]] Duration offset() const { return offset_; }
  /// Half the round trip of the last anchor: how wrong it may be (real time).
  [[nodiscard]] Duration uncertainty() const { return uncertainty_; }

 private:
  [[nodiscard]] Timestamp extrapolate(SteadyTime now) const;

  ClockMode mode_;
  double speed_;
  std::function<SteadyTime()> steady_now_;
  bool anchored_ = false;
  Timestamp anchor_venue_{};
  SteadyTime anchor_steady_{};
  Timestamp largest_{};  ///< largest answered so far (mode frames: seen so far)
  Duration offset_{0};
  Duration uncertainty_{0};
};

}  // namespace proteus::bybit
