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
constexpr std::array<std::uint64_t, 10> kPowers = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// What nearly every price is: up to 18 digits, at most nine of them decimals. Nothing: let
/// parse_fixed decide and explain.
std::optional<std::int64_t> short_decimal(std::string_view text) {
  if (text.size() > 19) return std::nullopt;
  std::uint64_t value = 0;
  std::size_t point = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit <= 9) {
      value = value * 10 + digit;
    } else if (text[i] == '.' && point == text.size() && i > 0) {
      point = i;
    } else {
      return std::nullopt;
    }
  }
  const std::size_t decimals = point == text.size() ? 0 : text.size() - point - 1;
  const std::size_t digits = text.size() - (point == text.size() ? 0 : 1);
  const bool bare_point = point != text.size() && decimals == 0;
  if (decimals > 9 || digits > 18 || digits == 0 || bare_point) return std::nullopt;
  std::uint64_t scaled = 0;
  if (__builtin_mul_overflow(value, kPowers[9 - decimals], &scaled) || scaled > INT64_MAX)
    return std::nullopt;
  return static_cast<std::int64_t>(scaled);
}

}  // namespace

std::string excerpt(std::string_view bytes) {
  std::string text(bytes.substr(0, 80));
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '.';
  return text;
}

std::optional<std::string_view> FieldReader::token(ondemand::value value, const char* field) {
  if (failed()) return std::nullopt;
  std::string_view text = value.raw_json_token();
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (text.empty() || text[0] == '{' || text[0] == '[') {
    fail(field, "is not a plain value");
    return std::nullopt;
  }
  if (text[0] == '"') {
    if (text.size() < 2 || text.back() != '"') {
      fail(field, "has a broken text");
      return std::nullopt;
    }
    text = text.substr(1, text.size() - 2);
    if (text.empty()) return std::nullopt;
    return text;
  }
  if (text == "null") return std::nullopt;
  return text;
}

std::optional<std::int64_t> FieldReader::fixed(ondemand::value value, const char* field,
                                               Overflow overflow) {
  const std::optional<std::string_view> text = token(value, field);
  if (!text) return std::nullopt;
  if (const std::optional<std::int64_t> raw = short_decimal(*text)) return raw;
  const Result<std::int64_t> raw = parse_fixed(*text);
  if (raw) return raw.value();
  const bool large = raw.error().code == ErrorCode::OutOfRange &&
                     text->find('.') > 10;  // No tenth decimal: the whole part does not fit.
  if (overflow == Overflow::Clamp && large && text->front() != '-') return INT64_MAX;
  fail(field, "is " + raw.error().context, raw.error().code);
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::rate(ondemand::value value, const char* field) {
  const std::optional<std::string_view> text = token(value, field);
  if (!text) return std::nullopt;
  const std::size_t point = text->find('.');
  const std::size_t cut = point == std::string_view::npos ? text->size() : point + 10;
  Result<std::int64_t> raw = parse_fixed(text->substr(0, cut));
  if (raw && text->size() > cut) {
    const std::string_view rest = text->substr(cut);
    const bool digits =
        std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) {
      fail(field, fmt::format("is not a decimal number: \"{}\"", excerpt(*text)));
      return std::nullopt;
    }
    if (rest[0] >= '5') return raw.value() + (text->front() == '-' ? -1 : 1);
  }
  if (raw) return raw.value();
  fail(field, "is " + raw.error().context, raw.error().code);
  return std::nullopt;
}

std::optional<double> FieldReader::number(ondemand::value value, const char* field) {
  const std::optional<std::string_view> text = token(value, field);
  if (!text) return std::nullopt;
  double number = 0.0;
  const char* const end = text->data() + text->size();
  const auto [rest, code] = std::from_chars(text->data(), end, number);
  if (code != std::errc{} || rest != end || !std::isfinite(number)) {
    fail(field, fmt::format("is not a finite number: \"{}\"", excerpt(text->substr(0, 40))));
    return std::nullopt;
  }
  return number;
}

std::optional<std::int64_t> FieldReader::integer(ondemand::value value, const char* field) {
  const std::optional<std::string_view> text = token(value, field);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [rest, code] = std::from_chars(text->data(), end, number);
  if (code != std::errc{} || rest != end) {
    fail(field, fmt::format("is not a whole number: \"{}\"", excerpt(text->substr(0, 40))));
    return std::nullopt;
  }
  return number;
}

std::optional<Timestamp> FieldReader::time(ondemand::value value, const char* field) {
  const std::optional<std::int64_t> ms = integer(value, field);
  if (!ms) return std::nullopt;
  if (*ms < 0 || *ms > kTimeMsMax) {
    fail(field, fmt::format("is no time we can hold: {} ms", *ms), ErrorCode::OutOfRange);
    return std::nullopt;
  }
  return from_unix_ms(*ms);
}

std::optional<bool> FieldReader::boolean(ondemand::value value, const char* field) {
  const std::optional<std::string_view> text = token(value, field);
  if (!text) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  fail(field, fmt::format("is neither true nor false: \"{}\"", excerpt(text->substr(0, 40))));
  return std::nullopt;
}

std::string_view FieldReader::text(ondemand::value value, const char* field) {
  return token(value, field).value_or(std::string_view{});
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
