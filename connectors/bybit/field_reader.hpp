// How single fields are read off the wire; shared by the frame and the REST codec. Not part of the
// room's public face: it drags simdjson in.
//
// A reader is sticky: the first failure is kept and every later read gives "absent", so that a row
// is read straight through and judged once. Scalars are read from their raw token (what stands
// between the structural characters), which is the same for text, number and null and needs no
// copy.
#pragma once

#include <simdjson.h>

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

class FieldReader {
 public:
  enum class Overflow : std::uint8_t { Refuse, Clamp };

  /// Units of 1e-9. Clamp: a well-formed value that is too large becomes the largest.
  std::optional<std::int64_t> fixed(ondemand::value value, const char* field,
                                    Overflow overflow = Overflow::Refuse);
  /// As fixed(), but more than nine decimals are rounded to the nearest unit.
  std::optional<std::int64_t> rate(ondemand::value value, const char* field);
  std::optional<double> number(ondemand::value value, const char* field);
  std::optional<std::int64_t> integer(ondemand::value value, const char* field);
  /// Milliseconds since 1970, 0 .. year 2255.
  std::optional<Timestamp> time(ondemand::value value, const char* field);
  std::optional<bool> boolean(ondemand::value value, const char* field);
  /// Text as it stands (escapes are not resolved), or the digits of a number. Valid as long as the
  /// frame's buffer.
  std::string_view text(ondemand::value value, const char* field);

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
  /// The token without quotes and blanks; absent for "", null, and after a failure.
  std::optional<std::string_view> token(ondemand::value value, const char* field);

  const char* field_ = nullptr;
  std::string what_;
  ErrorCode code_ = ErrorCode::Malformed;
};

/// Calls f(key, value) for each member; stops at the first structural error, which goes to
/// `reader`.
template <class F>
void for_each_member(ondemand::object& object, FieldReader& reader, F&& f) {
  for (auto member : object) {
    ondemand::field entry;
    if (const auto code = std::move(member).get(entry)) return reader.fail(code);
    f(entry.key(), entry.value());
  }
}

/// Calls f(value) for each element of what has to be an array.
template <class F>
void for_each_element(ondemand::value value, FieldReader& reader, const char* field, F&& f) {
  ondemand::array array;
  if (value.get_array().get(array)) return reader.fail(field, "is not an array");
  for (auto element : array) {
    ondemand::value item;
    if (const auto code = std::move(element).get(item)) return reader.fail(code);
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
