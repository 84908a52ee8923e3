// The books over random fills, against two computations that share no rule with them: equity as the
// plain sum of what flowed, and the average-cost profit carried with nine more decimals.
#include <gtest/gtest.h>

#include <random>

#include "engine/ledger/ledger.hpp"

namespace proteus {
namespace {

/// numerator / 1e9 rounded toward plus infinity, by long division of the absolute value.
std::int64_t ceil_e9(Int128 numerator) {
  const bool negative = numerator < 0;
  const Int128 magnitude = negative ? -numerator : numerator;
  const Int128 whole = magnitude / 1'000'000'000;
  const bool rest = whole * 1'000'000'000 != magnitude;
  return static_cast<std::int64_t>(negative ? -whole : whole + (rest ? 1 : 0));
}

std::int64_t nearest_e9(Int128 numerator) {
  return numerator < 0 ? -nearest_e9(-numerator)
                       : static_cast<std::int64_t>((numerator + 500'000'000) / 1'000'000'000);
}

/// One instrument, told slowly. Money in units of 1e-18 where it says `_e18`.
struct SlowBook {
  bool spot = false;
  std::int64_t quantity = 0;
  Int128 cost_e18 = 0;
  Int128 realised_e18 = 0;
  std::int64_t flowed = 0;  ///< signed notionals paid, units of 1e-9
  std::int64_t fees = 0;
  std::int64_t base_fees = 0;  ///< the part of `fees` that was taken in base
  std::int64_t funding = 0;
  std::int64_t mark = 0;
  int closes = 0;

  void fill(std::int64_t change, std::int64_t price, std::int64_t fee, std::int64_t fee_base) {
    flowed += ceil_e9(Int128{change} * price);
    fees += fee;
    if (fee_base != 0) base_fees += fee;
    if (mark == 0) mark = price;
    std::int64_t left = change - fee_base;
    if ((quantity > 0 && left < 0) || (quantity < 0 && left > 0)) {
      const std::int64_t closing = std::abs(left) <= std::abs(quantity) ? left : -quantity;
      const Int128 released = divide_wide(cost_e18, -closing, quantity);
      realised_e18 += -Int128{closing} * price - released;
      cost_e18 -= released;
      quantity += closing;
      left -= closing;
      ++closes;
    }
    // Adding: what arrives is paid at the fill price.
    cost_e18 += Int128{left} * price;
    quantity += left;
  }
  /// cost x part / whole without overflow: |part| <= |whole|, same sign after the caller's minus.
  static Int128 divide_wide(Int128 cost, std::int64_t part, std::int64_t whole) {
    const Int128 quotient = cost / whole;
    const Int128 rest = cost % whole;
    return quotient * part + rest * part / whole;
  }
  [[nodiscard]] std::int64_t value() const { return nearest_e9(Int128{mark} * quantity); }
  /// What the instrument did to equity: coins at their mark less all that was paid for them.
  [[nodiscard]] std::int64_t earned() const {
    return value() - flowed - (fees - base_fees) - funding;
  }
};

struct Dice {
  std::mt19937_64 engine;
  std::int64_t roll(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(high - low + 1));
  }
};

class LedgerProperty : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(LedgerProperty, BooksEqualWhatFlowedAndStayWithinAUnitACloseOfTheExactProfit) {
  Dice dice{std::mt19937_64{GetParam()}};
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  InstrumentTable table;
  SlowBook slow[4];
  for (int i = 0; i < 4; ++i) {
    slow[i].spot = i % 2 == 1;
    ASSERT_TRUE(table.add({.category = slow[i].spot ? Category::Spot : Category::Linear,
                           .symbol = std::string_view{"ABCD" + i, 1},
                           .tick_size = Price::from_raw(1),
                           .lot_step = Quantity::from_raw(1)}));
  }
  const Money capital = Money::from_raw(1'000'000 * kFixedScale);
  Ledger ledger(capital, table);

  for (int step = 0; step < 4000; ++step) {
    const auto i = static_cast<std::uint32_t>(dice.roll(0, 3));
    SlowBook& book = slow[i];
    const std::int64_t price = dice.roll(1, 500 * kFixedScale);
    const auto what = dice.roll(0, 9);
    if (what == 0) {
      const std::int64_t amount = dice.roll(-5 * kFixedScale, 5 * kFixedScale);
      book.funding += amount;
      ledger.apply(
          FundingSettled{.instrument = InstrumentId{i}, .amount = Money::from_raw(amount)});
    } else if (what <= 3) {
      book.mark = price;
      ledger.mark(InstrumentId{i}, Price::from_raw(price));
    } else {
      Fill fill{.instrument = InstrumentId{i},
                .side = dice.roll(0, 1) == 0 ? Side::Buy : Side::Sell,
                .quantity = Quantity::from_raw(dice.roll(1, 3 * kFixedScale)),
                .price = Price::from_raw(price),
                .fee = Money::from_raw(dice.roll(0, kFixedScale / 10))};
      if (book.spot && fill.side == Side::Sell) {
        if (book.quantity == 0) continue;
        // Often all of it, so that books close to nothing.
        fill.quantity =
            Quantity::from_raw(dice.roll(0, 2) == 0 ? book.quantity : dice.roll(1, book.quantity));
      } else if (!book.spot && book.quantity != 0 && dice.roll(0, 3) == 0) {
        fill.side = book.quantity > 0 ? Side::Sell : Side::Buy;
        fill.quantity = Quantity::from_raw(std::abs(book.quantity));
      }
      if (book.spot && fill.side == Side::Buy) {
        fill.fee_base =
            Quantity::from_raw(ceil_e9(Int128{fill.quantity.raw()} * dice.roll(1, 5) * 1'000'000));
        fill.fee = Money::from_raw(ceil_e9(Int128{fill.fee_base.raw()} * price));
      } else if (book.spot && fill.quantity.raw() > 10'000 && dice.roll(0, 3) == 0) {
        // A maker's rebate of a sale.
        fill.fee_base = Quantity::from_raw(-fill.quantity.raw() / dice.roll(1'000, 10'000));
        fill.fee = Money::from_raw(ceil_e9(Int128{fill.fee_base.raw()} * price));
      }
      book.fill(signed_quantity(fill.side, fill.quantity).raw(), price, fill.fee.raw(),
                fill.fee_base.raw());
      ledger.apply(fill);
    }
    ASSERT_TRUE(ledger.check());
    const PositionView& kept = ledger[InstrumentId{i}];
    ASSERT_EQ(kept.quantity.raw(), book.quantity);
    std::int64_t equity = capital.raw();
    for (const SlowBook& b : slow) equity += b.earned();
    ASSERT_EQ(ledger.view().equity.raw(), equity);
    // Every fill rounds its notional by less than a unit, every close its cost by less than one.
    const double exact = static_cast<double>(book.realised_e18) / 1e9;
    ASSERT_NEAR(static_cast<double>(kept.realised.raw()), exact,
                2.0 * static_cast<double>(kept.fills) + std::abs(exact) * 1e-15);
  }
  int closes = 0;
  for (const SlowBook& b : slow) closes += b.closes;
  EXPECT_GT(closes, 500);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LedgerProperty, ::testing::Range<std::uint64_t>(1, 11));

}  // namespace
}  // namespace proteus
