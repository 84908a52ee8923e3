// What the books can hold: amounts are 64 bits of 1e-9, and a venue may tell anything.
#pragma once

#include "engine/core/fixed.hpp"
#include "engine/core/ledger_view.hpp"

namespace proteus::live {

/// Sums of a few such still fit: 1e9 of the quote currency.
inline constexpr std::int64_t kMostRaw = 1'000'000'000'000'000'000;

inline bool can_hold(Money amount) { return amount.raw() <= kMostRaw && amount.raw() >= -kMostRaw; }

/// A change of the position at that price, and the position after it at that price and its mark.
inline bool can_hold(const PositionView& position, Quantity change, Price price) {
  const auto worth = [](Int128 quantity, Price at) {
    const Int128 value = quantity * at.raw() / kFixedScale;
    return (value < 0 ? -value : value) <= kMostRaw;
  };
  const Int128 after = Int128{position.quantity.raw()} + change.raw();
  return worth(change.raw(), price) && worth(after, price) && worth(after, position.mark);
}

}  // namespace proteus::live
