#include "engine/core/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace proteus {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr std::array<std::string_view, 13> kNames = {"1m", "3m", "5m",  "15m", "30m", "1h", "2h",
                                                     "4h", "6h", "12h", "1d",  "1w",  "1M"};
constexpr std::array<std::chrono::minutes, 12> kLengths = {
    1min, 3min, 5min, 15min, 30min, 60min, 120min, 240min, 360min, 720min, 1440min, 10080min};

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || text.empty() || text[0] == '-')
    return std::nullopt;
  return value;
}

}  // namespace

std::string format_time(Timestamp t) {
  const auto day = std::chrono::floor<days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(t - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

// 2262-01-01: nanoseconds hold little more, and the written form ends there too.
constexpr std::int64_t kEndMs = 9'214'646'400'000;

Result<Timestamp> parse_time(std::string_view text) {
  const auto bad = [&] {
    return error(ErrorCode::Malformed,
                 fmt::format("not a time: \"{}\" (write 2025-05-29, 2025-05-29T17:05Z, "
                             "2025-05-29T17:05:00.000Z or unix milliseconds)",
                             text.substr(0, 40)));
  };
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos &&
      text.size() > 9) {
    std::int64_t ms = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (ec != std::errc{} || ms >= kEndMs) return bad();
    return from_unix_ms(ms);
  }
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return bad();
  const auto y = digits(text.substr(0, 4)), m = digits(text.substr(5, 2)),
             d = digits(text.substr(8, 2));
  if (!y || !m || !d) return bad();
  const std::chrono::year_month_day date{std::chrono::year{*y},
                                         std::chrono::month{static_cast<unsigned>(*m)},
                                         std::chrono::day{static_cast<unsigned>(*d)}};
  if (!date.ok() || *y < 1970 || *y > 2261) return bad();
  Timestamp t = std::chrono::sys_days{date};
  std::string_view rest = text.substr(10);
  if (!rest.empty() && rest.back() == 'Z') rest.remove_suffix(1);
  if (rest.empty()) return t;
  if ((rest[0] != 'T' && rest[0] != ' ') || rest.size() < 6 || rest[3] != ':') return bad();
  const auto hh = digits(rest.substr(1, 2)), mm = digits(rest.substr(4, 2));
  if (!hh || !mm || *hh > 23 || *mm > 59) return bad();
  t += std::chrono::hours{*hh} + std::chrono::minutes{*mm};
  rest.remove_prefix(6);
  if (rest.empty()) return t;
  if (rest[0] != ':' || rest.size() < 3) return bad();
  const auto ss = digits(rest.substr(1, 2));
  if (!ss || *ss > 59) return bad();
  t += std::chrono::seconds{*ss};
  rest.remove_prefix(3);
  if (rest.empty()) return t;
  if (rest[0] != '.' || rest.size() != 4) return bad();
  const auto ms = digits(rest.substr(1));
  if (!ms) return bad();
  return t + std::chrono::milliseconds{*ms};
}

std::string_view to_string(Interval interval) { return kNames[static_cast<std::size_t>(interval)]; }

std::optional<Interval> parse_interval(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<Interval>(i);
  return std::nullopt;
}

Timestamp bar_open(Timestamp t, Interval interval) {
  if (interval == Interval::Month) {
    const std::chrono::year_month_day date{std::chrono::floor<days>(t)};
    return std::chrono::sys_days{date.year() / date.month() / 1};
  }
  // 1970-01-01 was a Thursday: Mondays lie four days after it.
  const Duration shift = interval == Interval::W1 ? Duration{days{4}} : Duration{0};
  const Duration length = kLengths[static_cast<std::size_t>(interval)];
  const Duration since = t.time_since_epoch() - shift;
  const Duration rest = since % length;
  return Timestamp{since - (rest < Duration{0} ? rest + length : rest) + shift};
}

Timestamp next_open(Timestamp open, Interval interval) {
  if (interval == Interval::Month) {
    const std::chrono::year_month_day date{std::chrono::floor<days>(open)};
    return std::chrono::sys_days{(date.year() / date.month() + std::chrono::months{1}) / 1};
  }
  return open + kLengths[static_cast<std::size_t>(interval)];
}

double bars_per_year(Interval interval) {
  if (interval == Interval::Month) return 12.0;
  return static_cast<double>(std::chrono::minutes{days{365}}.count()) /
         static_cast<double>(kLengths[static_cast<std::size_t>(interval)].count());
}

}  // namespace proteus
