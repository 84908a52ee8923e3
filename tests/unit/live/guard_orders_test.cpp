// The only things that a guard can say to a venue, read by a parser of the test's own.
#include "connectors/live/guard_orders.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <type_traits>

namespace proteus::live {
namespace {

using namespace literals;
namespace bj = boost::json;

Instrument guarded_eth() {
  Instrument eth;
  eth.symbol = "ETHUSDT";
  eth.base_coin = "ETH";
  eth.quote_coin = "USDT";
  eth.tick_size = "0.01"_px;
  eth.lot_step = "0.01"_qty;
  eth.quantity_max_market = "10.005"_qty;  // Not of the lot's steps.
  return eth;
}

PositionRow held(Quantity quantity) {
  PositionRow row;
  row.symbol = "ETHUSDT";
  row.quantity = quantity;
  return row;
}

// Nobody but its makers gives one a text.
static_assert(!std::is_default_constructible_v<ReducingOrder>);
static_assert(!std::is_constructible_v<ReducingOrder, std::string>);
static_assert(!std::is_default_constructible_v<GuardCancel>);
static_assert(!std::is_constructible_v<GuardCancel, std::string>);

TEST(GuardOrders, ClosesALongBySellingAndAShortByBuying) {
  GuardIds ids(from_unix_ms(1700000000000), 7);
  const auto sells = ReducingOrder::closing(held("0.5"_qty), guarded_eth(), ids);
  ASSERT_EQ(sells.size(), 1U);
  const bj::object sell = bj::parse(sells[0].text()).as_object();
  EXPECT_EQ(sell.at("side").as_string(), "Sell");
  EXPECT_EQ(sell.at("qty").as_string(), "0.50");
  EXPECT_EQ(sell.at("orderType").as_string(), "Market");
  EXPECT_TRUE(sell.at("reduceOnly").as_bool());
  EXPECT_EQ(sell.at("symbol").as_string(), "ETHUSDT");
  const auto buys = ReducingOrder::closing(held(-"0.5"_qty), guarded_eth(), ids);
  ASSERT_EQ(buys.size(), 1U);
  EXPECT_EQ(bj::parse(buys[0].text()).as_object().at("side").as_string(), "Buy");
  EXPECT_TRUE(bj::parse(buys[0].text()).as_object().at("reduceOnly").as_bool());
}

TEST(GuardOrders, SplitsAtTheLargestMarketOrderInWholeLots) {
  GuardIds ids(from_unix_ms(1700000000000), 7);
  const auto parts = ReducingOrder::closing(held("25.5"_qty), guarded_eth(), ids);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].quantity(), "10"_qty);
  EXPECT_EQ(parts[1].quantity(), "10"_qty);
  EXPECT_EQ(parts[2].quantity(), "5.5"_qty);
  EXPECT_EQ(ReducingOrder::closing(held("1000"_qty), guarded_eth(), ids).size(),
            static_cast<std::size_t>(ReducingOrder::kPartsMax));
}

TEST(GuardOrders, NothingForWhatIsFlatOrOfSpot) {
  GuardIds ids(from_unix_ms(1700000000000), 7);
  EXPECT_TRUE(ReducingOrder::closing(held({}), guarded_eth(), ids).empty());
  Instrument spot = guarded_eth();
  spot.category = Category::Spot;
  EXPECT_TRUE(ReducingOrder::closing(held("1"_qty), spot, ids).empty());
}

TEST(GuardOrders, SellsCoinsInWholeLotsAndNeverOnMargin) {
  GuardIds ids(from_unix_ms(1700000000000), 7);
  Instrument spot = guarded_eth();
  spot.category = Category::Spot;
  const auto parts = ReducingOrder::selling("12.509999999"_qty, spot, ids);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].quantity(), "10"_qty);
  EXPECT_EQ(parts[1].quantity(), "2.5"_qty);
  const bj::object sale = bj::parse(parts[1].text()).as_object();
  EXPECT_EQ(sale.at("category").as_string(), "spot");
  EXPECT_EQ(sale.at("side").as_string(), "Sell");
  EXPECT_EQ(sale.at("qty").as_string(), "2.50");
  EXPECT_EQ(sale.at("marketUnit").as_string(), "baseCoin");
  EXPECT_EQ(sale.at("isLeverage").as_int64(), 0);
  EXPECT_TRUE(ReducingOrder::selling("0.009999999"_qty, spot, ids).empty());
  EXPECT_TRUE(ReducingOrder::selling(-"1"_qty, spot, ids).empty());
  EXPECT_TRUE(ReducingOrder::selling("1"_qty, guarded_eth(), ids).empty());
}

TEST(GuardOrders, IdsAreItsOwnAndNeverTwice) {
  GuardIds ids(from_unix_ms(1700000000000), 7), others(from_unix_ms(1700000000000), 8);
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i)
    for (GuardIds* one : {&ids, &others}) {
      const std::string id(one->next().view());
      EXPECT_EQ(id[0], 'g');
      EXPECT_LE(id.size(), 36U);
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
}

TEST(GuardOrders, CancelsAnInstrumentsOrdersAndLeavesItsStops) {
  const bj::object all = bj::parse(GuardCancel::all_of(guarded_eth()).text()).as_object();
  EXPECT_EQ(all.at("symbol").as_string(), "ETHUSDT");
  EXPECT_EQ(all.at("orderFilter").as_string(), "Order");
  OrderRow row;
  row.symbol = "ETHUSDT";
  row.order_id = "5cf98598-0000-4000-8000-000000000001";
  const GuardCancel one = GuardCancel::of(row, guarded_eth());
  EXPECT_TRUE(one.one());
  EXPECT_EQ(bj::parse(one.text()).as_object().at("orderId").as_string(),
            "5cf98598-0000-4000-8000-000000000001");
  Instrument spot = guarded_eth();
  spot.category = Category::Spot;
  row.status = VenueOrderStatus::Untriggered;
  row.stop_order_type = "Stop";
  const auto filter_of = [&] {
    return bj::parse(GuardCancel::of(row, spot).text()).at("orderFilter").as_string();
  };
  EXPECT_EQ(filter_of(), "StopOrder");
  row.stop_order_type = "tpslOrder";  // It locks coins.
  EXPECT_EQ(filter_of(), "tpslOrder");
  EXPECT_FALSE(only_reduces(row));
  row.close_on_trigger = true;
  EXPECT_TRUE(only_reduces(row));
}

}  // namespace
}  // namespace proteus::live
