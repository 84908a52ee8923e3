// Settings of the Bybit public feed. Hosts and TLS belong to whoever opens the sockets.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::bybit {

/// Steady: venue time runs with our own monotonic clock. Frames: it is the largest timestamp seen
/// (paced simulations).
enum class ClockMode : std::uint8_t { Steady, Frames };
/// Concurrent: frames go on while a hole is filled through REST. Pause: the stream is not read
/// meanwhile, so that a paced simulation waits and nothing becomes late.
enum class RepairMode : std::uint8_t { Concurrent, Pause };

struct FeedSettings {
  std::vector<std::string> intervals = {"1m"};
  bool tickers = true;
  std::int64_t book_depth = 0;
  std::int64_t warm_up_bars = 200;

  ClockMode clock = ClockMode::Steady;
  double speed = 1.0;
  RepairMode repair = RepairMode::Concurrent;

  Duration ping_interval = std::chrono::seconds{20};
  Duration pong_deadline = std::chrono::seconds{10};
  Duration silence_deadline = std::chrono::seconds{35};
  Duration connect_deadline = std::chrono::seconds{20};
  Duration ack_deadline = std::chrono::seconds{10};
  Duration backoff_min = std::chrono::milliseconds{500};
  Duration backoff_max = std::chrono::seconds{30};
  Duration steady_life = std::chrono::seconds{60};

  double rest_rate = 20.0;
  std::int64_t rest_in_flight_max = 4;
  Duration request_deadline = std::chrono::seconds{15};
  Duration ban_pause = std::chrono::minutes{10};

  Duration close_deadline = std::chrono::milliseconds{2500};
  Duration future_slack = std::chrono::seconds{2};
  Duration final_slack = std::chrono::seconds{1};
  std::int64_t missing_bar_tries = 4;
  Duration missing_bar_delay = std::chrono::seconds{1};

  Duration tick_interval = std::chrono::seconds{1};
  Duration time_sync_interval = std::chrono::seconds{60};
  Duration skew_alarm = std::chrono::milliseconds{300};
  Duration instruments_refresh = std::chrono::hours{24};

  static constexpr auto settings() {
    using S = FeedSettings;
    return std::tuple{
        setting("intervals", &S::intervals,
                "bar lengths to follow: 1m 3m 5m 15m 30m 1h 2h 4h 6h "
                "12h 1d 1w 1M; where it is not given, engine.interval"),
        setting("tickers", &S::tickers, "follow mark price and funding"),
        setting("book_depth", &S::book_depth, "levels of the order book: 0 (none), 1, 50 or 200", 0,
                200),
        setting("warm_up_bars", &S::warm_up_bars,
                "closed bars fetched before the stream, each "
                "instrument and interval",
                0, 100'000),
        setting("clock", &S::clock, "steady, or frames for a paced simulation"),
        setting("speed", &S::speed, "venue seconds a real second", 0.001, 1e6),
        setting("repair", &S::repair, "while a hole in the bars is filled: concurrent or pause"),
        setting("ping_interval", &S::ping_interval, "real time between pings", 0.05, 60),
        setting("pong_deadline", &S::pong_deadline, "real time a pong may take", 0.05, 60),
        setting("silence_deadline", &S::silence_deadline, "real time without any frame", 0.1, 600),
        setting("connect_deadline", &S::connect_deadline, "real time a connect may take", 0.1, 120),
        setting("ack_deadline", &S::ack_deadline, "real time an acknowledgement may take", 0.1, 60),
        setting("backoff_min", &S::backoff_min, "first pause before a new try, real time", 0.001,
                60),
        setting("backoff_max", &S::backoff_max, "longest pause before a new try, real time", 0.01,
                600),
        setting("steady_life", &S::steady_life, "a connection older than this resets the back-off",
                0.0, 3600),
        setting("rest_rate", &S::rest_rate, "REST requests a second, also the burst", 0.1, 100),
        setting("rest_in_flight_max", &S::rest_in_flight_max, "REST requests at once", 1, 64),
        setting("request_deadline", &S::request_deadline, "real time a REST answer may take", 0.1,
                120),
        setting("ban_pause", &S::ban_pause,
                "no REST at all for this long after HTTP 403, real time", 0.1, 86'400),
        setting("close_deadline", &S::close_deadline,
                "venue time after a bar's end at which a "
                "missing close is asked from REST",
                0.1, 60),
        setting("future_slack", &S::future_slack, "venue time a bar may be ahead of the clock", 0.0,
                60),
        setting("final_slack", &S::final_slack,
                "venue time after its end from which a REST row "
                "counts as final (clock = steady only)",
                0.0, 10),
        setting("missing_bar_tries", &S::missing_bar_tries,
                "REST answers without a bar until it "
                "counts as missing",
                1, 100),
        setting("missing_bar_delay", &S::missing_bar_delay, "real time between those tries", 0.0,
                60),
        setting("tick_interval", &S::tick_interval, "real time between clock ticks", 0.001, 60),
        setting("time_sync_interval", &S::time_sync_interval,
                "real time between readings of the "
                "venue's clock",
                0.1, 3600),
        setting("skew_alarm", &S::skew_alarm, "clock correction that is reported, venue time",
                0.001, 60),
        setting("instruments_refresh", &S::instruments_refresh,
                "venue time between readings of the "
                "instruments",
                1, 604'800)};
  }
};

}  // namespace proteus::bybit

template <>
struct proteus::EnumNames<proteus::bybit::ClockMode> {
  static constexpr std::array<std::string_view, 2> names = {"steady", "frames"};
};
template <>
struct proteus::EnumNames<proteus::bybit::RepairMode> {
  static constexpr std::array<std::string_view, 2> names = {"concurrent", "pause"};
};
