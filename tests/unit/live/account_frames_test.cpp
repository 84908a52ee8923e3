// Every example message of the reference's private streams, and what may differ from them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/live/account_codec.hpp"
#include "samples.hpp"

namespace proteus::live {
namespace {

using namespace literals;
using namespace test;
using ::testing::HasSubstr;

Timestamp ms(std::int64_t value) { return from_unix_ms(value); }

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) out.replace(at, from.size(), to);
  return out;
}

class AccountFrames : public ::testing::Test {
 protected:
  template <class T>
  T read(std::string_view bytes) {
    const auto frame = codec.decode_private(bytes);
    EXPECT_TRUE(frame) << (frame ? "" : frame.error().context);
    if (!frame) return T{};
    EXPECT_TRUE(std::holds_alternative<T>(frame.value())) << frame.value().index();
    return std::holds_alternative<T>(frame.value()) ? std::get<T>(frame.value()) : T{};
  }
  std::string refusal(std::string_view bytes) {
    const auto frame = codec.decode_private(bytes);
    return frame ? "" : frame.error().context;
  }
  AccountCodec codec;
};

OrderRow expected_order() {
  OrderRow row;
  row.symbol = "BTCUSDT";
  row.order_id = "5cf98598-0000-4000-8000-000000000001";
  row.link_id = "px-1";
  row.side = Side::Buy;
  row.status = VenueOrderStatus::PartiallyFilled;
  row.price = "36500"_px;
  row.avg_price = "36500"_px;
  row.quantity = "0.02"_qty;
  row.filled = "0.01"_qty;
  row.created = ms(1700000000444);
  row.updated = ms(1700000000470);
  return row;
}

TEST_F(AccountFrames, Order) {
  const auto frame = read<OrderRows>(kOrderFrame);
  EXPECT_EQ(frame.creation, ms(1700000000474));
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(frame.rows[0], expected_order());
}

TEST_F(AccountFrames, DataMayStandBeforeItsTopic) {
  const std::string data(kOrderFrame.substr(kOrderFrame.find("\"data\"")));
  const std::string turned = "{" + data.substr(0, data.size() - 1) +
                             R"(,"creationTime":1700000000474,"topic":"order.linear"})";
  const auto frame = read<OrderRows>(turned);
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(frame.rows[0], expected_order());
  EXPECT_EQ(frame.creation, ms(1700000000474));
}

TEST_F(AccountFrames, OptionalNumbersMayBeEmptyNullOrMissing) {
  OrderRow expected = expected_order();
  expected.avg_price = {};
  for (const char* avg : {R"("avgPrice":"",)", R"("avgPrice":null,)", ""}) {
    const auto frame = read<OrderRows>(replaced(kOrderFrame, R"("avgPrice":"36500",)", avg));
    ASSERT_EQ(frame.rows.size(), 1U) << avg;
    EXPECT_EQ(frame.rows[0], expected) << avg;
  }
}

TEST_F(AccountFrames, OrderEndsAreTold) {
  auto text =
      replaced(kOrderFrame, R"("orderStatus":"PartiallyFilled")", R"("orderStatus":"Cancelled")");
  text = replaced(text, "EC_NoError", "EC_PostOnlyWillTakeLiquidity");
  auto frame = read<OrderRows>(text);
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_FALSE(is_open(frame.rows[0].status));
  EXPECT_EQ(order_end_of(frame.rows[0]), OrderEnd::PostOnlyWouldTake);
  frame = read<OrderRows>(replaced(replaced(kOrderFrame, "PartiallyFilled", "Cancelled"),
                                   "\"UNKNOWN\"", "\"CancelByReduceOnly\""));
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(order_end_of(frame.rows[0]), OrderEnd::ReduceOnlyNothingToReduce);
}

/// 7.1: a cancel that lost the race leaves its words on an order that filled.
TEST_F(AccountFrames, SecondFilledRowIsStillFilled) {
  auto text = replaced(kOrderFrame, "PartiallyFilled", "Filled");
  text = replaced(text, "\"UNKNOWN\"", "\"CancelByUser\"");
  text = replaced(text, "EC_NoError", "EC_OrigClOrdIDDoesNotExist");
  const auto frame = read<OrderRows>(text);
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(frame.rows[0].status, VenueOrderStatus::Filled);
  EXPECT_EQ(order_end_of(frame.rows[0]), OrderEnd::None);
}

TEST_F(AccountFrames, EveryStatusOfTheReferenceIsKnown) {
  const std::vector<std::pair<const char*, bool>> open = {{"New", true},
                                                          {"PartiallyFilled", true},
                                                          {"Untriggered", true},
                                                          {"Filled", false},
                                                          {"PartiallyFilledCanceled", false},
                                                          {"Cancelled", false},
                                                          {"Rejected", false},
                                                          {"Deactivated", false}};
  for (const auto& [word, is] : open) {
    const auto frame = read<OrderRows>(replaced(kOrderFrame, "PartiallyFilled", word));
    ASSERT_EQ(frame.rows.size(), 1U) << word;
    EXPECT_EQ(to_string(frame.rows[0].status), word);
    EXPECT_EQ(is_open(frame.rows[0].status), is) << word;
  }
  const auto frame = read<OrderRows>(replaced(kOrderFrame, "PartiallyFilled", "Frozen"));
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(frame.rows[0].status, VenueOrderStatus::Other);
}

TEST_F(AccountFrames, Execution) {
  const auto frame = read<ExecutionRows>(kExecutionFrame);
  EXPECT_EQ(frame.creation, ms(1700000000475));
  ExecutionRow row;
  row.symbol = "BTCUSDT";
  row.order_id = "5cf98598-0000-4000-8000-000000000001";
  row.link_id = "px-1";
  row.execution = "0ab1bdf7-0000-5000-8000-000000000001";
  row.side = Side::Buy;
  row.kind = ExecutionKind::Trade;
  row.maker = true;
  row.price = "36500"_px;
  row.quantity = "0.01"_qty;
  row.value = "365"_usdt;
  row.fee = "0.073"_usdt;
  row.fee_coin = "USDT";
  row.fee_rate_e9 = 200'000;
  row.order_quantity = "0.02"_qty;
  row.leaves = "0.01"_qty;
  row.mark = "36501.1"_px;
  row.time = ms(1700000000470);
  row.seq = 140612148849;
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(frame.rows[0], row);
}

TEST_F(AccountFrames, FastExecution) {
  const auto frame = read<ExecutionRows>(kFastFrame);
  ASSERT_EQ(frame.rows.size(), 1U);
  const ExecutionRow& row = frame.rows[0];
  EXPECT_TRUE(row.fast);
  EXPECT_EQ(row.kind, ExecutionKind::Trade);
  EXPECT_EQ(row.execution.view(), "0ab1bdf7-0000-5000-8000-000000000001");
  EXPECT_TRUE(row.link_id.empty());
  EXPECT_EQ(row.quantity, "0.01"_qty);
  EXPECT_EQ(row.time, ms(1700000000470));
}

TEST_F(AccountFrames, KindsOfExecutions) {
  const std::vector<std::pair<const char*, ExecutionKind>> kinds = {
      {"Trade", ExecutionKind::Trade},        {"AdlTrade", ExecutionKind::Adl},
      {"Funding", ExecutionKind::Funding},    {"BustTrade", ExecutionKind::Liquidation},
      {"Settle", ExecutionKind::Settle},      {"Delivery", ExecutionKind::Settle},
      {"BlockTrade", ExecutionKind::Other},   {"MovePosition", ExecutionKind::Other},
      {"FutureSpread", ExecutionKind::Other}, {"CorporateAction", ExecutionKind::Other},
      {"UNKNOWN", ExecutionKind::Other},      {"Brand new", ExecutionKind::Other}};
  for (const auto& [word, kind] : kinds) {
    const auto frame = read<ExecutionRows>(
        replaced(kExecutionFrame, "\"Trade\"", std::string("\"") + word + "\""));
    ASSERT_EQ(frame.rows.size(), 1U) << word;
    EXPECT_EQ(frame.rows[0].kind, kind) << word;
  }
}

TEST_F(AccountFrames, TradeWithoutWhatItIsAboutIsAnError) {
  using Case = std::pair<const char*, const char*>;
  for (const auto& [part, field] :
       {Case{R"("side":"Buy",)", "side"},
        Case{R"("execId":"0ab1bdf7-0000-5000-8000-000000000001",)", "execId"},
        Case{R"("execPrice":"36500",)", "execPrice"}, Case{R"("execQty":"0.010",)", "execQty"},
        Case{R"("symbol":"BTCUSDT",)", "symbol"}, Case{R"("execType":"Trade",)", "execType"},
        Case{R"("category":"linear",)", "category"},
        Case{R"("orderId":"5cf98598-0000-4000-8000-000000000001",)", "orderId"}})
    EXPECT_THAT(refusal(replaced(kExecutionFrame, part, "")), HasSubstr(field)) << part;
  EXPECT_THAT(refusal(replaced(kExecutionFrame, R"("execQty":"0.010")", R"("execQty":"1e-2")")),
              HasSubstr("execQty"));
  EXPECT_THAT(refusal(replaced(kExecutionFrame, R"("execQty":"0.010")", R"("execQty":"-0.010")")),
              HasSubstr("execQty"));
  EXPECT_THAT(refusal(replaced(kExecutionFrame, "0ab1bdf7-", "0ab1bdf7-0ab1bdf7-")),
              HasSubstr("execId"));
}

TEST_F(AccountFrames, LongLinkIdOfSomebodyElseIsNone) {
  const auto frame = read<ExecutionRows>(replaced(kExecutionFrame, "px-1", std::string(41, 'x')));
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_TRUE(frame.rows[0].link_id.empty());
  EXPECT_NE(refusal(replaced(kOrderFrame, "5cf98598-", "5cf98598-5cf98598-")), "");
}

TEST_F(AccountFrames, Position) {
  const auto frame = read<PositionRows>(kPositionFrame);
  PositionRow row;
  row.symbol = "BTCUSDT";
  row.quantity = "0.01"_qty;
  row.entry = "36500"_px;
  row.cost = "365"_usdt;
  row.mark = "36501.1"_px;
  row.leverage_e9 = 10 * kFixedScale;
  row.realised = "-0.073"_usdt;
  row.status = "Normal";
  row.updated = ms(1700000000470);
  row.seq = 140612148849;
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(frame.rows[0], row);
}

TEST_F(AccountFrames, FlatPositionHasNoSide) {
  auto text = replaced(kPositionFrame, R"("side":"Buy","size":"0.010")", R"("side":"","size":"0")");
  text = replaced(text, R"("entryPrice":"36500")", R"("entryPrice":"")");
  const auto frame = read<PositionRows>(text);
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_TRUE(frame.rows[0].quantity.is_zero());
  EXPECT_THAT(refusal(replaced(kPositionFrame, R"("side":"Buy")", R"("side":"")")),
              HasSubstr("side"));
}

TEST_F(AccountFrames, Wallet) {
  const auto frame = read<WalletRows>(kWalletFrame);
  ASSERT_EQ(frame.rows.size(), 1U);
  const WalletRow& row = frame.rows[0];
  EXPECT_EQ(row.account_type.view(), "UNIFIED");
  EXPECT_TRUE(row.totals_known);
  EXPECT_EQ(row.total_equity, "10001.123456789"_usdt) << "more than nine decimals are rounded";
  EXPECT_EQ(row.available, "9964.4"_usdt);
  ASSERT_EQ(row.coins.size(), 2U);
  EXPECT_EQ(row.coins[0], (CoinBalance{"USDT", "10000.5"_usdt, "10001.123456789"_usdt, {}}));
  EXPECT_EQ(row.coins[1], (CoinBalance{"BTC", "0.10005"_usdt, "0.10005"_usdt, "0.05"_usdt}));
}

TEST_F(AccountFrames, CategoriesThatWeDoNotTradeAreLeftOut) {
  const auto frame = read<OrderRows>(replaced(kOrderFrame, "\"linear\"", "\"inverse\""));
  EXPECT_TRUE(frame.rows.empty());
  EXPECT_EQ(frame.left_out, 1U);
  EXPECT_EQ(read<OrderRows>(replaced(kOrderFrame, "\"linear\"", "\"spot\"")).rows[0].category,
            Category::Spot);
}

/// A row of somebody else may hold what we cannot: it is told, and hides no other row.
TEST_F(AccountFrames, WhatDoesNotFitIsMarked) {
  auto frame =
      read<OrderRows>(replaced(kOrderFrame, R"("qty":"0.020")", R"("qty":"20000000000000")"));
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_FALSE(frame.rows[0].exact);
  frame =
      read<OrderRows>(replaced(kOrderFrame, R"("price":"36500")", R"("price":"0.00000000123")"));
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_FALSE(frame.rows[0].exact);
  EXPECT_EQ(frame.rows[0].price.raw(), 1);
  frame = read<OrderRows>(
      replaced(kOrderFrame, R"("price":"36500")", R"("price":"36500.000000000000")"));
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_TRUE(frame.rows[0].exact) << "zeros are no loss";
}

TEST_F(AccountFrames, WhatIsNoDecimalIsAnErrorHoweverLongItIs) {
  for (const char* bad : {"1e5", "+5", "0x10", "5.", ".5", "--5", "NaN", "1.2.3", "-",
                          "99999999999999999999999abc", "0.1234567890123x", "5 "})
    EXPECT_THAT(
        refusal(replaced(kOrderFrame, R"("qty":"0.020")", std::string(R"("qty":")") + bad + "\"")),
        HasSubstr("qty"))
        << bad;
  const std::vector<std::pair<const char*, std::int64_t>> rounded = {
      {"-0.0000000005", -1},
      {"0.0000000004", 0},
      {"9223372036.8547758074", INT64_MAX / 4},
      {"-9223372036.854775808", -(INT64_MAX / 4)}};
  for (const auto& [text, raw] : rounded) {
    const auto frame = read<OrderRows>(
        replaced(kOrderFrame, R"("price":"36500")", std::string(R"("price":")") + text + "\""));
    ASSERT_EQ(frame.rows.size(), 1U) << text;
    EXPECT_EQ(frame.rows[0].price.raw(), raw) << text;
    EXPECT_FALSE(frame.rows[0].exact) << text;
  }
  const auto large =
      read<OrderRows>(replaced(kOrderFrame, R"("price":"36500")", R"("price":"9000000000.5")"));
  ASSERT_EQ(large.rows.size(), 1U);
  EXPECT_TRUE(large.rows[0].exact);
}

TEST_F(AccountFrames, SeveralRowsInOneFrame) {
  const std::string row(kOrderFrame.substr(kOrderFrame.find("[{") + 1));
  const std::string one = row.substr(0, row.size() - 2);
  const auto frame =
      read<OrderRows>(replaced(kOrderFrame, one, one + "," + replaced(one, "px-1", "px-2")));
  ASSERT_EQ(frame.rows.size(), 2U);
  EXPECT_EQ(frame.rows[1].link_id.view(), "px-2");
}

TEST_F(AccountFrames, Answers) {
  EXPECT_TRUE(read<Ack>(kAuthFine).success);
  const Ack refused = read<Ack>(kAuthBad);
  EXPECT_FALSE(refused.success);
  EXPECT_EQ(refused.op.view(), "auth");
  EXPECT_EQ(refused.message.view(), "Params Error");
  const Ack sdk = read<Ack>(kAuthBadSdk);
  EXPECT_FALSE(sdk.success);
  EXPECT_EQ(sdk.code, 10003);
  EXPECT_EQ(sdk.message.view(), "Invalid apikey");
  const Ack subscribed = read<Ack>(kSubscribed);
  EXPECT_TRUE(subscribed.success);
  EXPECT_EQ(subscribed.req_id.view(), "s-1");
  EXPECT_EQ(read<Pong>(kPrivatePong).req_id.view(), "7");
  EXPECT_EQ(read<Unknown>(R"({"topic":"greeks","creationTime":1,"data":[{"x":1}]})").what.view(),
            "greeks");
  EXPECT_EQ(read<Unknown>(R"({"topic":"dcp.future","data":[]})").what.view(), "dcp.future");
}

class TradeReplies : public AccountFrames {
 protected:
  TradeReply reply(std::string_view bytes) {
    const auto said = codec.decode_trade(bytes);
    EXPECT_TRUE(said) << (said ? "" : said.error().context);
    return said ? said.value() : TradeReply{};
  }
};

TEST_F(TradeReplies, AllShapes) {
  const TradeReply fine = reply(kTradeReply);
  EXPECT_EQ(fine.req_id.view(), "r-7");
  EXPECT_EQ(fine.code, 0);
  EXPECT_EQ(fine.op.view(), "order.create");
  EXPECT_EQ(fine.order_id.view(), "a4c1718e-0000-4000-8000-000000000002");
  EXPECT_EQ(fine.link_id.view(), "px-2");
  EXPECT_EQ(fine.rate, (RateLimit{10, 9, ms(1700000000008)}));
  EXPECT_FALSE(fine.pong);
  EXPECT_TRUE(reply(kTradePong).pong);
  EXPECT_EQ(reply(kTradeAuth).op.view(), "auth");
  const TradeReply refused = reply(kTradeRefused);
  EXPECT_EQ(refused.code, 110007);
  EXPECT_EQ(refused.message.view(), "ab not enough for new order");
  EXPECT_TRUE(refused.order_id.empty());
  EXPECT_EQ(reply(kTradeBatch).op.view(), "order.create-batch");
  EXPECT_TRUE(
      reply(R"({"retCode":10005,"retMsg":"Permission denied","op":"order.create","connId":"a"})")
          .req_id.empty());
  EXPECT_EQ(reply(R"({"success":false,"ret_msg":"error:invalid op","conn_id":"a","op":"x"})").code,
            TradeReply::kNoCode);
  EXPECT_FALSE(codec.decode_trade(R"({"op":"order.create","reqId":"1"})"));
}

}  // namespace
}  // namespace proteus::live
