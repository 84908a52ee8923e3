// What the books can hold: amounts are 64 bits of 1e-9, and a venue may tell anything.
#pragma once

#include "engine/core/fixed.hpp"
#include "engine/core/ledger_view.hpp"

namespace proteus::live {

/// Sums of a few such still fit: 1e9 of the quote currency.
inline constexpr std::int64_t kMostRaw = 1'000'000'000'000'000'000;

inline bool can_hold(Money amount) { return amount.raw() <= kMostRaw && amount.raw() >= -kMostRaw; }

inline bool can_hold(Int128 quantity, Price price) {
  const Int128 value = quantity * price.raw() / kFixedScale;
  return (value < 0 ? -value : value) <= kMostRaw;
}
inline bool can_hold(Quantity quantity, Price price) {
  return can_hold(Int128{quantity.raw()}, price);
}

/// A change of the position at that price, and the position after it at that price and its mark.
inline bool can_hold(const PositionView& position, Quantity change, Price price) {
  const Int128 after = Int128{position.quantity.raw()} + change.raw();
  return can_hold(change, price) && can_hold(after, price) && can_hold(after, position.mark);
}

}  // namespace proteus::live
