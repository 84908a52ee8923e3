// The price band, profit told per closing order, and idle connections: sections 5.4, 11 and 12.5.
#include "connectors/sim/private/price_band.hpp"
#include "private_desk.hpp"

namespace proteus::sim::private_test {
namespace {

TEST(PriceBand, FollowsTheReferencesFormula) {
  ScriptedView view;
  const Instrument& linear = view.instruments_[0];
  view.last_ = "1000"_px;
  view.book({{"999.9"_px, 1}}, {{"1000.1"_px, 1}});
  // M = I = 1000, P = 0: 1 % is less than 2 %.
  PriceBand band = price_band(view, linear, kFirst);
  EXPECT_EQ(band.buy_max, "1010"_px);
  EXPECT_EQ(band.sell_min, "990"_px);
  // A premium of 5 widens the side that it points to.
  view.book({{"1004.9"_px, 1}}, {{"1005.1"_px, 1}});
  band = price_band(view, linear, kFirst);
  EXPECT_EQ(band.buy_max, "1015"_px);
  EXPECT_EQ(band.sell_min, "990"_px);
  // An index far from the mark counts, but not beyond 2 %.
  view.mark_ = "900"_px;
  band = price_band(view, linear, kFirst);
  EXPECT_EQ(band.buy_max, "918"_px);
  EXPECT_EQ(band.sell_min, "891"_px);
  Instrument spot = linear;
  spot.category = Category::Spot;
  view.mark_.reset();
  view.book({}, {});
  band = price_band(view, spot, kFirst);
  EXPECT_EQ(band.buy_max, "1050"_px);
  EXPECT_EQ(band.sell_min, "950"_px);
}

TEST(PriceBand, PerpetualsMoveThePriceToTheEdgeUnlessTold) {
  CoreBench bench;
  bench.view.book({{"36499.9"_px, 1}}, {{"40000"_px, 1}});
  const PriceBand band = price_band(bench.view, bench.view.instruments_[0], bench.now);
  bench.submit(CoreBench::limit(Side::Buy, "0.1", "39000"));
  EXPECT_EQ(bench.account().open.begin()->second.price, band.buy_max);
  bench.submit(CoreBench::limit(Side::Buy, "0.1", "30000"));
  EXPECT_EQ(bench.account().open.rbegin()->second.price, "30000"_px) << "the other way is free";
  bench.core->set_price_moving(0, Category::Linear, false);
  EXPECT_EQ(bench.refusal(CoreBench::limit(Side::Buy, "0.1", "39000")), 110003);
  EXPECT_EQ(bench.refusal(CoreBench::limit(Side::Sell, "0.1", "30000")), 110003);
}

TEST(PriceBand, ByRest) {
  FaultDesk desk;
  const json::value told = desk.bench.get("/v5/market/price-limit?category=linear&symbol=BTCUSDT");
  const json::value spot = desk.bench.get("/v5/market/price-limit?category=spot&symbol=BTCUSDT");
  const auto setting = [&](const char* key) {
    return desk.client.get("/v5/account/user-setting-config").at("result").at(key).as_bool();
  };
  EXPECT_TRUE(setting("lpaPerp"));
  EXPECT_FALSE(setting("lpaSpot"));
  const auto create = [&](std::string_view category, std::string_view price) {
    return code_of(desk.client.post(
        "/v5/order/create",
        fmt::format(R"({{"category":"{}","symbol":"BTCUSDT","side":"Buy","orderType":"Limit",)"
                    R"("qty":"0.01","price":"{}"}})",
                    category, price)));
  };
  EXPECT_EQ(create("spot", text_at(spot, "/result/buyLmt")), 0);
  EXPECT_EQ(create("spot", "7000"), 170193);
  EXPECT_EQ(create("linear", "70000"), 0);
  EXPECT_EQ(
      text_at(desk.client.get("/v5/order/history", "category=linear"), "/result/list/0/price"),
      text_at(told, "/result/buyLmt"))
      << "it was moved, and has taken";
  EXPECT_EQ(code_of(desk.client.post("/v5/account/set-limit-px-action",
                                     R"({"category":"linear","modifyEnable":false})")),
            0);
  EXPECT_FALSE(setting("lpaPerp"));
  EXPECT_EQ(create("linear", "70000"), 110003);
}

TEST(ClosedPnl, IsToldPerClosingOrderWithTheFeesOfBothEnds) {
  FaultDesk desk;
  desk.client.post("/v5/order/create", market_order("Buy", "0.01"));
  desk.bench.run(5min);
  desk.client.post("/v5/order/create", market_order("Sell", "0.005"));
  desk.client.post("/v5/order/create", market_order("Sell", "0.01"));  // Closes, and turns.
  const json::value list = desk.client.get("/v5/position/closed-pnl", "category=linear");
  const json::array& rows = list.at_pointer("/result/list").as_array();
  ASSERT_EQ(rows.size(), 2U) << list;
  const auto amount = [](const json::value& row, const char* key) {
    return Money::parse(text_at(row, std::string("/") + key)).value();
  };
  for (const json::value& row : rows) {
    EXPECT_EQ(text_at(row, "/closedSize"), "0.005");
    EXPECT_EQ(text_at(row, "/side"), "Sell");
    EXPECT_EQ(amount(row, "closedPnl"), amount(row, "cumExitValue") - amount(row, "cumEntryValue") -
                                            amount(row, "openFee") - amount(row, "closeFee"));
    // The prices have the fees in them.
    const double entry = amount(row, "avgEntryPrice").to_double();
    EXPECT_NEAR(entry * 0.005, (amount(row, "cumEntryValue") + amount(row, "openFee")).to_double(),
                1e-6);
    EXPECT_NEAR(amount(row, "avgExitPrice").to_double() * 0.005,
                (amount(row, "cumExitValue") - amount(row, "closeFee")).to_double(), 1e-6);
  }
  EXPECT_EQ(text_at(rows[0], "/qty"), "0.01");
  // Both halves of the opening fee, to the unit.
  const json::value fills = desk.client.get("/v5/execution/list", "category=linear&limit=100");
  Money opening;
  for (const json::value& fill : fills.at_pointer("/result/list").as_array())
    if (text_at(fill, "/side") == "Buy") opening += amount(fill, "execFee");
  EXPECT_NEAR((amount(rows[0], "openFee") + amount(rows[1], "openFee")).to_double(),
              opening.to_double(), 1e-8);
}

TEST(IdleConnections, AreCutAsTheirAddressSays) {
  StreamDesk desk;
  desk.log_in(desk.conn);
  const ConnId brief = desk.bench.connect("/v5/private?max_active_time=45s");
  const ConnId lively = desk.bench.connect("/v5/trade?max_active_time=1m");
  const ConnId odd = desk.bench.connect("/v5/trade?max_active_time=5s");
  const ConnId open = desk.bench.connect("/v5/public/linear");
  for (int i = 0; i < 6; ++i) {
    desk.bench.run(20s);
    desk.say(lively, R"({"op":"ping"})");
  }
  EXPECT_EQ(desk.bench.io.dropped, std::vector<ConnId>{brief}) << "within half a minute more";
  desk.bench.run(11min);
  const auto& dropped = desk.bench.io.dropped;
  EXPECT_EQ(std::set<ConnId>(dropped.begin(), dropped.end()),
            (std::set<ConnId>{brief, lively, desk.conn, odd}))
      << "ten minutes where nothing valid is said; public ones are no part of it";
  EXPECT_EQ(std::ranges::count(dropped, open), 0);
}

}  // namespace
}  // namespace proteus::sim::private_test
