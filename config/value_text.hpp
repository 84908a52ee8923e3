// How values of settings are written and read: TOML text, the command line's plain text, ranges.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/setting_slot.hpp"

namespace proteus::config {

/// "250ms", "1.5s", "2h", "0s"; units ns, us, ms, s, m, h, d. Nothing if it is no duration or does
/// not fit.
std::optional<Duration> parse_duration(std::string_view text);
/// The largest unit that says it exactly: 90 s is "90s", 120 s is "2m".
std::string format_duration(Duration duration);

/// As it stands in TOML; nothing (off) is "off".
std::string toml_text(const std::optional<Value>& value);
/// What to give: "a number", "one of \"bars\", \"ticker\"".
std::string wanted(const Slot& slot);
/// "0 to 1000", "at least 1", "0s to 60s"; empty: any.
std::string range_text(const Slot& slot);

/// A value that may be assigned to a slot, or what is wrong with it, as half a sentence.
struct Checked {
  std::optional<Value> value;
  std::string wrong;  ///< empty: fine
};
/// From a value as TOML gave it (a duration or a choice is still text, a number may be an integer).
Checked check_value(const Slot& slot, const Value& given);
/// From text without TOML's quotes, as on the command line; lists are parted by commas.
Checked check_text(const Slot& slot, std::string_view text);

/// The candidate that is most like `word`, if any is like it at all (edit distance with swaps).
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace proteus::config
