// Funding in bar mode: which fills count, which price, which rate.
#include "tests/unit/paper/venue_fixture.hpp"

namespace proteus::paper {
namespace {

constexpr Timestamp kMidnight = kStart + 7h;  // 2025-05-30T00:00Z, a time of the 8 h grid

/// No spread and no impact: fills at the open.
matching::VenueSettings frictionless() {
  matching::VenueSettings settings;
  settings.half_spread_bps = 0.0;
  settings.impact_bps = 0.0;
  return settings;
}

class Funding : public VenueTest {
 protected:
  Funding() : VenueTest(frictionless(), "100000"_usdt, Interval::M1, kMidnight - 2min) {}
  void ticker(std::int64_t rate_e9, Timestamp next, Timestamp at) {
    feed(TickerUpdated{.instrument = kLinear,
                       .last = "50000"_px,
                       .mark = "50000"_px,
                       .funding_known = true,
                       .funding_rate_e9 = rate_e9,
                       .next_funding = next},
         at);
  }
};

TEST_F(Funding, AFillBeforeTheTimeCountsAndTheMarkIsTheCloseAtThatTime) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  bar(kLinear, {"50000", "50200", "50000", "50200"});  // filled 23:59, closes 00:00
  ASSERT_EQ(funding().size(), 1U);
  const FundingSettled paid = funding()[0];
  EXPECT_EQ(paid.time, kMidnight);
  EXPECT_EQ(paid.position, "1"_qty);
  EXPECT_EQ(paid.mark, "50200"_px);
  EXPECT_TRUE(paid.rate_assumed);
  EXPECT_EQ(paid.rate_e9, 100'000);
  EXPECT_EQ(paid.amount, "5.02"_usdt);
  EXPECT_EQ(position(kLinear).funding, "5.02"_usdt);
  flat(kLinear, "50200");
  EXPECT_TRUE(funding().empty());
}

TEST_F(Funding, AFillAtTheTimeItselfComesTooLateToPay) {
  flat(kLinear, "50000");
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  flat(kLinear, "50000");  // filled at 00:00
  EXPECT_EQ(fills().size(), 1U);
  EXPECT_TRUE(funding().empty());
}

TEST_F(Funding, AnAssumedRateIsPaidByAShortToo) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Sell, "1"_qty));
  flat(kLinear, "50000");
  EXPECT_EQ(funding().at(0).rate_e9, -100'000);
  EXPECT_EQ(funding().at(0).amount, "5"_usdt);
}

TEST_F(Funding, AKnownRateFlowsWithItsSignAndIsRoundedAgainstUs) {
  flat(kLinear, "50000");
  ticker(33'333'333, kMidnight, kMidnight - 50s);
  (void)send(market(kLinear, Side::Sell, "0.001"_qty));
  bar(kLinear, {"50000", "50000.1", "50000", "50000.1"});
  // -50.0001 x 0.033333333 = -1.6666699833333: received, so cut.
  ASSERT_EQ(funding().size(), 1U);
  EXPECT_FALSE(funding()[0].rate_assumed);
  EXPECT_EQ(funding()[0].amount, "-1.666669983"_usdt);
}

TEST_F(Funding, TheVenuesTimeGoesBeforeTheGrid) {
  flat(kLinear, "50000");
  ticker(100'000, kMidnight + 1min, kMidnight - 50s);
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  flat(kLinear, "50000");  // closes 00:00: nothing
  EXPECT_TRUE(funding().empty());
  flat(kLinear, "50000");  // closes 00:01
  EXPECT_EQ(funding().at(0).time, kMidnight + 1min);
}

TEST_F(Funding, ATickerThatMovedOnDoesNotTakeTheRateOfTheTimeThatIsStillToSettle) {
  flat(kLinear, "50000");
  ticker(200'000, kMidnight, kMidnight - 50s);
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  ticker(900'000, kMidnight + 8h, kMidnight + 1s);  // before the bar that closes at midnight
  flat(kLinear, "50000");
  ASSERT_EQ(funding().size(), 1U);
  EXPECT_EQ(funding()[0].rate_e9, 200'000);
  EXPECT_EQ(funding()[0].time, kMidnight);
}

TEST_F(Funding, AHoleInTheBarsIsChargedAtTheLastCloseBeforeItsFirstFill) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  flat(kLinear, "50000");
  (void)send(reducing(market(kLinear, Side::Sell, "1"_qty)));
  next_[kLinear.index] = kMidnight + 17h;
  flat(kLinear, "60000");
  ASSERT_EQ(sink_.bodies.size(), 4U);  // two settlements, the fill, its update
  ASSERT_EQ(funding().size(), 2U);
  EXPECT_EQ(funding()[0].time, kMidnight + 8h);
  EXPECT_EQ(funding()[1].time, kMidnight + 16h);
  EXPECT_EQ(funding()[1].mark, "50000"_px);
  EXPECT_EQ(event_name(sink_.bodies[2]), "fill");
}

TEST_F(Funding, SpotPaysNone) {
  flat(kSpot, "50000");
  (void)send(market(kSpot, Side::Buy, "1"_qty));
  flat(kSpot, "50000");
  EXPECT_EQ(fills().size(), 1U);
  EXPECT_TRUE(funding().empty());
}

class DailyFunding : public VenueTest {
 protected:
  DailyFunding() : VenueTest(frictionless(), "100000"_usdt, Interval::D1, kMidnight) {}
};

TEST_F(DailyFunding, TimesInsideABarUseTheCloseBeforeThem) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  bar(kLinear, {"51000", "52000", "51000", "52000"});
  const auto paid = funding();
  ASSERT_EQ(paid.size(), 3U);
  EXPECT_EQ(paid[0].time, kMidnight + 32h);
  EXPECT_EQ(paid[0].mark, "50000"_px);
  EXPECT_EQ(paid[1].mark, "50000"_px);
  EXPECT_EQ(paid[2].time, kMidnight + 48h);
  EXPECT_EQ(paid[2].mark, "52000"_px);
  EXPECT_EQ(position(kLinear).funding, "15.2"_usdt);
}

/// The feed was away from before one funding time until after the next, and its ticker is back
/// before its bars are.
TEST_F(Funding, ATimeThatNoTickerSpokeOfIsPaidAtTheAssumedRate) {
  flat(kLinear, "50000");
  ticker(200'000, kMidnight, now_);
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  ticker(300'000, kMidnight + 16h, kMidnight + 8h + 1min);
  flat(kLinear, "50000");
  ASSERT_EQ(funding().size(), 1U);
  EXPECT_EQ(funding()[0].rate_e9, 200'000);
  next_[kLinear.index] = kMidnight + 8h - 1min;
  flat(kLinear, "50000");
  ASSERT_EQ(funding().size(), 1U);
  EXPECT_EQ(funding()[0].time, kMidnight + 8h);
  EXPECT_TRUE(funding()[0].rate_assumed);
  next_[kLinear.index] = kMidnight + 16h - 1min;
  flat(kLinear, "50000");
  ASSERT_EQ(funding().size(), 1U);
  EXPECT_EQ(funding()[0].time, kMidnight + 16h);
  EXPECT_EQ(funding()[0].rate_e9, 300'000);
}

TEST_F(Funding, AnInstrumentWithoutAnIntervalHasNothingDueAnyMore) {
  flat(kLinear, "50000");
  ticker(100'000, kMidnight, now_);
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  Instrument changed = instruments_[kLinear];
  changed.funding_interval = Duration{0};
  feed(InstrumentChanged{changed}, now_);
  flat(kLinear, "50000");
  EXPECT_EQ(position(kLinear).quantity, "1"_qty);
  EXPECT_TRUE(funding().empty());
}

TEST_F(DailyFunding, EachTimeInsideABarHasTheRateThatItsTickerNamed) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  for (int i = 0; i < 4; ++i)
    feed(TickerUpdated{.instrument = kLinear,
                       .last = "50000"_px,
                       .mark = "50000"_px,
                       .funding_known = true,
                       .funding_rate_e9 = 100'000 * (i + 1),
                       .next_funding = kMidnight + 32h + i * 8h},
         kMidnight + 24h + i * 8h + 1s);
  flat(kLinear, "50000");
  const auto paid = funding();
  ASSERT_EQ(paid.size(), 3U);
  for (std::size_t i = 0; i < paid.size(); ++i) {
    EXPECT_EQ(paid[i].time, kMidnight + 32h + i * 8h);
    EXPECT_EQ(paid[i].rate_e9, 100'000 * static_cast<std::int64_t>(i + 1));
    EXPECT_FALSE(paid[i].rate_assumed);
  }
}

}  // namespace
}  // namespace proteus::paper
