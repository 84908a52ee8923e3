// How single fields are read off the wire; shared by the frame and the REST codec. Not part of the
// room's public face: it drags simdjson in.
//
// A reader is sticky: the first failure is kept and every later read gives "absent", so that a row
// is read straight through and judged once. Scalars are read from their raw token (what stands
// between the structural characters), which is the same for text, number and null and needs no
// copy.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/fixed.hpp"
#include "engine/core/time.hpp"

namespace proteus::bybit {

namespace ondemand = simdjson::ondemand;

/// First bytes of a frame, unprintable ones as dots.
std::string excerpt(std::string_view bytes);

namespace detail {

inline constexpr std::array<std::uint64_t, 10> kPowers = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

inline bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// A number of the common shape, or not one. No std::optional: the compiler keeps these two in
/// registers, while an optional is stored in two pieces and loaded as one, which waits.
struct Short {
  std::int64_t value = 0;
  bool known = false;
};

/// What nearly every price is: up to 18 digits, at most nine of them decimals. Not known: let
/// parse_fixed decide and explain.
inline Short short_decimal(std::string_view text) {
  if (text.size() > 19) return {};
  std::uint64_t value = 0;
  std::size_t point = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit <= 9) {
      value = value * 10 + digit;
    } else if (text[i] == '.' && point == text.size() && i > 0) {
      point = i;
    } else {
      return {};
    }
  }
  const std::size_t decimals = point == text.size() ? 0 : text.size() - point - 1;
  const std::size_t digits = text.size() - (point == text.size() ? 0 : 1);
  const bool bare_point = point != text.size() && decimals == 0;
  if (decimals > 9 || digits > 18 || digits == 0 || bare_point) return {};
  std::uint64_t scaled = 0;
  if (__builtin_mul_overflow(value, kPowers[9 - decimals], &scaled) || scaled > INT64_MAX)
    return {};
  return {static_cast<std::int64_t>(scaled), true};
}

/// Up to 18 digits and nothing else, as every time and sequence number is.
inline Short short_integer(std::string_view text) {
  if (text.size() > 18) return {};
  std::int64_t value = 0;
  for (const char c : text) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9) return {};
    value = value * 10 + digit;
  }
  return {value, true};
}

}  // namespace detail

class FieldReader {
 public:
  enum class Overflow : std::uint8_t { Refuse, Clamp };

  /// Units of 1e-9. Clamp: a well-formed value that is too large becomes the largest.
  std::optional<std::int64_t> fixed(ondemand::value& value, const char* field,
                                    Overflow overflow = Overflow::Refuse) {
    const std::string_view text = token(value, field);
    if (text.empty()) return std::nullopt;
    if (const detail::Short raw = detail::short_decimal(text); raw.known) return raw.value;
    return long_fixed(text, field, overflow);
  }
  /// As fixed(), but more than nine decimals are rounded to the nearest unit.
  std::optional<std::int64_t> rate(ondemand::value& value, const char* field);
  std::optional<double> number(ondemand::value& value, const char* field);
  std::optional<std::int64_t> integer(ondemand::value& value, const char* field) {
    const std::string_view text = token(value, field);
    if (text.empty()) return std::nullopt;
    if (const detail::Short number = detail::short_integer(text); number.known) return number.value;
    return long_integer(text, field);
  }
  /// Milliseconds since 1970, 0 .. year 2255.
  std::optional<Timestamp> time(ondemand::value& value, const char* field);
  std::optional<bool> boolean(ondemand::value& value, const char* field);
  /// Text as it stands (escapes are not resolved), or the digits of a number. Valid as long as the
  /// frame's buffer.
  std::string_view text(ondemand::value& value, const char* field);

  void fail(const char* field, std::string what, ErrorCode code = ErrorCode::Malformed) {
    if (failed()) return;
    field_ = field;
    what_ = std::move(what);
    code_ = code;
  }
  void fail(simdjson::error_code code) {
    if (code != simdjson::SUCCESS) fail("frame", simdjson::error_message(code));
  }
  void missing(const char* field) { fail(field, "is missing"); }
  [[nodiscard]] bool failed() const { return field_ != nullptr; }
  /// `what`: "kline frame", ...; only after a failure.
  [[nodiscard]] Error error(std::string_view what, std::string_view bytes) const;
  void reset() {
    field_ = nullptr;
    what_.clear();
  }

 private:
  /// The token without quotes and blanks; empty for "", null, and after a failure: all are absent.
  std::string_view token(ondemand::value& value, const char* field);
  std::optional<std::int64_t> long_fixed(std::string_view text, const char* field,
                                         Overflow overflow);
  std::optional<std::int64_t> long_integer(std::string_view text, const char* field);

  const char* field_ = nullptr;
  std::string what_;
  ErrorCode code_ = ErrorCode::Malformed;
};

inline std::string_view FieldReader::token(ondemand::value& value, const char* field) {
  if (failed()) return {};
  std::string_view text = value.raw_json_token();
  while (!text.empty() && detail::is_blank(text.back())) text.remove_suffix(1);
  if (text.empty() || text[0] == '{' || text[0] == '[') {
    fail(field, "is not a plain value");
    return {};
  }
  if (text[0] == '"') {
    if (text.size() < 2 || text.back() != '"') {
      fail(field, "has a broken text");
      return {};
    }
    return text.substr(1, text.size() - 2);
  }
  return text == "null" ? std::string_view{} : text;
}

/// Calls f(key, value) for each member; stops at the first structural error, which goes to
/// `reader`.
template <class F>
void for_each_member(ondemand::object& object, FieldReader& reader, F&& f) {
  for (auto member : object) {
    if (member.error() != simdjson::SUCCESS) return reader.fail(member.error());
    // By reference: copies of a value wait on store forwarding, some 5 ns a field.
    ondemand::field&& entry = std::move(member).value_unsafe();
    f(entry.key(), entry.value());
  }
}

/// Calls f(value) for each element of what has to be an array.
template <class F>
void for_each_element(ondemand::value& value, FieldReader& reader, const char* field, F&& f) {
  ondemand::array array;
  if (value.get_array().get(array)) return reader.fail(field, "is not an array");
  for (auto element : array) {
    if (element.error() != simdjson::SUCCESS) return reader.fail(element.error());
    // The overload for an rvalue is the one that does not copy.
    // NOLINTNEXTLINE(performance-move-const-arg)
    ondemand::value&& item = std::move(element).value_unsafe();
    f(item);
  }
}

/// Key comparison on the raw text: keys of the venue hold no escapes.
inline bool is(ondemand::raw_json_string key, std::string_view name) {
  return key.unsafe_is_equal(name);
}

/// The bytes with the padding simdjson needs, in a buffer that is kept.
class PaddedBuffer {
 public:
  simdjson::padded_string_view copy(std::string_view bytes);

 private:
  std::string bytes_;
};

}  // namespace proteus::bybit
