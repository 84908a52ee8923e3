// Every example answer of the reference's private endpoints, and what may differ from them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/live/account_codec.hpp"
#include "samples.hpp"

namespace proteus::live {
namespace {

using namespace literals;
using namespace test;
using ::testing::HasSubstr;

std::string swapped(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) out.replace(at, from.size(), to);
  return out;
}

class AccountRest : public ::testing::Test {
 protected:
  template <class T>
  static T good(Result<T> result) {
    EXPECT_TRUE(result) << (result ? "" : result.error().context);
    return result ? std::move(result).value() : T{};
  }
  AccountCodec codec;
};

TEST_F(AccountRest, Envelopes) {
  const RestEnvelope fine = good(codec.envelope(kEmptyAnswer));
  EXPECT_EQ(fine.code, 0);
  EXPECT_EQ(fine.message.view(), "OK");
  EXPECT_EQ(fine.time, from_unix_ms(1700000000123));
  EXPECT_EQ(good(codec.envelope(kLimited)).code, 10006);
  EXPECT_EQ(good(codec.envelope(kAccountInfo)).time, Timestamp{});
  EXPECT_EQ(good(codec.envelope(R"({"retCode":-2015,"retMsg":"expired"})")).code, -2015);
  EXPECT_FALSE(codec.envelope("<html>502 Bad Gateway</html>"));
  EXPECT_FALSE(codec.envelope(""));
  EXPECT_FALSE(codec.envelope(R"({"retMsg":"OK"})"));
  EXPECT_EQ(good(codec.server_time(kTime)), from_unix_ns(1700000000123456789));
}

TEST_F(AccountRest, Orders) {
  const auto open = good(codec.orders(kRealtime));
  EXPECT_EQ(open.next_cursor, "5cf98598%3A1700000000444%2C5cf98598%3A1700000000444");
  ASSERT_EQ(open.rows.size(), 1U);
  const OrderRow& stop = open.rows[0];
  EXPECT_EQ(stop.category, Category::Linear);
  EXPECT_EQ(stop.status, VenueOrderStatus::Untriggered);
  EXPECT_EQ(stop.side, Side::Sell);
  EXPECT_TRUE(stop.market);
  EXPECT_TRUE(stop.reduce_only);
  EXPECT_TRUE(stop.close_on_trigger);
  EXPECT_EQ(stop.trigger_price, "35000"_px);
  EXPECT_EQ(stop.stop_order_type.view(), "StopLoss");
  EXPECT_EQ(stop.quantity, "0.01"_qty);
  EXPECT_TRUE(stop.link_id.empty());

  const auto closed = good(codec.orders(kHistory, Category::Spot));
  ASSERT_EQ(closed.rows.size(), 1U);
  const OrderRow& row = closed.rows[0];
  EXPECT_EQ(row.category, Category::Spot);
  EXPECT_EQ(row.status, VenueOrderStatus::PartiallyFilledCanceled);
  EXPECT_EQ(row.order_id.view(), "1523347543495541248");
  EXPECT_EQ(row.filled, "0.01"_qty);
  EXPECT_EQ(row.avg_price, "36499.123456789"_px);
  EXPECT_EQ(order_end_of(row), OrderEnd::ByUser);
  EXPECT_TRUE(row.exact);
  EXPECT_TRUE(closed.next_cursor.empty());
  EXPECT_FALSE(codec.orders(kHistory)) << "spot's orders are no answer to a question about linear";
}

TEST_F(AccountRest, Executions) {
  const auto page = good(codec.executions(kExecutions));
  ASSERT_EQ(page.rows.size(), 2U);
  const ExecutionRow& funding = page.rows[0];
  EXPECT_EQ(funding.kind, ExecutionKind::Funding);
  EXPECT_EQ(funding.order_id.view(), "1700006400-BTCUSDT-1-Sell");
  EXPECT_EQ(funding.side, Side::Sell);
  EXPECT_EQ(funding.fee, "0.6364"_usdt);
  EXPECT_EQ(funding.fee_rate_e9, 1'585'050);
  EXPECT_EQ(funding.quantity, "0.011"_qty);
  EXPECT_EQ(funding.mark, "36500"_px);
  EXPECT_EQ(funding.time, from_unix_ms(1700006400000));
  const ExecutionRow& fill = page.rows[1];
  EXPECT_EQ(fill.kind, ExecutionKind::Trade);
  EXPECT_EQ(fill.fee, "-0.0365"_usdt) << "a maker's rebate";
  EXPECT_EQ(fill.fee_rate_e9, -100'000);
  EXPECT_TRUE(fill.fee_coin.empty());
  EXPECT_EQ(fill.seq, 140612148849);
}

TEST_F(AccountRest, Positions) {
  const auto page = good(codec.positions(kPositions));
  ASSERT_EQ(page.rows.size(), 2U);
  const PositionRow& sold = page.rows[0];
  EXPECT_EQ(sold.quantity, "-0.01"_qty);
  EXPECT_EQ(sold.entry, "36500.05"_px) << "REST says avgPrice";
  EXPECT_EQ(sold.leverage_e9, 2'500'000'000);
  EXPECT_EQ(sold.liquidation, "51234.5"_px);
  EXPECT_EQ(sold.stop_loss, "38000"_px);
  EXPECT_TRUE(sold.take_profit.is_zero());
  EXPECT_TRUE(sold.isolated);
  EXPECT_EQ(sold.realised, "1.5"_usdt);
  const PositionRow& flat = page.rows[1];
  EXPECT_TRUE(flat.quantity.is_zero());
  EXPECT_EQ(flat.seq, -1);
  EXPECT_EQ(flat.leverage_e9, 0);
  EXPECT_EQ(flat.updated, Timestamp{});
}

TEST_F(AccountRest, EmptyPageEndsTheList) {
  const auto page = good(codec.positions(
      R"({"retCode":0,"retMsg":"OK","result":{"nextPageCursor":"a%2Cb","category":"linear","list":[]},"time":1})"));
  EXPECT_TRUE(page.rows.empty());
  EXPECT_TRUE(page.next_cursor.empty());
  EXPECT_FALSE(codec.positions(R"({"retCode":0,"retMsg":"OK","result":{},"time":1})"));
  EXPECT_FALSE(codec.positions(swapped(kPositions, "BTCUSDT%2C", "BTC USDT")))
      << "a cursor that no request can hold";
}

TEST_F(AccountRest, WalletInIsolatedMarginHasNoTotals) {
  const WalletRow row = good(codec.wallet(kWallet));
  EXPECT_FALSE(row.totals_known);
  ASSERT_EQ(row.coins.size(), 1U);
  EXPECT_EQ(row.coins[0], (CoinBalance{"USDT", "100000"_usdt, "100000"_usdt, {}}));
  EXPECT_FALSE(codec.wallet(R"({"retCode":0,"retMsg":"OK","result":{"list":[]},"time":1})"));
}

TEST_F(AccountRest, FeesAndAccount) {
  const auto fees = good(codec.fees(kFees));
  ASSERT_EQ(fees.size(), 2U);
  EXPECT_EQ(fees[0], (FeeRow{"BTCUSDT", 550'000, 200'000}));
  EXPECT_EQ(fees[1], (FeeRow{"ETHUSDT", 600'000, -50'000}));
  EXPECT_FALSE(codec.fees(swapped(kFees, R"("takerFeeRate":"0.00055",)", "")));
  const AccountInfo info = good(codec.account_info(kAccountInfo));
  EXPECT_EQ(info.margin_mode.view(), "REGULAR_MARGIN");
  EXPECT_EQ(info.unified_status, 5);
}

TEST_F(AccountRest, KeyInfo) {
  KeyInfo info = good(codec.key_info(kKeyInfo));
  EXPECT_FALSE(info.read_only);
  EXPECT_FALSE(info.can_withdraw);
  EXPECT_TRUE(info.can_trade_derivatives);
  EXPECT_TRUE(info.can_trade_spot);
  EXPECT_TRUE(info.ip_bound);
  EXPECT_EQ(info.expires, parse_time("2023-12-22T07:20:25Z").value());

  info = good(codec.key_info(
      swapped(kKeyInfo, R"(["AccountTransfer"])", R"(["AccountTransfer","Withdraw"])")));
  EXPECT_TRUE(info.can_withdraw);
  info = good(codec.key_info(swapped(kKeyInfo, R"("readOnly":0)", R"("readOnly":1)")));
  EXPECT_TRUE(info.read_only);
  info = good(codec.key_info(swapped(kKeyInfo, R"(["203.0.113.7","203.0.113.8"])", R"(["*"])")));
  EXPECT_FALSE(info.ip_bound);
  info = good(codec.key_info(swapped(kKeyInfo, "2023-12-22T07:20:25Z", "")));
  EXPECT_EQ(info.expires, Timestamp{});
  // What is not told is no permission to go on.
  EXPECT_FALSE(codec.key_info(R"({"retCode":0,"retMsg":"","result":{"readOnly":0},"time":1})"));
  EXPECT_FALSE(codec.key_info(swapped(kKeyInfo, R"("readOnly":0,)", "")));
}

TEST_F(AccountRest, OrderIds) {
  EXPECT_EQ(good(codec.order_ids(kCreated)),
            (OrderIds{"a4c1718e-0000-4000-8000-000000000002", "px-2"}));
  EXPECT_FALSE(codec.order_ids(kEmptyAnswer));
  const auto all = good(codec.cancelled(kCancelledAll));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].link_id.view(), "px-2");
  EXPECT_TRUE(all[1].link_id.empty());
}

}  // namespace
}  // namespace proteus::live
