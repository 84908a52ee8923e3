#include "connectors/bybit/venue_clock.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::bybit {
namespace {

constexpr Duration kRoundTripMax = std::chrono::seconds{2};
constexpr Duration kFrameJumpMax = std::chrono::hours{24};

}  // namespace

VenueClock::VenueClock(ClockMode mode, double speed, std::function<SteadyTime()> steady_now)
    : mode_(mode), speed_(speed), steady_now_(std::move(steady_now)) {
  PROTEUS_ASSERT(speed > 0.0);
}

Timestamp VenueClock::extrapolate(SteadyTime now) const {
  const Duration since = now - anchor_steady_;
  // At speed 1 the product stays out of doubles: they would cost nanoseconds after 104 days.
  if (speed_ == 1.0) return anchor_venue_ + since;
  return anchor_venue_ + Duration{std::llround(speed_ * static_cast<double>(since.count()))};
}

Timestamp VenueClock::at(SteadyTime now) {
  if (mode_ == ClockMode::Steady && anchored_) largest_ = std::max(largest_, extrapolate(now));
  return largest_;
}

bool VenueClock::on_server_time(Timestamp server, SteadyTime sent, SteadyTime received) {
  if (received < sent) return false;
  const Duration round_trip = received - sent;
  if (anchored_ && round_trip > kRoundTripMax) return false;
  const SteadyTime middle = sent + round_trip / 2;
  if (mode_ == ClockMode::Frames) {
    offset_ = anchored_ ? server - largest_ : Duration{0};
    largest_ = std::max(largest_, server);
  } else {
    offset_ = anchored_ ? server - extrapolate(middle) : Duration{0};
  }
  anchor_venue_ = server;
  anchor_steady_ = middle;
  uncertainty_ = round_trip / 2;
  anchored_ = true;
  return true;
}

bool VenueClock::on_frame_time(Timestamp ts) {
  if (mode_ != ClockMode::Frames) return true;
  if (anchored_ && ts - largest_ > kFrameJumpMax) return false;
  largest_ = std::max(largest_, ts);
  anchored_ = true;
  return true;
}

}  // namespace proteus::bybit
