#include <fmt/format.h>

#include "tools/app/why_journal.hpp"

namespace proteus::app {
namespace {

/// Takes "+02:00" or "-0530" off the end of a date with a time; what it says, if it is there.
std::optional<Duration> take_offset(std::string_view& text) {
  const std::size_t sign = text.find_last_of("+-");
  if (sign == std::string_view::npos || sign < 13) return std::nullopt;  // a date's own dashes
  std::string digits;
  for (const char c : text.substr(sign + 1))
    if (c != ':') digits += c;
  if (digits.size() != 4 || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const int hours = (digits[0] - '0') * 10 + digits[1] - '0';
  const int minutes = (digits[2] - '0') * 10 + digits[3] - '0';
  if (hours > 14 || minutes > 59) return std::nullopt;
  const Duration offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  const bool east = text[sign] == '+';
  text = text.substr(0, sign);
  return east ? offset : -offset;
}

}  // namespace

Result<Timestamp> parse_when(std::string_view given) {
  std::string_view text = given;
  Duration offset{0};
  if (const auto found = take_offset(text)) offset = *found;
  if (text.ends_with('Z') || text.ends_with('z')) text.remove_suffix(1);
  // A bar is minutes long: what stands behind the second does not matter, but it must be digits.
  if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
    const std::string_view fraction = text.substr(dot + 1);
    if (!fraction.empty() && fraction.find_first_not_of("0123456789") == std::string_view::npos)
      text = text.substr(0, dot);
  }
  std::string plain{text};
  if (plain.size() > 10 && plain[10] == 't') plain[10] = 'T';
  const auto time = parse_time(plain);
  if (time.has_error())
    return error(ErrorCode::Malformed,
                 fmt::format("\"{}\" is no time: write 2025-06-01T12:34 (UTC), "
                             "2025-06-01T12:34:56Z or 2025-06-01T14:34:56+02:00, "
                             "a date or unix milliseconds",
                             given.substr(0, 40)));
  return time.value() - offset;
}

Result<WhyWords> read_why_words(const std::vector<std::string>& words) {
  WhyWords out;
  for (const std::string& word : words) {
    if (word.empty()) continue;
    if (word[0] >= '0' && word[0] <= '9') {
      if (out.time) return error(ErrorCode::Malformed, "two times were given, one is enough");
      BOOST_OUTCOME_TRY(out.time, parse_when(word));
      continue;
    }
    if (!out.instrument.empty()) {
      // An instrument has a colon: what has none was meant as the time.
      for (const std::string& one : {word, out.instrument})
        if (one.find(':') == std::string::npos) return parse_when(one).error();
      return error(ErrorCode::Malformed,
                   fmt::format("two instruments were given ({}, {}): name one, or none for all",
                               out.instrument, word));
    }
    out.instrument = word;
  }
  return out;
}

}  // namespace proteus::app
