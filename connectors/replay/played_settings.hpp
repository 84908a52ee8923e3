// Settings of a feed whose time is a recording's.
#pragma once

#include "connectors/bybit/settings.hpp"

namespace proteus::replay {

/// Nobody is pinged, no request takes time, and silence means nothing: whether a connection was
/// lost is told by the next one. What was counted in real time is counted in the recording's, which
/// ran `speed` times as fast.
inline bybit::FeedSettings played(bybit::FeedSettings settings) {
  constexpr Duration kNever = std::chrono::hours{24 * 365 * 50};
  const bool steady = settings.clock == bybit::ClockMode::Steady;
  const double speed = steady ? std::max(1.0, settings.speed) : 1.0;
  const auto stretched = [&](Duration d) {
    return Duration{static_cast<std::int64_t>(static_cast<double>(d.count()) * speed)};
  };
  settings.backoff_min = settings.backoff_max = Duration{0};
  settings.ping_interval = settings.pong_deadline = kNever;
  settings.connect_deadline = settings.ack_deadline = settings.request_deadline = kNever;
  settings.silence_deadline = kNever;
  settings.time_sync_interval = kNever;
  settings.tick_interval = stretched(settings.tick_interval);
  settings.missing_bar_delay = Duration{0};  // A recorded answer waits for its own time.
  settings.rest_rate = 1e9;
  return settings;
}

}  // namespace proteus::replay
