// Time in proteus: UTC nanoseconds, and the bar intervals of the venue. No clock lives here.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus {

using Duration = std::chrono::nanoseconds;

inline double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
using Timestamp = std::chrono::sys_time<Duration>;

constexpr Timestamp from_unix_ms(std::int64_t ms) {
  return Timestamp{std::chrono::milliseconds{ms}};
}
constexpr std::int64_t to_unix_ms(Timestamp t) {
  return std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
constexpr std::int64_t to_unix_ns(Timestamp t) { return t.time_since_epoch().count(); }
constexpr Timestamp from_unix_ns(std::int64_t ns) { return Timestamp{Duration{ns}}; }

/// "2025-05-29T17:05:00.000Z", always milliseconds.
std::string format_time(Timestamp t);
/// The same, seconds optional, or a bare date, or unix milliseconds.
Result<Timestamp> parse_time(std::string_view text);

/// Bar lengths, all that the venue offers. Days start at 00:00 UTC, weeks on Monday, months on the
/// first.
enum class Interval : std::uint8_t { M1, M3, M5, M15, M30, H1, H2, H4, H6, H12, D1, W1, Month };

/// "1m" .. "12h", "1d", "1w", "1M".
std::string_view to_string(Interval interval);
std::optional<Interval> parse_interval(std::string_view text);

/// Opening time of the bar that holds `t`, and of the bar after it.
Timestamp bar_open(Timestamp t, Interval interval);
Timestamp next_open(Timestamp open, Interval interval);
/// Length of the bar that opens at `open`; constant except for months.
inline Duration bar_length(Timestamp open, Interval interval) {
  return next_open(open, interval) - open;
}
/// Bars a year (365 days) of this interval: 525600 for 1m, 8760 for 1h, 12 for a month.
double bars_per_year(Interval interval);

}  // namespace proteus
