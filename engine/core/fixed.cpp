#include "engine/core/fixed.hpp"

#include <cmath>

namespace proteus {

std::string format_fixed(std::int64_t raw) {
  const bool negative = raw < 0;
  const std::uint64_t magnitude =
      negative ? 0ULL - static_cast<std::uint64_t>(raw) : static_cast<std::uint64_t>(raw);
  std::string text = std::to_string(magnitude / kFixedScale);
  if (const std::uint64_t part = magnitude % kFixedScale; part != 0) {
    std::string decimals = std::to_string(part);
    decimals.insert(0, 9 - decimals.size(), '0');
    decimals.erase(decimals.find_last_not_of('0') + 1);
    text += '.';
    text += decimals;
  }
  return negative ? "-" + text : text;
}

Result<std::int64_t> parse_fixed(std::string_view text) {
  const auto malformed = [&] {
    return error(ErrorCode::Malformed,
                 "not a decimal number: \"" + std::string(text.substr(0, 40)) + "\"");
  };
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  std::uint64_t value = 0;
  int digits = 0;
  int decimals = -1;  // -1: before the point
  for (; p != end; ++p) {
    if (*p == '.') {
      if (decimals >= 0 || digits == 0) return malformed();
      decimals = 0;
      continue;
    }
    const unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) return malformed();
    ++digits;
    if (decimals >= 9) {  // A tenth decimal is fine only if it says nothing.
      if (digit != 0)
        return error(ErrorCode::OutOfRange,
                     "more than nine decimals: \"" + std::string(text.substr(0, 40)) + "\"");
      continue;
    }
    if (decimals >= 0) ++decimals;
    if (value > (UINT64_MAX - digit) / 10)
      return error(ErrorCode::OutOfRange,
                   "number too large: \"" + std::string(text.substr(0, 40)) + "\"");
    value = value * 10 + digit;
  }
  if (digits == 0 || decimals == 0) return malformed();
  Int128 wide = value;
  for (int i = decimals < 0 ? 0 : decimals; i < 9; ++i) wide *= 10;
  if (negative) wide = -wide;
  if (!fits(wide))
    return error(ErrorCode::OutOfRange,
                 "number too large: \"" + std::string(text.substr(0, 40)) + "\"");
  return static_cast<std::int64_t>(wide);
}

std::int64_t to_fixed_raw(double value) {
  const double scaled = std::nearbyint(value * static_cast<double>(kFixedScale));
  PROTEUS_ASSERT(std::abs(scaled) < 9.2e18);
  return static_cast<std::int64_t>(scaled);
}

}  // namespace proteus
