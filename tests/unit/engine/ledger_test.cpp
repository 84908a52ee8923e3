#include "engine/ledger/ledger.hpp"

#include <gtest/gtest.h>

namespace proteus {
namespace {

using namespace literals;

constexpr InstrumentId kLinear{0};
constexpr InstrumentId kSpot{1};

class LedgerTest : public ::testing::Test {
 protected:
  static InstrumentTable table() {
    InstrumentTable t;
    Instrument i{.symbol = "AUSDT", .tick_size = "0.01"_px, .lot_step = "0.001"_qty};
    EXPECT_TRUE(t.add(i));
    i.category = Category::Spot;
    EXPECT_TRUE(t.add(i));
    return t;
  }
  void fill(InstrumentId id, Side side, Quantity quantity, Price price, Money fee = {},
            Quantity fee_base = {}) {
    ledger_.apply(Fill{.id = "o",
                       .execution = "x",
                       .instrument = id,
                       .side = side,
                       .quantity = quantity,
                       .price = price,
                       .fee = fee,
                       .fee_base = fee_base});
    EXPECT_TRUE(ledger_.check());
  }
  void mark(InstrumentId id, Price price) {
    ledger_.mark(id, price);
    EXPECT_TRUE(ledger_.check());
  }
  [[nodiscard]] const PositionView& linear() const { return ledger_[kLinear]; }
  [[nodiscard]] const PositionView& spot() const { return ledger_[kSpot]; }

  Ledger ledger_{"10000"_usdt, table()};
};

TEST_F(LedgerTest, StartsWithItsCapitalAndNothingElse) {
  const LedgerView view = ledger_.view();
  EXPECT_EQ(view.initial, "10000"_usdt);
  EXPECT_EQ(view.cash, "10000"_usdt);
  EXPECT_EQ(view.equity, "10000"_usdt);
  EXPECT_EQ(view.gross, Money{});
  EXPECT_EQ(view.positions.size(), 2U);
  EXPECT_TRUE(ledger_.check());
}

TEST_F(LedgerTest, ALinearLongEarnsWhatThePriceMoves) {
  fill(kLinear, Side::Buy, "2"_qty, "100"_px, "0.11"_usdt);
  mark(kLinear, "110"_px);
  EXPECT_EQ(linear().cost, "200"_usdt);
  EXPECT_EQ(linear().value, "220"_usdt);
  EXPECT_EQ(linear().unrealised, "20"_usdt);
  EXPECT_EQ(ledger_.view().cash, "9999.89"_usdt);
  EXPECT_EQ(ledger_.view().equity, "10019.89"_usdt);
  EXPECT_EQ(ledger_.view().gross, "220"_usdt);
  fill(kLinear, Side::Sell, "2"_qty, "110"_px);
  EXPECT_EQ(linear().realised, "20"_usdt);
  EXPECT_EQ(linear().fees, "0.11"_usdt);
  EXPECT_EQ(ledger_.view().cash, "10019.89"_usdt);
  EXPECT_EQ(ledger_.view().gross, Money{});
}

TEST_F(LedgerTest, ALinearShortEarnsWhenThePriceFalls) {
  fill(kLinear, Side::Sell, "2"_qty, "100"_px);
  mark(kLinear, "90"_px);
  EXPECT_EQ(linear().cost, "-200"_usdt);
  EXPECT_EQ(linear().unrealised, "20"_usdt);
  EXPECT_EQ(ledger_.view().gross, "180"_usdt);
  fill(kLinear, Side::Buy, "1"_qty, "95"_px);
  EXPECT_EQ(linear().realised, "5"_usdt);
  EXPECT_EQ(linear().cost, "-100"_usdt);
}

TEST_F(LedgerTest, AddingAveragesTheCost) {
  fill(kLinear, Side::Buy, "1"_qty, "100"_px);
  fill(kLinear, Side::Buy, "3"_qty, "120"_px);
  EXPECT_EQ(linear().cost, "460"_usdt);
  fill(kLinear, Side::Sell, "1"_qty, "130"_px);
  EXPECT_EQ(linear().realised, "15"_usdt);  // 130 - 460/4
  EXPECT_EQ(linear().cost, "345"_usdt);
}

TEST_F(LedgerTest, APartialCloseCutsTheCostTowardZeroAndTheLastOneReleasesTheRest) {
  fill(kLinear, Side::Buy, "0.003"_qty, "100.01"_px);  // cost 0.30003
  fill(kLinear, Side::Buy, "0.004"_qty, "100"_px);     // cost 0.70003, a third of a seventh next
  fill(kLinear, Side::Sell, "0.003"_qty, "100"_px);
  EXPECT_EQ(linear().realised.raw(),
            300'000'000 - 300'012'857);  // 0.70003 x 3 / 7 = 0.300012857142
  fill(kLinear, Side::Sell, "0.004"_qty, "100"_px);
  EXPECT_EQ(linear().realised, "-0.00003"_usdt);
  EXPECT_EQ(linear().cost, Money{});
  EXPECT_EQ(ledger_.view().equity, "9999.99997"_usdt);
}

TEST_F(LedgerTest, OneFillMayCloseAndOpenTheOtherWay) {
  fill(kLinear, Side::Buy, "1"_qty, "100"_px);
  fill(kLinear, Side::Sell, "3"_qty, "110"_px, "1"_usdt);
  EXPECT_EQ(linear().quantity, "-2"_qty);
  EXPECT_EQ(linear().realised, "10"_usdt);
  EXPECT_EQ(linear().cost, "-220"_usdt);
  EXPECT_EQ(ledger_.view().cash, "10009"_usdt);
}

TEST_F(LedgerTest, FundingAndSlippageAreLinesOfTheirOwn) {
  fill(kLinear, Side::Buy, "1"_qty, "100"_px);
  ledger_.apply(FundingSettled{.instrument = kLinear, .amount = "0.25"_usdt});
  ledger_.apply(FundingSettled{.instrument = kLinear, .amount = "-0.05"_usdt});
  EXPECT_TRUE(ledger_.check());
  EXPECT_EQ(linear().funding, "0.2"_usdt);
  EXPECT_EQ(linear().realised, Money{});
  EXPECT_EQ(ledger_.view().cash, "9999.8"_usdt);
  ledger_.apply(
      Fill{.instrument = kLinear, .quantity = "1"_qty, .price = "100"_px, .slippage = "0.5"_usdt});
  EXPECT_EQ(linear().slippage, "0.5"_usdt);
  EXPECT_EQ(ledger_.view().equity, "9999.8"_usdt);
}

TEST_F(LedgerTest, ASpotBuyPaysTheNotionalAndLosesItsFeeInBase) {
  fill(kSpot, Side::Buy, "2"_qty, "100"_px, "0.2"_usdt, "0.002"_qty);
  EXPECT_EQ(ledger_.view().cash, "9800"_usdt);
  EXPECT_EQ(spot().quantity, "1.998"_qty);
  EXPECT_EQ(spot().cost, "199.8"_usdt);  // with the fee of 0.2 the 200 that were paid
  EXPECT_EQ(spot().fees, "0.2"_usdt);
  EXPECT_EQ(spot().realised, Money{});
  EXPECT_EQ(spot().unrealised, Money{});
  EXPECT_EQ(ledger_.view().equity, "9999.8"_usdt);
}

TEST_F(LedgerTest, ASpotSaleMayGetItsRebateInBase) {
  fill(kSpot, Side::Buy, "2"_qty, "100"_px);
  fill(kSpot, Side::Sell, "1"_qty, "110"_px, -"0.011"_usdt, -"0.0001"_qty);
  EXPECT_EQ(spot().quantity, "1.0001"_qty);
  EXPECT_EQ(ledger_.view().cash, "9910"_usdt);
  EXPECT_EQ(spot().fees, -"0.011"_usdt);
  // 0.9999 coins left the holding, at a profit of 10 each.
  EXPECT_EQ(spot().realised, "9.999"_usdt);
}

TEST_F(LedgerTest, ASpotSaleReceivesTheNotionalAndLeavesDust) {
  fill(kSpot, Side::Buy, "2"_qty, "100"_px, "0.2005"_usdt, "0.002005"_qty);
  fill(kSpot, Side::Sell, "1.997"_qty, "110"_px, "0.21967"_usdt);
  EXPECT_EQ(spot().quantity, "0.000995"_qty);
  EXPECT_EQ(spot().cost, "0.0995"_usdt);  // at 100 each
  EXPECT_EQ(spot().realised, "19.97"_usdt);
  EXPECT_EQ(ledger_.view().cash, "10019.45033"_usdt);  // 9800 + 219.67 - 0.21967
}

TEST_F(LedgerTest, NotionalsAreRoundedAgainstUs) {
  fill(kSpot, Side::Buy, "0.000000001"_qty, "0.5"_px);
  EXPECT_EQ((ledger_.view().initial - ledger_.view().cash).raw(), 1);
  fill(kSpot, Side::Sell, "0.000000001"_qty, "0.5"_px);
  EXPECT_EQ((ledger_.view().initial - ledger_.view().cash).raw(), 1);
}

TEST_F(LedgerTest, AMarkOfTheFirstFillStandsUntilOneComes) {
  fill(kLinear, Side::Buy, "1"_qty, "100"_px);
  EXPECT_EQ(linear().mark, "100"_px);
  fill(kLinear, Side::Buy, "1"_qty, "120"_px);
  EXPECT_EQ(linear().mark, "100"_px);
}

TEST_F(LedgerTest, TheHashTellsHistoriesApart) {
  const auto hash_of = [](auto... actions) {
    Ledger ledger{"10000"_usdt, table()};
    (actions(ledger), ...);
    return ledger.hash();
  };
  const auto buy = [](Ledger& l) {
    l.apply(Fill{.id = "a", .quantity = "1"_qty, .price = "1"_px});
  };
  const auto other_id = [](Ledger& l) {
    l.apply(Fill{.id = "b", .quantity = "1"_qty, .price = "1"_px});
  };
  const auto other_execution = [](Ledger& l) {
    l.apply(Fill{.id = "a", .execution = "y", .quantity = "1"_qty, .price = "1"_px});
  };
  const auto marked = [](Ledger& l) { l.mark(kLinear, "2"_px); };
  const auto marked_spot = [](Ledger& l) { l.mark(kSpot, "2"_px); };
  const auto paid = [](Ledger& l) { l.apply(FundingSettled{.amount = "1"_usdt}); };
  EXPECT_EQ(hash_of(buy, marked, paid), hash_of(buy, marked, paid));
  EXPECT_NE(hash_of(buy, marked), hash_of(marked, buy));
  EXPECT_NE(hash_of(marked), hash_of(marked, marked));
  EXPECT_NE(hash_of(buy), hash_of(other_id));
  EXPECT_NE(hash_of(buy), hash_of(other_execution));
  EXPECT_NE(hash_of(marked), hash_of(marked_spot));
  EXPECT_NE(hash_of(paid), hash_of());
  // As a Python rendering of the function gives it: a change breaks every recorded hash.
  EXPECT_EQ(hash_of(buy, marked, paid), 5569231025259137746ULL);
}

TEST_F(LedgerTest, OneBitOfAPriceTurnsAboutHalfOfTheHash) {
  int flipped = 0;
  for (int bit = 0; bit < 40; ++bit) {
    Ledger a{"1"_usdt, table()};
    Ledger b{"1"_usdt, table()};
    a.mark(kLinear, Price::from_raw(1LL << 41));
    b.mark(kLinear, Price::from_raw((1LL << 41) + (1LL << bit)));
    flipped += __builtin_popcountll(a.hash() ^ b.hash());
  }
  EXPECT_GT(flipped, 40 * 24);
  EXPECT_LT(flipped, 40 * 40);
}

using LedgerDeathTest = LedgerTest;

TEST_F(LedgerDeathTest, SellingMoreSpotThanIsHeldIsAProgramError) {
  EXPECT_DEATH(fill(kSpot, Side::Sell, "1"_qty, "100"_px), "assertion failed");
}

TEST_F(LedgerDeathTest, AFeeInBaseOnAPerpetualIsAProgramError) {
  EXPECT_DEATH(fill(kLinear, Side::Buy, "1"_qty, "100"_px, "1"_usdt, "0.1"_qty),
               "assertion failed");
}

}  // namespace
}  // namespace proteus
