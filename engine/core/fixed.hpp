// Exact decimals: what is owed. Price, Quantity and Money are distinct 64-bit integers in units of
// 1e-9 (range ±9.2e9); products go through 128 bits. They are parsed from the venue's decimal text
// without passing through double.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/assert.hpp"
#include "engine/core/result.hpp"

namespace proteus {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

inline constexpr std::int64_t kFixedScale = 1'000'000'000;  // units in one

/// Text of a raw value with trailing zeros cut: 1500000000 -> "1.5", 0 -> "0".
std::string format_fixed(std::int64_t raw);
/// Strict decimal text (`-?digits[.digits]`, no exponent, no blanks) to units of 1e-9. Errors:
/// Malformed, or OutOfRange when the value needs more than nine decimals or does not fit.
Result<std::int64_t> parse_fixed(std::string_view text);

template <class Tag>
class Fixed {
 public:
  constexpr Fixed() = default;
  static constexpr Fixed from_raw(std::int64_t raw) { return Fixed{raw}; }
  static Result<Fixed> parse(std::string_view text) {
    BOOST_OUTCOME_TRY(const std::int64_t raw, parse_fixed(text));
    return from_raw(raw);
  }

  [[nodiscard]] constexpr std::int64_t raw() const { return raw_; }
  /// For models and printing only; never parsed back into money.
  [[nodiscard]] constexpr double to_double() const {
    return static_cast<double>(raw_) / static_cast<double>(kFixedScale);
  }
  [[nodiscard]] std::string to_string() const { return format_fixed(raw_); }
  [[nodiscard]] constexpr bool is_zero() const { return raw_ == 0; }

  friend constexpr auto operator<=>(Fixed, Fixed) = default;
  constexpr Fixed operator-() const { return Fixed{-raw_}; }
  friend constexpr Fixed operator+(Fixed a, Fixed b) {
    return Fixed{checked(Int128{a.raw_} + b.raw_)};
  }
  friend constexpr Fixed operator-(Fixed a, Fixed b) {
    return Fixed{checked(Int128{a.raw_} - b.raw_)};
  }
  friend constexpr Fixed operator*(Fixed a, std::int64_t n) {
    return Fixed{checked(Int128{a.raw_} * n)};
  }
  constexpr Fixed& operator+=(Fixed b) { return *this = *this + b; }
  constexpr Fixed& operator-=(Fixed b) { return *this = *this - b; }

 private:
  constexpr explicit Fixed(std::int64_t raw) : raw_(raw) {}
  static constexpr std::int64_t checked(Int128 wide) {
    PROTEUS_ASSERT(wide >= INT64_MIN && wide <= INT64_MAX);
    return static_cast<std::int64_t>(wide);
  }
  std::int64_t raw_ = 0;
};

using Price = Fixed<struct PriceTag>;        ///< quote currency for one unit of base
using Quantity = Fixed<struct QuantityTag>;  ///< base currency
using Money = Fixed<struct MoneyTag>;        ///< quote currency

template <class Tag>
constexpr Fixed<Tag> abs(Fixed<Tag> value) {
  return value.raw() < 0 ? -value : value;
}

enum class Rounding : std::uint8_t {
  Down,  ///< toward minus infinity: what we are credited
  Up,    ///< toward plus infinity: what we are charged
  Zero,  ///< toward zero: an amount cut to what is there
  Near,  ///< to the nearest, halves away from zero
};

/// numerator / denominator under the rounding asked for; denominator > 0.
constexpr Int128 divide(Int128 numerator, Int128 denominator, Rounding rounding) {
  const Int128 quotient = numerator / denominator;
  const Int128 rest = numerator - quotient * denominator;  // One division: `%` would be a second.
  if (rest == 0) return quotient;
  switch (rounding) {
    case Rounding::Down:
      return rest < 0 ? quotient - 1 : quotient;
    case Rounding::Up:
      return rest > 0 ? quotient + 1 : quotient;
    case Rounding::Zero:
      return quotient;
    case Rounding::Near:
      break;
  }
  const Int128 twice = (rest < 0 ? -rest : rest) * 2;
  if (twice < denominator) return quotient;
  return numerator < 0 ? quotient - 1 : quotient + 1;
}

/// numerator / kFixedScale, as divide() gives it. Every notional and fee passes here, so it is done
/// with a multiplication: Moeller and Granlund, "Improved division by invariant integers" (2011),
/// algorithm 4, for the divisor 1e9 x 2^34.
constexpr Int128 divide_by_scale(Int128 numerator, Rounding rounding) {
  constexpr int kShift = 34;  // brings the divisor's top bit to bit 63
  constexpr std::uint64_t kDivisor = static_cast<std::uint64_t>(kFixedScale) << kShift;
  constexpr std::uint64_t kInverse =
      static_cast<std::uint64_t>(~UInt128{0} / kDivisor - (UInt128{1} << 64));
  const bool negative = numerator < 0;
  const UInt128 magnitude =
      negative ? UInt128{0} - static_cast<UInt128>(numerator) : static_cast<UInt128>(numerator);
  if (magnitude >= (UInt128{static_cast<std::uint64_t>(kFixedScale)} << 64))
    return divide(numerator, kFixedScale, rounding);

  const UInt128 shifted = magnitude << kShift;
  const auto high = static_cast<std::uint64_t>(shifted >> 64);
  const auto low = static_cast<std::uint64_t>(shifted);
  const UInt128 guess = UInt128{high} * kInverse + shifted;
  std::uint64_t quotient = static_cast<std::uint64_t>(guess >> 64) + 1;
  std::uint64_t rest = low - quotient * kDivisor;
  if (rest > static_cast<std::uint64_t>(guess)) {
    --quotient;
    rest += kDivisor;
  }
  if (rest >= kDivisor) {
    ++quotient;
    rest -= kDivisor;
  }
  const bool away = rest != 0 && ((rounding == Rounding::Up && !negative) ||
                                  (rounding == Rounding::Down && negative) ||
                                  (rounding == Rounding::Near && rest >= kDivisor - rest));
  const Int128 result = static_cast<Int128>(quotient) + (away ? 1 : 0);
  return negative ? -result : result;
}

/// True if the 128-bit value fits a Fixed.
constexpr bool fits(Int128 wide) { return wide >= INT64_MIN && wide <= INT64_MAX; }

/// price x quantity in quote currency, signed like the quantity. Asserts that it fits; ask
/// `notional_fits` first where the numbers come from outside.
constexpr Money notional(Price price, Quantity quantity, Rounding rounding = Rounding::Near) {
  const Int128 wide = divide_by_scale(Int128{price.raw()} * quantity.raw(), rounding);
  PROTEUS_ASSERT(fits(wide));
  return Money::from_raw(static_cast<std::int64_t>(wide));
}
constexpr bool notional_fits(Price price, Quantity quantity) {
  return fits(divide_by_scale(Int128{price.raw()} * quantity.raw(), Rounding::Near));
}

/// amount x rate, rate in units of 1e-9 (0.00055 = 550 000). Fees and funding round against us: Up
/// for what we pay.
constexpr Money share(Money amount, std::int64_t rate_e9, Rounding rounding) {
  const Int128 wide = divide_by_scale(Int128{amount.raw()} * rate_e9, rounding);
  PROTEUS_ASSERT(fits(wide));
  return Money::from_raw(static_cast<std::int64_t>(wide));
}

/// The largest multiple of `step` (> 0) whose magnitude does not exceed |value|, sign kept.
template <class Tag>
constexpr Fixed<Tag> round_to_step(Fixed<Tag> value, Fixed<Tag> step,
                                   Rounding rounding = Rounding::Zero) {
  const Int128 steps = divide(value.raw(), step.raw(), rounding);
  return Fixed<Tag>::from_raw(static_cast<std::int64_t>(steps * step.raw()));
}

/// A double rounded to units of 1e-9 (nearest); the one way from "believed" to "owed" for settings
/// such as rates.
std::int64_t to_fixed_raw(double value);

namespace literals {
// Compile-time only in spirit: a bad literal asserts. For tests and defaults.
inline Price operator""_px(const char* text, std::size_t size) {
  return Price::parse({text, size}).value();
}
inline Quantity operator""_qty(const char* text, std::size_t size) {
  return Quantity::parse({text, size}).value();
}
inline Money operator""_usdt(const char* text, std::size_t size) {
  return Money::parse({text, size}).value();
}
}  // namespace literals

}  // namespace proteus
