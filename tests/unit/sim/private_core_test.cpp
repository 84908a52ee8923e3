// The exchange's core over a scripted market: who fills whom, and what it costs. All expected
// numbers are worked out by hand.
#include "engine/matching/funding.hpp"
#include "private_fixture.hpp"

namespace proteus::sim::private_test {
namespace {

using Core = CoreBench;

TEST(PrivateCore, ATakerWalksTheLadderAndPaysItsFee) {
  Core bench;
  // 1 BTC stands at 36500, 2 at 36500.1.
  bench.submit(Core::limit(Side::Buy, "1.5", "36500.1"));
  const TradingAccount& account = bench.account();
  EXPECT_EQ(account.position({}), "1.5"_qty);
  ASSERT_EQ(account.executions.size(), 2U);
  EXPECT_EQ(account.executions[0].price, "36500"_px);
  EXPECT_EQ(account.executions[0].quantity, "1"_qty);
  EXPECT_EQ(account.executions[0].fee, "20.075"_usdt);  // 36500 x 0.00055
  EXPECT_EQ(account.executions[1].price, "36500.1"_px);
  EXPECT_EQ(account.executions[1].quantity, "0.5"_qty);
  EXPECT_EQ(account.executions[1].fee, "10.0375275"_usdt);  // 18250.05 x 0.00055
  EXPECT_EQ(account.wallet(), "99969.8874725"_usdt);
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Filled);
  EXPECT_EQ(bench.last_closed().value, "54750.05"_usdt);
  // What was taken is gone until the market moves.
  bench.submit(Core::limit(Side::Buy, "2", "36500.1", TimeInForce::Ioc));
  EXPECT_EQ(account.position({}), "3"_qty);
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Cancelled);
  EXPECT_EQ(bench.last_closed().reject_reason, "EC_NoEnoughQtyToFill");
  bench.move();
  bench.submit(Core::limit(Side::Buy, "1", "36500", TimeInForce::Fok));
  EXPECT_EQ(account.position({}), "4"_qty);
}

TEST(PrivateCore, FeesOfTheReferencesExampleRow) {
  Core bench;
  bench.view.book({{"36499.9"_px, 1000}}, {{"36600"_px, 1000}});
  NewOrder wish = Core::limit(Side::Buy, "0.020", "36500");
  wish.link_id = "px-1";
  bench.submit(wish);
  bench.view.trade("36500"_px, 10, false);
  bench.view.book({{"36499.9"_px, 1000}}, {{"36600"_px, 1000}});
  bench.move();
  // Section 7.1 and 7.2: 0.010 of 0.020 at 36500 as maker: value 365, fee 0.073, 0.010 left.
  const Execution& e = bench.account().executions.back();
  EXPECT_TRUE(e.maker);
  EXPECT_EQ(e.value, "365"_usdt);
  EXPECT_EQ(e.fee, "0.073"_usdt);
  EXPECT_EQ(e.order.leaves(), "0.01"_qty);
  EXPECT_EQ(e.order.status, OrderStatus::PartiallyFilled);
}

TEST(PrivateCore, ARestingOrderWaitsBehindWhatStoodThere) {
  Core bench;
  // 1 BTC of the market stands at 36499.9 before ours.
  bench.submit(Core::limit(Side::Buy, "0.5", "36499.9"));
  bench.view.trade("36499.9"_px, 900, false);
  bench.move();
  EXPECT_TRUE(bench.account().position({}).is_zero());
  // 100 lots are left before it; 300 come: 200 are ours.
  bench.view.trade("36499.9"_px, 300, false);
  bench.move();
  EXPECT_EQ(bench.account().position({}), "0.2"_qty);
  EXPECT_EQ(bench.account().open.begin()->second.status, OrderStatus::PartiallyFilled);
  // A buyer at that price is none of ours; a seller through it fills ours at our price.
  bench.view.trade("36499.9"_px, 300, true);
  bench.move();
  EXPECT_EQ(bench.account().position({}), "0.2"_qty);
  bench.view.trade("36499.5"_px, 300, false);
  bench.move();
  EXPECT_EQ(bench.account().position({}), "0.5"_qty);
  EXPECT_EQ(bench.account().executions.back().price, "36499.9"_px);
  EXPECT_TRUE(bench.account().open.empty());
}

TEST(PrivateCore, WhatIsWithdrawnBeforeItNoLongerStandsBeforeIt) {
  Core bench;
  bench.submit(Core::limit(Side::Buy, "0.5", "36499.9"));
  bench.view.book({{"36499.9"_px, 50}}, {{"36500"_px, 1000}});
  bench.move();
  bench.view.trade("36499.9"_px, 100, false);
  bench.move();
  EXPECT_EQ(bench.account().position({}), "0.05"_qty);
}

TEST(PrivateCore, ALadderThatMovesAcrossAnOrderFillsItByItsVolume) {
  Core bench;
  bench.submit(Core::limit(Side::Buy, "5", "36400"));
  bench.view.last_ = "36390"_px;
  bench.view.book({{"36389.9"_px, 1000}}, {{"36390"_px, 1500}, {"36400"_px, 500}, {"36401"_px, 9}});
  bench.move();
  EXPECT_EQ(bench.account().position({}), "2"_qty);
  for (const Execution& e : bench.account().executions) {
    EXPECT_EQ(e.price, "36400"_px);
    EXPECT_TRUE(e.maker);
  }
}

TEST(PrivateCore, AccountsMeetByPriceThenTime) {
  Core bench;
  bench.view.book({{"36000"_px, 1000}}, {{"37000"_px, 1000}});
  bench.submit(Core::limit(Side::Sell, "1", "36510"), 0);
  bench.submit(Core::limit(Side::Sell, "1", "36505"), 0);
  bench.submit(Core::limit(Side::Sell, "1", "36510"), 0);
  bench.submit(Core::limit(Side::Buy, "2.5", "36600"), 1);
  // The better price first, then the older of the two at 36510, at the makers' prices.
  const auto& got = bench.account(1).executions;
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].price, "36505"_px);
  EXPECT_EQ(got[1].price, "36510"_px);
  EXPECT_EQ(got[2].quantity, "0.5"_qty);
  EXPECT_FALSE(got[0].maker);
  EXPECT_TRUE(bench.account(0).executions[0].maker);
  EXPECT_EQ(bench.account(0).position({}), "-2.5"_qty);
  EXPECT_EQ(bench.account(0).open.begin()->second.number, 3U) << "the younger one is left";
}

TEST(PrivateCore, AtOnePriceTheBookStandsBeforeAccounts) {
  Core bench;
  bench.submit(Core::limit(Side::Sell, "1", "36500.1"), 0);
  // The book has 1 at 36500 and 2 at 36500.1.
  bench.submit(Core::limit(Side::Buy, "2.5", "36500.1"), 1);
  EXPECT_TRUE(bench.account(0).executions.empty());
  bench.submit(Core::limit(Side::Buy, "1.1", "36500.1"), 1);
  EXPECT_EQ(bench.account(0).position({}), "-0.6"_qty);
  EXPECT_EQ(bench.account(1).position({}), "3.6"_qty);
}

TEST(PrivateCore, KindsOfOrdersThatCannotRestOrTake) {
  Core bench;
  bench.submit(Core::limit(Side::Buy, "1", "36500", TimeInForce::PostOnly));
  EXPECT_EQ(bench.last_closed().reject_reason, "EC_PostOnlyWillTakeLiquidity");
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Cancelled);
  bench.submit(Core::limit(Side::Buy, "3.001", "36500.1", TimeInForce::Fok));
  EXPECT_EQ(bench.last_closed().reject_reason, "EC_CancelForNoFullFill");
  bench.submit(Core::limit(Side::Buy, "1", "36400", TimeInForce::Ioc));
  EXPECT_EQ(bench.last_closed().reject_reason, "EC_NoImmediateQtyToFill");
  EXPECT_TRUE(bench.account().position({}).is_zero());
  bench.submit(Core::limit(Side::Buy, "3", "36500.1", TimeInForce::Fok));
  EXPECT_EQ(bench.account().position({}), "3"_qty);
}

TEST(PrivateCore, AMarketOrderStopsAtItsProtectivePrice) {
  Core bench;
  // 5 % above a mark of 36500 is 38325.
  bench.view.book({{"36499.9"_px, 1}}, {{"36500"_px, 1000}, {"38325"_px, 1000}, {"38325.1"_px, 9}});
  bench.submit(Core::market(Side::Buy, "3"));
  EXPECT_EQ(bench.account().position({}), "2"_qty);
  EXPECT_EQ(bench.last_closed().price, "38325"_px);
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Cancelled);
  EXPECT_EQ(bench.last_closed().reject_reason, "EC_NoEnoughQtyToFill");
}

TEST(PrivateCore, AReducingFillRealisesAndFlipsOpenAnew) {
  Core bench;
  bench.submit(Core::market(Side::Buy, "1"));  // 36500, fee 20.075
  bench.view.last_ = "36600"_px;
  bench.view.book({{"36600"_px, 5000}}, {{"36600.1"_px, 5000}});
  bench.move();
  EXPECT_EQ(bench.account().equity() - bench.account().wallet(), "100"_usdt);
  bench.submit(Core::market(Side::Sell, "3"));
  const TradingAccount& account = bench.account();
  EXPECT_EQ(account.position({}), "-2"_qty);
  const Execution& e = account.executions.back();
  EXPECT_EQ(e.closed, "1"_qty);
  EXPECT_EQ(e.pnl, "100"_usdt);
  EXPECT_EQ(e.fee, "60.39"_usdt);                  // 109800 x 0.00055
  EXPECT_EQ(account.wallet(), "100019.535"_usdt);  // + 100 - 20.075 - 60.39
  // Two thirds of the fee belong to the short that was opened.
  EXPECT_EQ(account.notes[0].current_realised, "-40.26"_usdt);
  EXPECT_EQ(account.books[InstrumentId{}].cost, "-73200"_usdt);
}

TEST(PrivateCore, ReduceOnlyNeverEnlargesOrFlips) {
  Core bench;
  NewOrder reduce = Core::market(Side::Sell, "1");
  reduce.reduce_only = true;
  EXPECT_EQ(bench.refusal(reduce), 110017);
  bench.submit(Core::market(Side::Buy, "0.5"));
  // Two resting ones of the whole position; the sum would flip it.
  NewOrder resting = Core::limit(Side::Sell, "2", "36600");
  resting.reduce_only = true;
  bench.submit(resting);
  EXPECT_EQ(bench.account().open.begin()->second.quantity, "0.5"_qty) << "cut to the position";
  bench.submit(resting);
  bench.view.trade("36700"_px, 100'000, true);
  bench.move();
  EXPECT_TRUE(bench.account().position({}).is_zero());
  EXPECT_TRUE(bench.account().open.empty());
  EXPECT_EQ(bench.last_closed().cancel_type, "CancelByReduceOnly");
  EXPECT_TRUE(bench.last_closed().filled.is_zero());
}

TEST(PrivateCore, ARestingReduceOnlyOrderShrinksWithThePosition) {
  Core bench;
  bench.submit(Core::market(Side::Buy, "0.5"));
  NewOrder resting = Core::limit(Side::Sell, "0.5", "36600");
  resting.reduce_only = true;
  bench.submit(resting);
  bench.submit(Core::market(Side::Sell, "0.3"));
  EXPECT_EQ(bench.account().open.begin()->second.quantity, "0.2"_qty);
  NewOrder all = Core::market(Side::Sell, "0");
  all.reduce_only = all.close_on_trigger = true;
  bench.submit(all);
  EXPECT_TRUE(bench.account().position({}).is_zero()) << "quantity 0 closes the whole position";
}

TEST(PrivateCore, RefusesWithTheVenuesCodes) {
  Core bench;
  EXPECT_EQ(bench.refusal(Core::limit(Side::Buy, "0.0015", "36000")), 10001) << "off the lot";
  EXPECT_EQ(bench.refusal(Core::limit(Side::Buy, "1", "36000.05")), 10001) << "off the tick";
  EXPECT_EQ(bench.refusal(Core::limit(Side::Buy, "0", "36000")), 10001);
  EXPECT_EQ(bench.refusal(Core::limit(Side::Buy, "1000.001", "36000")), 10001) << "too much";
  EXPECT_EQ(bench.refusal(Core::limit(Side::Buy, "0.001", "4999.9")), 110094) << "below 5 USDT";
  // 10x by default: 100 000 USDT carry 1 000 000.
  EXPECT_EQ(bench.refusal(Core::limit(Side::Buy, "27.778", "36000")), 110007);
  NewOrder named = Core::limit(Side::Buy, "1", "36000");
  named.link_id = "px-1";
  bench.submit(named);
  EXPECT_EQ(bench.refusal(named), 110072);
  ASSERT_TRUE(bench.core->cancel(0, {{}, "", "px-1"}, bench.now));
  EXPECT_EQ(bench.refusal(named), 110072) << "also after it closed";
  EXPECT_EQ(bench.refusal(named, 1), 0) << "another account has its own";
  named.link_id = "with blank";
  EXPECT_EQ(bench.refusal(named), 10001);
  named.link_id = std::string(37, 'x');
  EXPECT_EQ(bench.refusal(named), 10001);
  EXPECT_EQ(bench.core->cancel(0, {{}, "nobody", ""}, bench.now).error().code, 110001);
  named.link_id.clear();
  named.quantity = "0.001"_qty;
  for (int i = 0; i < 500; ++i) bench.submit(named);
  EXPECT_EQ(bench.refusal(named), 110020);
  EXPECT_EQ(bench.core->cancel_all(0, std::nullopt, bench.now).size(), 500U);
  EXPECT_EQ(bench.account().margin().total(), Money{});
}

TEST(PrivateCore, MarginCountsTheDearerSideOfOrdersAndThePosition) {
  Core bench;
  bench.submit(Core::market(Side::Buy, "1"));  // 36500 at mark: 3650 at 10x
  EXPECT_EQ(bench.account().margin().positions, "3650"_usdt);
  bench.submit(Core::limit(Side::Buy, "1", "36000"));
  EXPECT_EQ(bench.account().margin().orders, "3600"_usdt);
  // Sells of 3 against a long of 1 would carry it 1 beyond: half of 1.5 x 36600 x 2 / 10.
  bench.submit(Core::limit(Side::Sell, "3", "36600"));
  EXPECT_EQ(bench.account().margin().orders, "3660"_usdt);
  EXPECT_EQ(bench.core->set_leverage(0, {}, 10 * kFixedScale).error().code, 110043);
  EXPECT_TRUE(bench.core->set_leverage(0, {}, 20 * kFixedScale));
  EXPECT_EQ(bench.account().margin().positions, "1825"_usdt);
  EXPECT_EQ(bench.core->set_leverage(0, {}, 101 * kFixedScale).error().code, 10001);
}

TEST(PrivateCore, AmendKeepsItsPlaceOnlyForLess) {
  Core bench;
  bench.view.book({{"36000"_px, 1000}}, {{"36700"_px, 1000}});
  const OrderIds first = bench.submit(Core::limit(Side::Buy, "2", "36400"), 0);
  bench.submit(Core::limit(Side::Buy, "2", "36400"), 1);
  const auto amend = [&](std::string_view quantity, std::optional<Price> price = {}) {
    const auto said = bench.core->amend(
        0, {{{}, first.id, ""}, Quantity::parse(quantity).value(), price}, bench.now);
    return said ? 0 : said.error().code;
  };
  EXPECT_EQ(amend("2"), 10001) << "order not modified";
  EXPECT_EQ(amend("1"), 0);
  bench.view.trade("36400"_px, 500, false);
  bench.move();
  EXPECT_EQ(bench.account(0).position({}), "0.5"_qty) << "it kept its place";
  EXPECT_EQ(amend("0.5"), 110064);
  EXPECT_EQ(amend("2"), 0);
  bench.view.trade("36400"_px, 500, false);
  bench.move();
  EXPECT_EQ(bench.account(0).position({}), "0.5"_qty) << "and lost it for more";
  EXPECT_EQ(bench.account(1).position({}), "0.5"_qty);
  // A new price may take.
  EXPECT_EQ(amend("2", "36700"_px), 0);
  EXPECT_EQ(bench.account(0).position({}), "1.5"_qty);
  EXPECT_FALSE(bench.account(0).executions.back().maker);
  EXPECT_EQ(bench.core->amend(0, {{{}, "nobody", ""}, "1"_qty, {}}, bench.now).error().code,
            110001);
}

TEST(PrivateCore, FundingMovesCashAtItsTimes) {
  Core bench;
  bench.submit(Core::market(Side::Buy, "0.5"), 0);
  bench.submit(Core::market(Side::Sell, "0.5"), 1);
  const Money long_before = bench.account(0).wallet();
  const Money short_before = bench.account(1).wallet();
  bench.view.mark_ = "36510"_px;
  bench.view.funding_e9_ = 100'000;
  bench.now = kFirst + 8h - 1s;
  bench.move();  // 08:00
  // 0.5 x 36510 x 0.0001, from the long to the short.
  EXPECT_EQ(bench.account(0).wallet(), long_before - "1.8255"_usdt);
  EXPECT_EQ(bench.account(1).wallet(), short_before + "1.8255"_usdt);
  const Execution& paid = bench.account(0).executions.back();
  EXPECT_EQ(paid.type, ExecutionType::Funding);
  EXPECT_EQ(paid.fee, "1.8255"_usdt);
  EXPECT_EQ(paid.fee_rate_e9, 100'000);
  EXPECT_EQ(paid.order.side, Side::Buy);
  EXPECT_EQ(paid.time, kFirst + 8h);
  EXPECT_EQ(bench.account(1).executions.back().fee_rate_e9, -100'000);
  const std::size_t settled = bench.account(0).executions.size();
  bench.move();
  EXPECT_EQ(bench.account(0).executions.size(), settled) << "once";
  // The reference's recording: long 1.2 at a mark of 72.25, 0.0001: 0.00867.
  const matching::FundingTime known{kFirst, true, 100'000};
  EXPECT_EQ(matching::settlement(known, {}, "1.2"_qty, "72.25"_px, 8h, 0).amount, "0.00867"_usdt);
}

TEST(PrivateCore, AnAccountBelowMaintenanceIsLiquidated) {
  Core bench;
  ASSERT_TRUE(bench.core->set_leverage(0, {}, 100 * kFixedScale));
  bench.view.book({{"36499.9"_px, 1000}}, {{"36500"_px, 1'000'000}});
  bench.submit(Core::market(Side::Buy, "90"));
  bench.submit(Core::limit(Side::Buy, "1", "35000"));
  // 3 285 000 held; 100 000 less the fee of 1806.75; 0.5 % of the value has to stay.
  bench.view.last_ = "35600"_px;
  bench.move();
  EXPECT_EQ(bench.account().position({}), "90"_qty) << "17193.25 are above 16020";
  bench.view.last_ = "35580"_px;
  bench.move();
  EXPECT_TRUE(bench.account().position({}).is_zero()) << "15393.25 are below 16011";
  EXPECT_TRUE(bench.account().open.empty());
  const Execution& bust = bench.account().executions.back();
  EXPECT_EQ(bust.type, ExecutionType::BustTrade);
  EXPECT_EQ(bust.price, "35580"_px);
  EXPECT_EQ(bust.order.create_type, "CreateByLiq");
  // 3 202 200 x (0.005 + 0.00055)
  EXPECT_EQ(bust.fee, "17772.21"_usdt);
  EXPECT_EQ(bench.account().closed.front().cancel_type, "UNKNOWN");
  EXPECT_EQ(bench.account().closed[1].cancel_type, "CancelAllBeforeLiq");
}

TEST(PrivateCore, TellsEachAccountItsOwnChanges) {
  Core bench;
  bench.view.book({{"36000"_px, 1000}}, {{"37000"_px, 1000}});
  bench.submit(Core::limit(Side::Sell, "1", "36500"), 0);
  Changes told = bench.core->take_changes(0);
  ASSERT_EQ(told.orders.size(), 1U);
  EXPECT_EQ(told.orders[0].status, OrderStatus::New);
  EXPECT_EQ(told.positions.size(), 1U) << "a position row comes with every order";
  EXPECT_FALSE(bench.core->take_changes(1).any());
  bench.submit(Core::limit(Side::Buy, "0.4", "36500"), 1);
  told = bench.core->take_changes(0);
  ASSERT_EQ(told.executions.size(), 1U);
  EXPECT_EQ(told.orders[0].status, OrderStatus::PartiallyFilled);
  told = bench.core->take_changes(1);
  EXPECT_EQ(told.orders[0].status, OrderStatus::Filled);
  EXPECT_FALSE(bench.core->take_changes(0).any());
}

}  // namespace
}  // namespace proteus::sim::private_test
