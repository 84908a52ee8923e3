// The venue model's pure functions, with numbers worked out by hand.
#include <gtest/gtest.h>

#include "engine/matching/bar_fill.hpp"
#include "engine/matching/book_fill.hpp"
#include "engine/matching/filters.hpp"
#include "engine/matching/funding.hpp"
#include "engine/matching/margin.hpp"
#include "engine/matching/rates.hpp"

namespace proteus::matching {
namespace {

using namespace literals;
using namespace std::chrono_literals;

constexpr InstrumentId kFirst{0};

TEST(DivideByScale, EqualsTheDivisionItReplaces) {
  std::uint64_t state = 20250529;  // splitmix64
  const auto draw = [&] {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  };
  const auto check = [](Int128 n) {
    for (const Rounding r : {Rounding::Down, Rounding::Up, Rounding::Zero, Rounding::Near})
      ASSERT_TRUE(divide_by_scale(n, r) == divide(n, kFixedScale, r) &&
                  divide_by_scale(-n, r) == divide(-n, kFixedScale, r))
          << static_cast<std::int64_t>(n >> 64) << ' ' << static_cast<std::uint64_t>(n);
  };
  for (int i = 0; i < 200'000; ++i) {
    const Int128 wide = static_cast<Int128>(draw() >> 1) << 64 | draw();
    const Int128 n = wide >> (draw() % 127);
    check(n);
    // Around whole multiples and halves, where roundings part.
    const Int128 multiple = (n >> 32) / kFixedScale * kFixedScale;
    for (const std::int64_t off : {-1, 0, 1, 499'999'999, 500'000'000, 500'000'001})
      check(multiple + off);
  }
  const Int128 edge = static_cast<Int128>(kFixedScale) << 64;
  for (const Int128 n : {edge - 1, edge, edge + 1}) check(n);
}

TEST(Slippage, GrowsWithTheRootOfTheShareTaken) {
  const VenueSettings settings;
  EXPECT_EQ(slippage_rate_e9(settings, "1"_qty, 100.0), 200'000);   // 1 + 10 x 0.1 bps
  EXPECT_EQ(slippage_rate_e9(settings, "25"_qty, 100.0), 600'000);  // 1 + 10 x 0.5
  EXPECT_EQ(slippage_rate_e9(settings, "900"_qty, 100.0), 1'100'000);
  EXPECT_EQ(slippage_rate_e9(settings, "1"_qty, 0.0), 1'100'000);
}

TEST(Slippage, IsRoundedToTheNearestUnit) {
  // sqrt(0.02) = 0.14142135623731: (1 + 1.4142135623731) / 1e4 = 0.00024142135623731.
  EXPECT_EQ(slippage_rate_e9(VenueSettings{}, "2"_qty, 100.0), 241'421);
}

TEST(Worsen, RoundsToTheTickAgainstUsOnceAndNeverBelowATick) {
  EXPECT_EQ(worsen("50000"_px, Side::Buy, 0, "0.1"_px), "50000"_px);
  EXPECT_EQ(worsen("50000"_px, Side::Buy, 1, "0.1"_px), "50000.1"_px);
  EXPECT_EQ(worsen("50000"_px, Side::Sell, 1, "0.1"_px), "49999.9"_px);
  EXPECT_EQ(worsen("50000.05"_px, Side::Sell, 0, "0.1"_px), "50000"_px);
  EXPECT_EQ(worsen("0.1"_px, Side::Sell, 1'000'000, "0.1"_px), "0.1"_px);
}

TEST(Allowance, IsCutToTheLot) {
  VenueSettings settings;
  Bar bar{.volume = 12.349};
  EXPECT_EQ(resting_allowance(settings, bar, "0.01"_qty), "1.23"_qty);
  bar.volume = 0.0;
  EXPECT_EQ(resting_allowance(settings, bar, "0.01"_qty), Quantity{});
  bar.volume = 1e30;
  EXPECT_GT(resting_allowance(settings, bar, "0.01"_qty), "8000000000"_qty);
}

TEST(Charge, IsRoundedUpAndTakenInBaseBySpotBuys) {
  const Charge perpetual = charge(Category::Linear, Side::Buy, "0.001"_qty, "0.01"_px, 550'000);
  EXPECT_EQ(perpetual.fee.raw(), 6);  // 10 000 x 0.00055 = 5.5
  EXPECT_EQ(perpetual.fee_base, Quantity{});
  const Charge buy =
      charge(Category::Spot, Side::Buy, Quantity::from_raw(1'500), "2.5"_px, 1'000'000);
  EXPECT_EQ(buy.fee_base.raw(), 2);  // 1.5
  EXPECT_EQ(buy.fee.raw(), 5);
  const Charge sell =
      charge(Category::Spot, Side::Sell, Quantity::from_raw(1'999), "0.5"_px, 1'000'000'000);
  EXPECT_EQ(sell.fee.raw(), 999);  // what is received, 999.5, is cut first
}

TEST(Rates, ComeFromBasisPointsExactly) {
  const Rates rates = make_rates(VenueSettings{});
  EXPECT_EQ(rates.fee(Category::Linear, Liquidity::Taker), 550'000);
  EXPECT_EQ(rates.fee(Category::Linear, Liquidity::Maker), 200'000);
  EXPECT_EQ(rates.fee(Category::Spot, Liquidity::Taker), 1'000'000);
  EXPECT_EQ(rates.liquidation_fee_e9, 5'550'000);
  EXPECT_EQ(rates.maintenance_e9, 5'000'000);
  EXPECT_EQ(rates.leverage_e9, 3 * kFixedScale);
  EXPECT_EQ(rates.assumed_funding_e9, 100'000);
}

TEST(Increase, IsWhatLiesFurtherFromZero) {
  EXPECT_EQ(increase("0"_qty, Side::Sell, "2"_qty), "2"_qty);
  EXPECT_EQ(increase("3"_qty, Side::Sell, "2"_qty), "0"_qty);
  EXPECT_EQ(increase("3"_qty, Side::Sell, "8"_qty), "2"_qty);
  EXPECT_EQ(increase("-3"_qty, Side::Sell, "1"_qty), "1"_qty);
}

TEST(Reducible, IsAllOfAPerpetualAndWholeLotsOfACoin) {
  const Instrument perpetual{.category = Category::Linear, .lot_step = "0.001"_qty};
  const Instrument coin{.category = Category::Spot, .lot_step = "0.001"_qty};
  EXPECT_EQ(reducible("1.2345"_qty, Side::Sell, perpetual), "1.2345"_qty);
  EXPECT_EQ(reducible("1.2345"_qty, Side::Sell, coin), "1.234"_qty);
  EXPECT_EQ(reducible("-2"_qty, Side::Buy, perpetual), "2"_qty);
  EXPECT_EQ(reducible("2"_qty, Side::Buy, perpetual), Quantity{});
}

TEST(Margin, IsNotionalOverTheSmallerLeverageRoundedUp) {
  const Instrument twofold{.leverage_max_e9 = 2 * kFixedScale};
  EXPECT_EQ(leverage_of(twofold, 3 * kFixedScale), 2 * kFixedScale);
  EXPECT_EQ(initial_margin("100"_usdt, 3 * kFixedScale).raw(), 33'333'333'334);
}

TEST(Maintenance, MetExactlyIsBroken) {
  const PositionView held{.quantity = "10"_qty, .mark = "101"_px, .value = "1010"_usdt};
  EXPECT_TRUE(below_maintenance_at({"15"_usdt, "1010"_usdt}, held, "100"_px, 5'000'000));
  EXPECT_FALSE(below_maintenance_at({"15.000000001"_usdt, "1010"_usdt}, held, "100"_px, 5'000'000));
}

TEST(LiquidationPrice, SolvesForTheShortToo) {
  const PositionView position{.quantity = "-10"_qty, .mark = "100"_px, .value = "-1000"_usdt};
  const Bar bar{.open = "100"_px, .high = "130"_px, .low = "90"_px};
  // 200 - 10 (p - 100) = 0.05 p  =>  p = 1200 / 10.05, rounded up.
  const auto price = liquidation_price({"200"_usdt, "1000"_usdt}, position, bar, 5'000'000);
  ASSERT_TRUE(price);
  EXPECT_EQ(price->raw(), 119'402'985'075);
  EXPECT_FALSE(liquidation_price({"400"_usdt, "1000"_usdt}, position, bar, 5'000'000));
}

TEST(LiquidationPrice, IsFoundInABarWhoseExtremeNoMoneyHolds) {
  const PositionView position{.quantity = "-10"_qty, .mark = "100"_px, .value = "-1000"_usdt};
  const Bar bar{.open = "100"_px, .high = "9000000000"_px, .low = "90"_px};
  const auto price = liquidation_price({"200"_usdt, "1000"_usdt}, position, bar, 5'000'000);
  ASSERT_TRUE(price);
  EXPECT_EQ(price->raw(), 119'402'985'075);
}

constexpr Timestamp kNoon = from_unix_ms(1'748'520'000'000);  // 2025-05-29T12:00Z

TickerUpdated ticker(std::int64_t rate, Timestamp next) {
  return {.funding_known = true, .funding_rate_e9 = rate, .next_funding = next};
}

TEST(FundingClock, StartsOnTheGridAndGoesOnByIntervals) {
  FundingClock clock;
  clock.start(8h, kNoon);
  EXPECT_EQ(clock.due().time, kNoon + 4h);
  EXPECT_FALSE(clock.due().known);
  clock.settle();
  EXPECT_EQ(clock.due().time, kNoon + 12h);
  clock.start(8h, kNoon + 4h);  // On the grid itself: the next one.
  EXPECT_EQ(clock.due().time, kNoon + 12h);
}

TEST(FundingClock, OfSpotIsNeverDue) {
  FundingClock clock;
  clock.start(0h, kNoon);
  clock.learn(ticker(1, kNoon + 1h), kNoon);
  EXPECT_EQ(clock.due().time, Timestamp::max());
}

TEST(FundingClock, BelievesTheVenueAboutTheNextTime) {
  FundingClock clock;
  clock.start(8h, kNoon);
  clock.learn(ticker(7, kNoon + 2h), kNoon);
  EXPECT_EQ(clock.due().time, kNoon + 2h);
  EXPECT_EQ(clock.due().rate_e9, 7);
  clock.learn(ticker(8, kNoon + 6h), kNoon + 1h);  // Moved away before it came.
  EXPECT_EQ(clock.due().time, kNoon + 6h);
  clock.settle();
  EXPECT_EQ(clock.due().time, kNoon + 14h);
  EXPECT_FALSE(clock.due().known);
}

TEST(FundingClock, KeepsATimeThatCameButIsNotSettled) {
  FundingClock clock;
  clock.start(8h, kNoon);
  clock.learn(ticker(7, kNoon + 4h), kNoon);
  clock.learn(ticker(9, kNoon + 12h), kNoon + 4h);
  EXPECT_EQ(clock.due().time, kNoon + 4h);
  EXPECT_EQ(clock.due().rate_e9, 7);
  clock.settle();
  EXPECT_EQ(clock.due().time, kNoon + 12h);
  EXPECT_EQ(clock.due().rate_e9, 9);
  clock.learn(ticker(1, kNoon + 4h), kNoon + 5h);  // An old frame says nothing.
  EXPECT_EQ(clock.due().rate_e9, 9);
}

TEST(FundingClock, SkipsByWholeIntervals) {
  FundingClock clock;
  clock.start(8h, kNoon);
  clock.skip_to(kNoon + 20h);
  EXPECT_EQ(clock.due().time, kNoon + 28h);
  clock.skip_to(kNoon + 27h);
  EXPECT_EQ(clock.due().time, kNoon + 28h);
}

TEST(FundingClock, FollowsANewInterval) {
  FundingClock clock;
  clock.start(8h, kNoon);
  clock.set_interval(1h);
  EXPECT_EQ(clock.due().time, kNoon + 1h);
}

TEST(FundingAmount, RoundsAgainstUsBothWays) {
  const FundingTime known{.time = kNoon, .known = true, .rate_e9 = 100'000'001};
  EXPECT_EQ(settlement(known, kFirst, "1"_qty, "1.000000001"_px, 8h, 0).amount.raw(), 100'000'002);
  EXPECT_EQ(settlement(known, kFirst, "-1"_qty, "1.000000001"_px, 8h, 0).amount.raw(),
            -100'000'001);
}

TEST(FundingAmount, AssumedIsInProportionToTheIntervalAndAgainstTheHolder) {
  const FundingTime unknown{.time = kNoon};
  const FundingSettled hourly = settlement(unknown, kFirst, "-1"_qty, "100"_px, 1h, 100'000);
  EXPECT_TRUE(hourly.rate_assumed);
  EXPECT_EQ(hourly.rate_e9, -12'500);
  EXPECT_EQ(hourly.amount, "0.00125"_usdt);
}

TEST(BookWalk, CutsEachLevelToTheLotAndStopsAtTheLimit) {
  const BookLevel asks[] = {{"1"_px, "0.5"_qty}, {"2"_px, "1.7"_qty}, {"3"_px, "9"_qty}};
  BookWalk walk(asks, Side::Buy, Quantity{});
  EXPECT_EQ(walk.available("2"_px, "1"_qty), "1"_qty);
  const auto fill = walk.next("5"_qty, "2"_px, "1"_qty);
  ASSERT_TRUE(fill);
  EXPECT_EQ(fill->price, "2"_px);
  EXPECT_EQ(fill->quantity, "1"_qty);
  EXPECT_FALSE(walk.next("4"_qty, "2"_px, "1"_qty));
  EXPECT_EQ(walk.next("4"_qty, Price{}, "1"_qty)->price, "3"_px);
}

TEST(BookWalk, OffersNoMoreThanAQuantityHolds) {
  const std::vector<BookLevel> levels{{"1"_px, "9000000000"_qty}, {"2"_px, "9000000000"_qty}};
  const BookWalk walk{levels, Side::Buy, Quantity{}};
  EXPECT_EQ(walk.available("1"_px, "1"_qty), "9000000000"_qty);
  EXPECT_EQ(walk.available("2"_px, "1"_qty).raw(), INT64_MAX);
}

TEST(BookWalk, RemembersWhatWasTakenOfTheTouch) {
  const BookLevel bids[] = {{"2"_px, "3"_qty}, {"1"_px, "3"_qty}};
  BookWalk walk(bids, Side::Sell, "2"_qty);
  EXPECT_EQ(walk.at_touch("5"_qty, "1"_qty)->quantity, "1"_qty);
  EXPECT_FALSE(walk.at_touch("5"_qty, "1"_qty));
  EXPECT_EQ(walk.taken_at_touch(), "3"_qty);
  EXPECT_EQ(walk.next("1"_qty, Price{}, "1"_qty)->price, "1"_px);
  EXPECT_EQ(walk.taken_at_touch(), "3"_qty);
}

}  // namespace
}  // namespace proteus::matching
