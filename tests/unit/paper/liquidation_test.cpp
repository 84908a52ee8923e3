// Liquidation in bar mode. Capital 1000, leverage 10, maintenance 0.5 %, no spread, no impact,
// taker 5.5 bps and liquidation fee 50 bps. After 90 at 100 the fee 4.95 leaves 995.05 in cash.
#include "tests/unit/paper/venue_fixture.hpp"

namespace proteus::paper {
namespace {

matching::VenueSettings tenfold() {
  matching::VenueSettings settings;
  settings.half_spread_bps = 0.0;
  settings.impact_bps = 0.0;
  settings.leverage = 10.0;
  return settings;
}

class Liquidation : public VenueTest {
 protected:
  Liquidation() : VenueTest(tenfold(), "1000"_usdt) { flat(kLinear, "100"); }
  void hold(Side side) {
    (void)send(market(kLinear, side, "90"_qty));
    flat(kLinear, "100");
    ASSERT_EQ(venue_.books().view().cash, "995.05"_usdt);
  }
};

TEST_F(Liquidation, ALongIsClosedWhereEquityMeetsMaintenance) {
  hold(Side::Buy);
  // 995.05 + 90 (p - 100) = 0.45 p  =>  p = 8004.95 / 89.55 = 89.3908...
  bar(kLinear, {"100", "100", "89.4", "95"});
  EXPECT_TRUE(sink_.bodies.empty());
  const OrderRequest resting = limit(kLinear, Side::Sell, "1"_qty, "120"_px);
  (void)send(resting);
  bar(kLinear, {"95", "95", "89", "94"});
  ASSERT_EQ(fills().size(), 1U);
  const Fill fill = fills()[0];
  EXPECT_TRUE(fill.liquidation);
  EXPECT_EQ(fill.side, Side::Sell);
  EXPECT_EQ(fill.quantity, "90"_qty);
  EXPECT_EQ(fill.price, "89.3"_px);
  EXPECT_EQ(fill.fee, "44.60535"_usdt);  // 8037 x 0.00555
  EXPECT_EQ(word_on(resting).end, OrderEnd::Liquidation);
  EXPECT_EQ(venue_.open_orders(), 0U);
  EXPECT_EQ(venue_.books().view().equity, "-12.55535"_usdt);  // 995.05 - 963 - 44.60535
}

TEST_F(Liquidation, AShortIsClosedAbove) {
  hold(Side::Sell);
  // 995.05 - 90 (p - 100) = 0.45 p  =>  p = 9995.05 / 90.45 = 110.5036
  bar(kLinear, {"100", "110.5", "100", "105"});
  EXPECT_TRUE(sink_.bodies.empty());
  bar(kLinear, {"105", "111", "105", "105"});
  EXPECT_EQ(fills().at(0).price, "110.6"_px);
  EXPECT_EQ(fills().at(0).fee, "55.2447"_usdt);  // 9954 x 0.00555
}

TEST_F(Liquidation, ABarThatOpensBeyondThePriceLiquidatesAtItsOpen) {
  hold(Side::Buy);
  bar(kLinear, {"85", "95", "84", "95"});
  EXPECT_EQ(fills().at(0).price, "85"_px);
}

TEST_F(Liquidation, AnotherPositionsLossAndMaintenanceCountAtItsMark) {
  flat(kOther, "100");
  (void)send(market(kOther, Side::Sell, "10"_qty));
  flat(kOther, "100");
  flat(kLinear, "100");
  (void)send(market(kLinear, Side::Buy, "80"_qty));
  flat(kLinear, "100");
  flat(kOther, "110");
  // Cash 1000 - 0.55 - 4.4; the short lost 100 and asks 5.5 of maintenance:
  // 995.05 - 100 + 80 (p - 100) = 5.5 + 0.4 p  =>  p = 7110.45 / 79.6 = 89.327; alone it were 88.
  bar(kLinear, {"100", "100", "89.4", "100"});
  EXPECT_TRUE(fills().empty());
  bar(kLinear, {"100", "100", "89.2", "100"});
  EXPECT_EQ(fills().at(0).price, "89.3"_px);
  EXPECT_EQ(position(kOther).quantity, "-10"_qty);
}

TEST_F(Liquidation, ItIsWorsenedLikeAnyTaker) {
  matching::VenueSettings costly = tenfold();
  costly.half_spread_bps = 100.0;
  PaperVenue venue(costly, Interval::M1, "1000"_usdt, instruments_);
  Sink sink;
  const auto show = [&](const Bar& made) {
    sink.clear();
    venue.before(Event{.ts_event = made.close_time, .body = BarClosed{made}}, sink);
    next_[kLinear.index] = made.close_time;
  };
  show(make_bar(kLinear, {"100", "100", "100", "100"}));
  venue.submit(market(kLinear, Side::Buy, "80"_qty), next_[kLinear.index], sink);
  show(make_bar(kLinear, {"100", "100", "100", "100"}));  // at 101
  // Cash 1000 - 8080 x 0.00055 = 995.556; 995.556 + 80 (p - 101) = 0.4 p: p = 89.0006.
  show(make_bar(kLinear, {"95", "95", "85", "94"}));
  // 89.0005... x 0.99 = 88.1105..., down to the tick.
  EXPECT_EQ(sink.all<Fill>().at(0).price, "88.1"_px);
}

}  // namespace
}  // namespace proteus::paper
