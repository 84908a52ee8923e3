// The books: cash, positions, costs and equity, computed from fills, funding and marks and from
// nothing else. Paper venue, engine and training keep the same books by the same code.
//
// Every number is an integer of 1e-9, and after every event, to the unit:
//   equity           = cash + sum of (linear: unrealised; spot: value)
//   equity - initial = sum of (realised + unrealised - fees - funding)
//
// `initial` is what was put in: the capital at the start and what came or went since as money
// alone.
//
// Rules, in signed quantities q (buy > 0) and signed notionals n = price x q rounded up (a buyer
// pays more, a seller receives less; exact wherever tick and lot have nine decimals together):
//  - Opening or adding: cost += n.
//  - Closing c of a position Q: releases cost x |c| / |Q|, rounded toward zero; closing all of it
//    releases all that is left, so no unit stays behind. realised += -n - released. A fill that
//    crosses zero is the close of Q and then an opening with the rest of n.
//  - Linear: cash moves by realised, fees and funding. Spot: cash moves by -n and quote fees.
//  - A spot buy whose fee is taken in base: what was paid, n, splits into `fee` (the value of the
//    fee coins, to the line of fees) and n - fee (the cost of the coins that arrive, whose quantity
//    is q - fee_base). So the average cost is the price paid, realised is of prices alone, and the
//    fee is counted once. The rebate of a spot sale in base is the same with fee_base < 0.
//  - `value` is mark x quantity to the nearest unit. An instrument never marked is marked by its
//    first fill.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/event.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/ledger_view.hpp"

namespace proteus {

class Ledger {
 public:
  /// `capital`: cash at the start. Knows the instruments that the table has now.
  Ledger(Money capital, const InstrumentTable& instruments);

  /// Asserts on what no venue can say: an unknown instrument, a quantity or price that is not
  /// positive, a spot sale of more than is held, a fee in base on anything but a spot buy.
  void apply(const Fill& fill);
  void apply(const FundingSettled& funding);
  /// What the venue did unasked: a trade at its price, cash besides. Asserts as for a fill.
  void apply(const ExternalAdjustment& adjustment);
  /// `price` > 0, quote.
  void mark(InstrumentId id, Price price);

  /// Totals are kept as they move: O(1). Valid until the next change.
  [[nodiscard]] LedgerView view() const {
    return {initial_, cash_, equity_, gross_[0] + gross_[1], positions_};
  }
  /// Sum of |value| over one category.
  [[nodiscard]] Money gross(Category category) const {
    return gross_[static_cast<std::size_t>(category)];
  }
  [[nodiscard]] const PositionView& operator[](InstrumentId id) const {
    return positions_[id.index];
  }

  /// Runs over every fill, funding and mark applied so far, in order. Equal histories give equal
  /// hashes on every machine; our own function, see ledger.cpp.
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

  /// Recomputes values, totals and equity from quantities, costs and marks. False: a total does not
  /// agree, or one of the two equations above does not hold. O(instruments); for tests and audits.
  [[nodiscard]] bool check() const;
  void archive(Archive& a) { a(initial_, cash_, equity_, gross_, positions_, hash_); }

 private:
  /// Takes the position out of the totals and, after it was changed, puts it back at its mark.
  void withdraw(const PositionView& position);
  void deposit(PositionView& position);

  Money initial_;
  Money cash_;
  Money equity_;
  std::array<Money, 2> gross_;  // by Category
  std::vector<PositionView> positions_;
  std::uint64_t hash_;
};

}  // namespace proteus
