// JSON text of described structs, for people and for tools: exact decimals as text ("0.1"), times
// as ISO text (nanoseconds only where there are any below the millisecond), durations as
// nanoseconds, enums by their to_string, doubles as the shortest text that reads back to the same
// bits, NaN and infinities as null.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string>
#include <string_view>

#include "engine/core/binary.hpp"

namespace proteus::json {

/// Appends `text` between quotes. Bytes that are not UTF-8 become U+FFFD: JSON holds text only.
void append_text(std::string& out, std::string_view text);
/// Length of the UTF-8 sequence that starts `text` (1..4); 0 if none does (RFC 3629: no surrogates,
/// no overlong forms, at most U+10FFFF).
std::size_t utf8_length(std::string_view text);
/// "2025-05-29T17:05:00.000Z", with nine decimals where three would lose something.
std::string time_text(Timestamp t);

template <class T>
void append(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    append_text(out, to_string(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    if (std::isfinite(value))
      fmt::format_to(std::back_inserter(out), "{}", value);
    else
      out += "null";
  } else if constexpr (std::is_arithmetic_v<T>) {
    const fmt::format_int text{value};
    out.append(text.data(), text.size());
  } else if constexpr (binary::detail::IsFixed<T>::value) {
    append_text(out, value.to_string());
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    append_text(out, time_text(value));
  } else if constexpr (std::is_same_v<T, Duration>) {
    append(out, static_cast<std::int64_t>(value.count()));
  } else if constexpr (binary::detail::IsText<T>::value) {
    append_text(out, value.view());
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    append_text(out, value);
  } else if constexpr (Described<T>) {
    char mark = '{';
    for_each_field(value, [&](const char* name, const auto& member) {
      out += mark;
      mark = ',';
      append_text(out, name);
      out += ':';
      append(out, member);
    });
    if (mark == '{') out += '{';
    out += '}';
  } else {
    char mark = '[';
    for (const auto& entry : value) {
      out += mark;
      mark = ',';
      append(out, entry);
    }
    if (mark == '[') out += '[';
    out += ']';
  }
}

template <class T>
std::string to_json(const T& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace proteus::json
