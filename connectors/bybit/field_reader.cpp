#include "connectors/bybit/field_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace proteus::bybit {
namespace {

constexpr std::int64_t kTimeMsMax = 9'000'000'000'000;  // Leaves room for a month in nanoseconds.

}  // namespace

std::string excerpt(std::string_view bytes) {
  std::string text(bytes.substr(0, 80));
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '.';
  return text;
}

std::optional<std::int64_t> FieldReader::long_fixed(std::string_view text, const char* field,
                                                    Overflow overflow) {
  const Result<std::int64_t> raw = parse_fixed(text);
  if (raw) return raw.value();
  const bool large = raw.error().code == ErrorCode::OutOfRange &&
                     text.find('.') > 9;  // Ten digits before the point: the whole part is it.
  if (overflow == Overflow::Clamp && large && text.front() != '-') return INT64_MAX;
  fail(field, "is " + raw.error().context, raw.error().code);
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::rate(ondemand::value& value, const char* field) {
  const std::string_view text = token(value, field);
  if (text.empty()) return std::nullopt;
  const std::size_t point = text.find('.');
  const std::size_t cut = point == std::string_view::npos ? text.size() : point + 10;
  Result<std::int64_t> raw = parse_fixed(text.substr(0, cut));
  if (raw && text.size() > cut) {
    const std::string_view rest = text.substr(cut);
    const bool digits =
        std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) {
      fail(field, fmt::format("is not a decimal number: \"{}\"", excerpt(text)));
      return std::nullopt;
    }
    if (rest[0] >= '5') return raw.value() + (text.front() == '-' ? -1 : 1);
  }
  if (raw) return raw.value();
  fail(field, "is " + raw.error().context, raw.error().code);
  return std::nullopt;
}

std::optional<double> FieldReader::number(ondemand::value& value, const char* field) {
  const std::string_view text = token(value, field);
  if (text.empty()) return std::nullopt;
  double number = 0.0;
  const char* const end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{} || rest != end || !std::isfinite(number)) {
    fail(field, fmt::format("is not a finite number: \"{}\"", excerpt(text.substr(0, 40))));
    return std::nullopt;
  }
  return number;
}

std::optional<std::int64_t> FieldReader::long_integer(std::string_view text, const char* field) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{} || rest != end) {
    fail(field, fmt::format("is not a whole number: \"{}\"", excerpt(text.substr(0, 40))));
    return std::nullopt;
  }
  return number;
}

std::optional<Timestamp> FieldReader::time(ondemand::value& value, const char* field) {
  const std::string_view text = token(value, field);
  if (text.empty()) return std::nullopt;
  detail::Short ms = detail::short_integer(text);
  if (!ms.known) {
    const std::optional<std::int64_t> number = long_integer(text, field);
    if (!number) return std::nullopt;
    ms.value = *number;
  }
  if (ms.value < 0 || ms.value > kTimeMsMax) {
    fail(field, fmt::format("is no time we can hold: {} ms", ms.value), ErrorCode::OutOfRange);
    return std::nullopt;
  }
  return from_unix_ms(ms.value);
}

std::optional<bool> FieldReader::boolean(ondemand::value& value, const char* field) {
  const std::string_view text = token(value, field);
  if (text.empty()) return std::nullopt;
  if (text == "true") return true;
  if (text == "false") return false;
  fail(field, fmt::format("is neither true nor false: \"{}\"", excerpt(text.substr(0, 40))));
  return std::nullopt;
}

std::string_view FieldReader::text(ondemand::value& value, const char* field) {
  return token(value, field);
}

Error FieldReader::error(std::string_view what, std::string_view bytes) const {
  return proteus::error(code_,
                        fmt::format("{}: field \"{}\" {}; it begins with {}", what,
                                    field_ == nullptr ? "?" : field_, what_, excerpt(bytes)));
}

simdjson::padded_string_view PaddedBuffer::copy(std::string_view bytes) {
  if (bytes_.size() < bytes.size() + simdjson::SIMDJSON_PADDING)
    bytes_.resize(bytes.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(bytes_.data(), bytes.data(), bytes.size());
  // The tail after the frame: what an earlier, longer frame left there must not be taken for ours.
  std::memset(bytes_.data() + bytes.size(), 0, simdjson::SIMDJSON_PADDING);
  return simdjson::padded_string_view(bytes_.data(), bytes.size(), bytes_.size());
}

}  // namespace proteus::bybit
