// Conditional orders, take-profit and stop-loss: sections 10.1, 11, 12.2 and 14.2 of the reference.
#include "private_desk.hpp"

namespace proteus::sim::private_test {
namespace {

using Core = CoreBench;

NewOrder stop(Side side, std::string_view quantity, std::string_view trigger, bool rises) {
  NewOrder wish = Core::market(side, quantity);
  wish.trigger = {Price::parse(trigger).value(), rises, TriggerBy::LastPrice};
  return wish;
}
std::vector<std::string_view> statuses(const Changes& told, const std::string& id) {
  std::vector<std::string_view> all;
  for (const VenueOrder& order : told.orders)
    if (order.id == id) all.push_back(to_string(order.status));
  return all;
}
using Statuses = std::vector<std::string_view>;

TEST(PrivateStops, AConditionalOrderWaitsForItsPrice) {
  Core bench;
  const OrderIds ids = bench.submit(stop(Side::Buy, "0.5", "36510", true));
  EXPECT_EQ(statuses(bench.core->take_changes(0), ids.id), Statuses{"Untriggered"});
  EXPECT_EQ(bench.account().margin().total(), Money{}) << "it ties up nothing yet";
  bench.view.trade("36509.9"_px, 10, true);
  bench.move();
  EXPECT_TRUE(bench.account().position({}).is_zero());
  // The price is touched inside the instant and has left again at its end.
  bench.view.trade("36510"_px, 10, true);
  bench.view.trade("36500"_px, 10, false);
  bench.move();
  EXPECT_EQ(statuses(bench.core->take_changes(0), ids.id), (Statuses{"Triggered", "Filled"}));
  EXPECT_EQ(bench.account().position({}), "0.5"_qty);
  EXPECT_EQ(bench.last_closed().id, ids.id) << "it keeps its id";
  EXPECT_EQ(bench.last_closed().stop_type, "Stop");
}

TEST(PrivateStops, AConditionalLimitOrderRestsWhenItIsTriggered) {
  Core bench;
  NewOrder wish = Core::limit(Side::Sell, "0.5", "36600");
  wish.trigger = {"36400"_px, false, TriggerBy::LastPrice};
  const OrderIds ids = bench.submit(wish);
  bench.core->take_changes(0);
  bench.view.trade("36399"_px, 10, false);
  bench.move();
  EXPECT_EQ(statuses(bench.core->take_changes(0), ids.id), (Statuses{"Triggered", "New"}));
  EXPECT_GT(bench.account().margin().orders, Money{});
  bench.view.trade("36700"_px, 5000, true);
  bench.move();
  EXPECT_EQ(bench.account().position({}), "-0.5"_qty);
}

TEST(PrivateStops, ATriggerMayWatchTheMark) {
  Core bench;
  NewOrder wish = stop(Side::Sell, "0.1", "36400", false);
  wish.trigger.by = TriggerBy::MarkPrice;
  bench.submit(wish);
  bench.view.mark_ = "36450"_px;
  bench.view.trade("36300"_px, 10, false);
  bench.move();
  EXPECT_TRUE(bench.account().position({}).is_zero()) << "the last price is none of its business";
  bench.view.mark_ = "36400"_px;
  bench.move();
  EXPECT_EQ(bench.account().position({}), "-0.1"_qty);
}

TEST(PrivateStops, RefusesWithTheVenuesCodes) {
  Core bench;  // The last price is 36500.
  EXPECT_EQ(bench.refusal(stop(Side::Buy, "0.1", "36500", true)), 110092);
  EXPECT_EQ(bench.refusal(stop(Side::Buy, "0.1", "36500", false)), 110093);
  EXPECT_EQ(bench.refusal(stop(Side::Buy, "0.1", "36600.05", true)), 10001) << "off the tick";
  NewOrder reduce = stop(Side::Sell, "0.1", "36400", false);
  reduce.reduce_only = true;
  EXPECT_EQ(bench.refusal(reduce), 110017) << "there is no position";
  for (int i = 0; i < 10; ++i) bench.submit(stop(Side::Buy, "0.1", "36600", true));
  EXPECT_EQ(bench.refusal(stop(Side::Buy, "0.1", "36600", true)), 110009);
  EXPECT_EQ(bench.refusal(stop(Side::Buy, "0.1", "36600", true), 1), 0) << "another account";
  // They do not count among the 500 active ones, nor those among them.
  for (int i = 0; i < 500; ++i) bench.submit(Core::limit(Side::Buy, "0.001", "36000"));
  EXPECT_EQ(bench.refusal(Core::limit(Side::Buy, "0.001", "36000")), 110020);
}

TEST(PrivateStops, MoneyIsAskedAboutWhenTheOrderBecomesLive) {
  Core bench;
  // 10x: 100 000 USDT carry 1 000 000, about 27 BTC.
  const OrderIds ids = bench.submit(stop(Side::Buy, "50", "36510", true));
  bench.core->take_changes(0);
  bench.view.trade("36510"_px, 10, true);
  bench.move();
  EXPECT_EQ(statuses(bench.core->take_changes(0), ids.id), (Statuses{"Triggered", "Rejected"}));
  EXPECT_TRUE(bench.account().position({}).is_zero());
}

TEST(PrivateStops, AReducingStopIsCutToThePositionWhenItFires) {
  Core bench;
  bench.submit(Core::market(Side::Buy, "0.5"));
  NewOrder reduce = stop(Side::Sell, "0", "36400", false);
  reduce.close_on_trigger = true;  // Quantity 0: all of it.
  bench.submit(reduce);
  NewOrder more = stop(Side::Sell, "2", "36300", false);
  more.reduce_only = true;
  const OrderIds late = bench.submit(more);
  EXPECT_EQ(bench.account().open.size(), 2U);
  bench.view.trade("36300"_px, 1, false);
  bench.move();
  EXPECT_TRUE(bench.account().position({}).is_zero());
  EXPECT_EQ(bench.last_closed().id, late.id);
  EXPECT_EQ(bench.last_closed().cancel_type, "CancelByReduceOnly");
}

TEST(PrivateStops, AConditionalOrderIsAmendedAndCancelled) {
  Core bench;
  const OrderIds ids = bench.submit(stop(Side::Buy, "0.5", "36600", true));
  const auto amend = [&](std::string_view trigger) {
    OrderChange change{{{}, ids.id, ""}, {}, {}};
    change.trigger = Price::parse(trigger).value();
    const auto said = bench.core->amend(0, change, bench.now);
    return said ? 0 : said.error().code;
  };
  EXPECT_EQ(amend("36600"), 10001) << "order not modified";
  EXPECT_EQ(amend("36400"), 110092);
  EXPECT_EQ(amend("36700"), 0);
  EXPECT_EQ(bench.account().open.begin()->second.trigger.price, "36700"_px);
  EXPECT_TRUE(bench.core->cancel(0, {{}, ids.id, ""}, bench.now));
  bench.view.trade("36800"_px, 10, true);
  bench.move();
  EXPECT_TRUE(bench.account().position({}).is_zero());
}

/// A long of 0.5 at 36500 with a take-profit at 36600 and a stop-loss at 36400.
struct Protected : Core {
  Protected() {
    NewOrder wish = Core::market(Side::Buy, "0.5");
    wish.attached.take_profit = "36600"_px;
    wish.attached.stop_loss = "36400"_px;
    submit(wish);
  }
  const VenueOrder* order_of(std::string_view type) const {
    for (const auto& [number, order] : account().open)
      if (order.stop_type == type) return &order;
    return nullptr;
  }
  int protect(const ProtectionChange& change) {
    const auto said = core->protect(0, {}, change, now);
    return said ? 0 : said.error().code;
  }
};

TEST(PrivateStops, AttachedOnesBecomeThePositionsOwn) {
  Protected bench;
  const PositionNotes& notes = bench.account().notes[0];
  EXPECT_EQ(notes.protection.take_profit, "36600"_px);
  EXPECT_EQ(notes.protection.stop_loss, "36400"_px);
  ASSERT_NE(bench.order_of(kTakeProfit), nullptr);
  ASSERT_NE(bench.order_of(kStopLoss), nullptr);
  EXPECT_EQ(bench.order_of(kStopLoss)->status, OrderStatus::Untriggered);
  EXPECT_EQ(bench.order_of(kStopLoss)->side, Side::Sell);
  EXPECT_EQ(bench.order_of(kStopLoss)->create_type, "CreateByStopLoss");
  // Their quantity follows the position.
  bench.submit(Core::market(Side::Buy, "0.3"));
  EXPECT_EQ(bench.order_of(kStopLoss)->quantity, "0.8"_qty);
  bench.submit(Core::market(Side::Sell, "0.6"));
  EXPECT_EQ(bench.order_of(kTakeProfit)->quantity, "0.2"_qty);
  // They go with it.
  bench.core->take_changes(0);
  bench.submit(Core::market(Side::Sell, "0.2"));
  EXPECT_EQ(bench.order_of(kTakeProfit), nullptr);
  EXPECT_EQ(bench.order_of(kStopLoss), nullptr);
  EXPECT_FALSE(notes.protection.any());
  EXPECT_EQ(bench.last_closed().cancel_type, "CancelByTpSlTsClear");
}

TEST(PrivateStops, AStopLossClosesThePositionAndTheTakeProfitWithIt) {
  Protected bench;
  bench.core->take_changes(0);
  const std::string stop_id = bench.order_of(kStopLoss)->id;
  const std::string take_id = bench.order_of(kTakeProfit)->id;
  bench.view.trade("36399.9"_px, 1, false);
  bench.view.trade("36700"_px, 1, true);  // In the same instant, but too late.
  bench.move();
  const Changes told = bench.core->take_changes(0);
  EXPECT_EQ(statuses(told, stop_id), (Statuses{"Triggered", "Filled"}));
  EXPECT_EQ(statuses(told, take_id), Statuses{"Cancelled"});
  EXPECT_TRUE(bench.account().position({}).is_zero());
  EXPECT_TRUE(bench.account().open.empty());
  ASSERT_EQ(told.executions.size(), 1U);
  EXPECT_EQ(told.executions[0].order.stop_type, "StopLoss");
  EXPECT_EQ(told.executions[0].closed, "0.5"_qty);
}

TEST(PrivateStops, AFlipDropsTheOldProtection) {
  Protected bench;
  bench.submit(Core::market(Side::Sell, "0.9"));
  EXPECT_EQ(bench.account().position({}), "-0.4"_qty);
  EXPECT_FALSE(bench.account().notes[0].protection.any());
  EXPECT_EQ(bench.order_of(kStopLoss), nullptr);
  NewOrder turn = Core::market(Side::Buy, "0.6");
  turn.attached.stop_loss = "36300"_px;
  bench.submit(turn);
  ASSERT_NE(bench.order_of(kStopLoss), nullptr);
  EXPECT_EQ(bench.order_of(kStopLoss)->quantity, "0.2"_qty);
  EXPECT_EQ(bench.order_of(kStopLoss)->side, Side::Sell);
}

TEST(PrivateStops, TradingStopSetsChangesAndRemoves) {
  Protected bench;
  EXPECT_EQ(bench.protect({.stop_loss = "36400"_px}), 34040) << "not modified";
  EXPECT_EQ(bench.protect({.stop_loss = "36600"_px}), 10001) << "above a long's price";
  EXPECT_EQ(bench.protect({.take_profit = "36400"_px}), 10001);
  const std::string id = bench.order_of(kStopLoss)->id;
  EXPECT_EQ(bench.protect({.stop_loss = "36450"_px}), 0);
  EXPECT_EQ(bench.order_of(kStopLoss)->id, id) << "Full changes the existing one";
  EXPECT_EQ(bench.order_of(kStopLoss)->trigger.price, "36450"_px);
  EXPECT_EQ(bench.protect({.take_profit = Price{}}), 0);
  EXPECT_EQ(bench.order_of(kTakeProfit), nullptr);
  // Its order may be amended and cancelled like any other.
  OrderChange moved{{{}, id, ""}, {}, {}};
  moved.trigger = "36440"_px;
  EXPECT_TRUE(bench.core->amend(0, moved, bench.now));
  EXPECT_EQ(bench.account().notes[0].protection.stop_loss, "36440"_px);
  EXPECT_TRUE(bench.core->cancel(0, {{}, id, ""}, bench.now));
  EXPECT_FALSE(bench.account().notes[0].protection.any());
  bench.submit(Core::market(Side::Sell, "0.5"));
  EXPECT_EQ(bench.protect({.stop_loss = "36400"_px}), 10001) << "no position";
}

TEST(PrivateStops, ByRest) {
  FaultDesk desk;
  ASSERT_EQ(
      code_of(desk.client.post(
          "/v5/order/create",
          linear_body(R"("side":"Buy","orderType":"Market","qty":"0.01","stopLoss":"30000")"))),
      0);
  const auto position = [&](const char* key) {
    return text_at(desk.client.get("/v5/position/list", "category=linear&symbol=BTCUSDT"),
                   std::string("/result/list/0/") + key);
  };
  EXPECT_EQ(position("stopLoss"), "30000");
  EXPECT_EQ(position("takeProfit"), "0");
  const auto trading_stop = [&](std::string_view rest) {
    return code_of(desk.client.post(
        "/v5/position/trading-stop",
        linear_body(fmt::format(R"("tpslMode":"Full","positionIdx":0,{})", rest))));
  };
  EXPECT_EQ(trading_stop(R"("takeProfit":"90000","tpTriggerBy":"MarkPrice")"), 0);
  EXPECT_EQ(trading_stop(R"("takeProfit":"90000")"), 34040);
  EXPECT_EQ(trading_stop(R"("stopLoss":"0")"), 0);
  EXPECT_EQ(trading_stop(R"("trailingStop":"10")"), 10001);
  EXPECT_EQ(position("stopLoss"), "0");
  EXPECT_EQ(position("takeProfit"), "90000");
  const json::value open =
      desk.client.get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&orderFilter=StopOrder");
  ASSERT_EQ(open.at_pointer("/result/list").as_array().size(), 1U) << open;
  const auto row = [&](const char* key) {
    return text_at(open, std::string("/result/list/0/") + key);
  };
  EXPECT_EQ(row("orderStatus"), "Untriggered");
  EXPECT_EQ(row("stopOrderType"), "TakeProfit");
  EXPECT_EQ(row("triggerPrice"), "90000");
  EXPECT_EQ(row("triggerBy"), "MarkPrice");
  EXPECT_EQ(row("qty"), "0.01");
  EXPECT_EQ(row("createType"), "CreateByTakeProfit");
  EXPECT_EQ(open.at_pointer("/result/list/0/triggerDirection").as_int64(), 1);

  const auto create = [&](std::string_view rest) {
    return code_of(desk.client.post(
        "/v5/order/create",
        linear_body(fmt::format(R"("side":"Sell","orderType":"Market","qty":"0.01",{})", rest))));
  };
  EXPECT_EQ(create(R"("triggerPrice":"30000")"), 10001) << "no direction";
  EXPECT_EQ(create(R"("triggerPrice":"30000","triggerDirection":1)"), 110092);
  EXPECT_EQ(create(R"("triggerPrice":"90000","triggerDirection":2)"), 110093);
  EXPECT_EQ(create(R"("reduceOnly":true,"stopLoss":"90000")"), 10001);
  EXPECT_EQ(create(R"("triggerPrice":"30000","triggerDirection":2,"closeOnTrigger":true)"), 0);
  const json::value all = desk.client.post(
      "/v5/order/cancel-all", R"({"category":"linear","symbol":"BTCUSDT","stopOrderType":"Stop"})");
  EXPECT_EQ(all.at_pointer("/result/list").as_array().size(), 1U);
  EXPECT_EQ(position("takeProfit"), "90000");
  desk.client.post("/v5/order/cancel-all", R"({"category":"linear","symbol":"BTCUSDT"})");
  EXPECT_EQ(position("takeProfit"), "0") << "futures cancel all kinds";
}

}  // namespace
}  // namespace proteus::sim::private_test
