// The bytes of requests.
#include <gtest/gtest.h>

#include "connectors/live/order_text.hpp"

namespace proteus::live {
namespace {

using namespace literals;

Instrument btc(Category category = Category::Linear) {
  Instrument instrument;
  instrument.category = category;
  instrument.symbol = "BTCUSDT";
  instrument.tick_size = "0.10"_px;
  instrument.lot_step = "0.001"_qty;
  return instrument;
}

OrderRequest limit_order() {
  OrderRequest order;
  order.id = "px-1";
  order.type = OrderType::Limit;
  order.time_in_force = TimeInForce::PostOnly;
  order.quantity = "0.02"_qty;
  order.price = "36500"_px;
  return order;
}

TEST(OrderText, Limit) {
  EXPECT_EQ(create_text(limit_order(), btc()),
            R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit",)"
            R"("qty":"0.020","price":"36500.0","timeInForce":"PostOnly","orderLinkId":"px-1",)"
            R"("positionIdx":0,"reduceOnly":false,"smpType":"CancelMaker"})");
}

TEST(OrderText, MarketHasNoPrice) {
  OrderRequest order = limit_order();
  order.type = OrderType::Market;
  order.side = Side::Sell;
  order.price = {};
  order.reduce_only = true;
  EXPECT_EQ(create_text(order, btc(), {"30000"_px, SelfMatch::None}),
            R"({"category":"linear","symbol":"BTCUSDT","side":"Sell","orderType":"Market",)"
            R"("qty":"0.020","orderLinkId":"px-1","positionIdx":0,"reduceOnly":true})")
      << "a reduce-only order cannot carry a stop";
}

TEST(OrderText, OpeningOrderCarriesItsStop) {
  OrderRequest order = limit_order();
  order.type = OrderType::Market;
  EXPECT_EQ(create_text(order, btc(), {"35000"_px, SelfMatch::CancelBoth}),
            R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Market",)"
            R"("qty":"0.020","orderLinkId":"px-1","positionIdx":0,"reduceOnly":false,)"
            R"("stopLoss":"35000.0","slTriggerBy":"MarkPrice","tpslMode":"Full",)"
            R"("smpType":"CancelBoth"})");
}

TEST(OrderText, StopMarketIsConditional) {
  OrderRequest order = limit_order();
  order.type = OrderType::StopMarket;
  order.side = Side::Sell;
  order.reduce_only = true;
  order.price = {};
  order.trigger = "35000.5"_px;
  EXPECT_EQ(create_text(order, btc()),
            R"({"category":"linear","symbol":"BTCUSDT","side":"Sell","orderType":"Market",)"
            R"("qty":"0.020","orderLinkId":"px-1","positionIdx":0,"reduceOnly":true,)"
            R"("triggerPrice":"35000.5","triggerDirection":2,"triggerBy":"MarkPrice",)"
            R"("closeOnTrigger":true,"smpType":"CancelMaker"})");
  order.side = Side::Buy;
  EXPECT_NE(create_text(order, btc()).find(R"("triggerDirection":1)"), std::string::npos);
}

TEST(OrderText, SpotSaysWhatItsQuantityIs) {
  OrderRequest order = limit_order();
  order.type = OrderType::Market;
  EXPECT_EQ(create_text(order, btc(Category::Spot)),
            R"({"category":"spot","symbol":"BTCUSDT","side":"Buy","orderType":"Market",)"
            R"("qty":"0.020","orderLinkId":"px-1","marketUnit":"baseCoin",)"
            R"("smpType":"CancelMaker"})");
  order.type = OrderType::StopMarket;
  order.trigger = "35000"_px;
  EXPECT_EQ(create_text(order, btc(Category::Spot), {std::nullopt, SelfMatch::None}),
            R"({"category":"spot","symbol":"BTCUSDT","side":"Buy","orderType":"Market",)"
            R"("qty":"0.020","orderLinkId":"px-1","marketUnit":"baseCoin",)"
            R"("triggerPrice":"35000.0","orderFilter":"StopOrder"})");
}

TEST(OrderText, StepsDecideTheDecimals) {
  EXPECT_EQ(step_text("0.5"_qty.raw(), "0.001"_qty.raw()), "0.500");
  EXPECT_EQ(step_text("5"_qty.raw(), "1"_qty.raw()), "5");
  EXPECT_EQ(step_text("1500"_qty.raw(), "100"_qty.raw()), "1500");
  EXPECT_EQ(step_text(1, 1), "0.000000001") << "no exponent";
  EXPECT_EQ(step_text("0.000012"_px.raw(), "0.000001"_px.raw()), "0.000012");
  EXPECT_EQ(step_text("9000000000"_qty.raw(), "0.1"_qty.raw()), "9000000000.0");
  EXPECT_EQ(step_text("0.0005"_qty.raw(), "0.001"_qty.raw()), "0.0005") << "never cut silently";
  EXPECT_EQ(step_text("36500.5"_px.raw(), "0.5"_px.raw()), "36500.5");
}

TEST(OrderText, Others) {
  EXPECT_EQ(cancel_text(btc(), "px-1"),
            R"({"category":"linear","symbol":"BTCUSDT","orderLinkId":"px-1"})");
  EXPECT_EQ(cancel_text(btc(), "", "5cf98598"),
            R"({"category":"linear","symbol":"BTCUSDT","orderId":"5cf98598"})");
  EXPECT_EQ(
      cancel_text(btc(Category::Spot), "px-1", "", true),
      R"({"category":"spot","symbol":"BTCUSDT","orderLinkId":"px-1","orderFilter":"StopOrder"})");
  EXPECT_EQ(cancel_all_text(btc()), R"({"category":"linear","symbol":"BTCUSDT"})");
  EXPECT_EQ(trading_stop_text(btc(), "35000"_px),
            R"({"category":"linear","symbol":"BTCUSDT","tpslMode":"Full","positionIdx":0,)"
            R"("stopLoss":"35000.0","slTriggerBy":"MarkPrice"})");
  EXPECT_EQ(
      trading_stop_text(btc(), {}),
      R"({"category":"linear","symbol":"BTCUSDT","tpslMode":"Full","positionIdx":0,"stopLoss":"0"})");
  EXPECT_EQ(set_leverage_text(btc(), 2'500'000'000),
            R"({"category":"linear","symbol":"BTCUSDT","buyLeverage":"2.5","sellLeverage":"2.5"})");
  EXPECT_EQ(switch_mode_text(btc()), R"({"category":"linear","symbol":"BTCUSDT","mode":0})");
  EXPECT_EQ(disconnect_text(std::chrono::seconds{10}),
            R"({"product":"DERIVATIVES","timeWindow":10})");
}

/// The example of the reference's section 8, byte by byte.
TEST(OrderText, MessageOfTheOrderEntryStream) {
  constexpr std::string_view args =
      R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0.01","price":"36500","timeInForce":"PostOnly","orderLinkId":"px-2"})";
  EXPECT_EQ(
      ws_message("r-7", "order.create", 1700000000000, 5000, args),
      R"({"reqId":"r-7","header":{"X-BAPI-TIMESTAMP":"1700000000000","X-BAPI-RECV-WINDOW":"5000"},"op":"order.create","args":[{"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0.01","price":"36500","timeInForce":"PostOnly","orderLinkId":"px-2"}]})");
  EXPECT_EQ(auth_message("req_id", "a-1", "KEY", 1700000010000, "hex"),
            R"({"req_id":"a-1","op":"auth","args":["KEY",1700000010000,"hex"]})");
  EXPECT_EQ(auth_payload(1700000010000), "GET/realtime1700000010000");
  EXPECT_EQ(rest_payload(1700000000000, "EXAMPLEKEY", 5000, "category=linear"),
            "1700000000000EXAMPLEKEY5000category=linear");
}

}  // namespace
}  // namespace proteus::live
