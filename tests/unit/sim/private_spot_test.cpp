// Spot: balances, amounts, codes, fees and statuses: sections 10, 12.3, 12.8 and 14.3.
#include <random>

#include "private_desk.hpp"

namespace proteus::sim::private_test {
namespace {

/// spot:BTCUSDT, tick 0.01, lot 0.000001, 10 bps both ways, accounts of 1000 USDT.
struct SpotBench {
  SpotBench() {
    Instrument& btc = view.instruments_[0];
    btc.category = Category::Spot;
    btc.tick_size = "0.01"_px;
    btc.lot_step = "0.000001"_qty;
    btc.quantity_min = Quantity{};
    btc.leverage_max_e9 = kFixedScale;
    btc.funding_interval = Duration{0};
    view.last_ = "100"_px;
    view.book({{"99.99"_px, 1'000'000}}, {{"100"_px, 1'000'000}, {"101"_px, 100'000'000}});
    const std::vector<AccountSpec> specs{{"one", "secret1", "1000"_usdt},
                                         {"two", "secret2", "1000"_usdt}};
    core =
        std::move(ExchangeCore::create(specs, view.instruments_, usual_rates(), view, 1)).value();
    move();
  }
  void move(Duration by = 1s) {
    now += by;
    core->on_market(now);
    view.trades_.clear();
  }
  int submit(const NewOrder& wish, AccountId id = 0) {
    const auto said = core->submit(id, wish, now);
    return said ? 0 : said.error().code;
  }
  static NewOrder buy_for(std::string_view amount) {
    NewOrder wish = CoreBench::market(Side::Buy, "0");
    wish.amount = Money::parse(amount).value();
    return wish;
  }
  const TradingAccount& account(AccountId id = 0) const { return core->account(id); }
  const VenueOrder& last_closed() const { return account().closed.back(); }

  ScriptedView view;
  std::unique_ptr<ExchangeCore> core;
  Timestamp now = kFirst;
};

TEST(PrivateSpot, ABuyPaysItsFeeInTheCoinThatItBrings) {
  SpotBench bench;
  ASSERT_EQ(bench.submit(CoreBench::limit(Side::Buy, "0.5", "100")), 0);
  // 0.5 at 100, 10 bps of the coin.
  EXPECT_EQ(bench.account().wallet(), "950"_usdt);
  EXPECT_EQ(bench.account().position({}), "0.4995"_qty);
  EXPECT_EQ(bench.last_closed().fee_base, "0.0005"_qty);
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Filled);
  ASSERT_EQ(bench.submit(CoreBench::limit(Side::Sell, "0.4", "99.99")), 0);
  // 39.996 less 10 bps of it.
  EXPECT_EQ(bench.account().wallet(), "989.956004"_usdt);
  EXPECT_EQ(bench.account().position({}), "0.0995"_qty);
}

TEST(PrivateSpot, AMarketBuyMaySayWhatItMayCost) {
  SpotBench bench;
  // 1 BTC stands at 100, the rest at 101: 100 for the first, 50.5 for the half.
  ASSERT_EQ(bench.submit(SpotBench::buy_for("150.5")), 0);
  EXPECT_EQ(bench.last_closed().filled, "1.5"_qty);
  EXPECT_EQ(bench.last_closed().value, "150.5"_usdt);
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Filled);
  EXPECT_EQ(bench.account().wallet(), "849.5"_usdt);
  // A rest that buys no lot is none.
  bench.move();
  ASSERT_EQ(bench.submit(SpotBench::buy_for("10.00005")), 0);
  EXPECT_EQ(bench.last_closed().filled, "0.1"_qty);
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Filled);
  EXPECT_EQ(bench.submit(SpotBench::buy_for("4.99")), 170140);
  EXPECT_EQ(bench.submit(SpotBench::buy_for("900")), 170131);
}

TEST(PrivateSpot, NothingIsBoughtOrSoldThatIsNotThere) {
  SpotBench bench;
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Sell, "0.1", "100")), 170131);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Buy, "10.1", "100")), 170131);
  ASSERT_EQ(bench.submit(CoreBench::limit(Side::Buy, "6", "90")), 0);
  EXPECT_EQ(bench.account().locked_quote(), "540"_usdt);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Buy, "6", "90")), 170131) << "460 are left";
  ASSERT_EQ(bench.submit(CoreBench::market(Side::Buy, "1")), 0);
  const Quantity held = bench.account().position({});
  EXPECT_EQ(held, "0.999"_qty);
  ASSERT_EQ(bench.submit(CoreBench::limit(Side::Sell, "0.5", "110")), 0);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Sell, "0.5", "110")), 170131);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Sell, "0.499", "110")), 0);
  bench.core->cancel_all(0, std::nullopt, bench.now);
  EXPECT_EQ(bench.account().locked_quote(), Money{});
  EXPECT_EQ(bench.account().locked_base({}), Quantity{});
}

TEST(PrivateSpot, RefusesWithItsOwnCodes) {
  SpotBench bench;
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Buy, "1", "100.001")), 170134);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Buy, "0.0000001", "100")), 170137);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Buy, "0", "100")), 170136);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Buy, "0.01", "100")), 170140);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Buy, "1001", "100")), 170124);
  NewOrder named = CoreBench::limit(Side::Buy, "0.1", "90");
  named.link_id = "s-1";
  EXPECT_EQ(bench.submit(named), 0);
  EXPECT_EQ(bench.submit(named), 170141);
  EXPECT_EQ(bench.core->cancel(0, {{}, "nobody", ""}, bench.now).error().code, 170213);
  EXPECT_EQ(bench.core->amend(0, {{{}, "nobody", ""}, "1"_qty, {}}, bench.now).error().code,
            170213);
}

TEST(PrivateSpot, IdsAreDecimalAndALinkIdIsMade) {
  SpotBench bench;
  const auto ids = bench.core->submit(0, CoreBench::limit(Side::Buy, "0.1", "90"), bench.now);
  ASSERT_TRUE(ids);
  EXPECT_TRUE(std::ranges::all_of(ids.value().id, [](char c) { return c >= '0' && c <= '9'; }));
  EXPECT_EQ(std::stoull(ids.value().link_id), std::stoull(ids.value().id) + 1);
  EXPECT_TRUE(bench.core->cancel(0, {{}, "", ids.value().link_id}, bench.now));
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Cancelled);
}

TEST(PrivateSpot, CancelledWithFillsHasAStatusOfItsOwn) {
  SpotBench bench;
  const auto ids = bench.core->submit(0, CoreBench::limit(Side::Buy, "2", "100"), bench.now);
  EXPECT_EQ(bench.account().position({}), "0.999"_qty);
  OrderChange change{{{}, ids.value().id, ""}, "1"_qty, {}};
  EXPECT_EQ(bench.core->amend(0, change, bench.now).error().code, 170313) << "not above the fills";
  change.quantity = "1.5"_qty;
  EXPECT_TRUE(bench.core->amend(0, change, bench.now));
  EXPECT_EQ(bench.account().locked_quote(), "50"_usdt);
  ASSERT_TRUE(bench.core->cancel(0, {{}, ids.value().id, ""}, bench.now));
  EXPECT_EQ(to_string(bench.last_closed().status), "PartiallyFilledCanceled");
}

TEST(PrivateSpot, BalancesAgreeWithWhatWasToldWhateverClientsDo) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE(seed);
    std::mt19937_64 draw(seed);
    const auto pick = [&](std::int64_t from, std::int64_t to) {
      return from + static_cast<std::int64_t>(draw() % static_cast<std::uint64_t>(to - from + 1));
    };
    SpotBench bench;
    std::array<Money, 2> cash{"1000"_usdt, "1000"_usdt};
    std::array<Quantity, 2> coins{};
    std::int64_t fills = 0;
    for (int step = 0; step < 2000 && !testing::Test::HasFailure(); ++step) {
      const auto who = static_cast<AccountId>(pick(0, 1));
      NewOrder wish = CoreBench::limit(pick(0, 1) == 0 ? Side::Buy : Side::Sell, "1", "1");
      wish.quantity = Quantity::from_raw(pick(50'000, 3'000'000) * 1000);
      wish.price = Price::from_raw(bench.view.last_.raw() + pick(-200, 200) * 10'000'000);
      wish.time_in_force = static_cast<TimeInForce>(pick(0, 3));
      wish.market = pick(0, 3) == 0;
      if (wish.market && wish.side == Side::Buy && pick(0, 1) == 0)
        wish.amount = Money::from_raw(pick(5'000, 200'000) * 1'000'007);
      const std::int64_t what = pick(0, 9);
      if (what < 6) {
        (void)bench.core->submit(who, wish, bench.now);
      } else if (what < 7) {
        bench.core->cancel_all(who, std::nullopt, bench.now);
      } else {
        bench.view.trade(Price::from_raw(pick(9000, 11000) * 10'000'000), pick(1, 3'000'000),
                         pick(0, 1) == 0);
        bench.view.book({{bench.view.last_ - "0.01"_px, pick(1, 2'000'000)}},
                        {{bench.view.last_, pick(1, 2'000'000)}});
        bench.move();
      }
      for (const AccountId id : {AccountId{0}, AccountId{1}}) {
        const TradingAccount& account = bench.account(id);
        for (const Execution& e : bench.core->take_changes(id).executions) {
          ++fills;
          const bool buys = e.order.side == Side::Buy;
          cash[id] += buys ? -notional(e.price, e.quantity, Rounding::Up)
                           : notional(e.price, e.quantity, Rounding::Down) - e.fee;
          coins[id] += buys ? e.quantity - e.fee_base : -e.quantity;
        }
        EXPECT_EQ(account.wallet(), cash[id]);
        EXPECT_EQ(account.position({}), coins[id]);
        EXPECT_GE(coins[id], Quantity{});
        EXPECT_GE(cash[id], "-0.00000001"_usdt);
        EXPECT_GE(account.position({}), account.locked_base({}));
        EXPECT_GE(account.wallet() + "0.00000001"_usdt, account.locked_quote());
        EXPECT_TRUE(account.books.check());
      }
    }
    EXPECT_GT(fills, 300);
  }
}

TEST(PrivateSpot, ConditionalOrdersWaitAndTpslOrdersLock) {
  SpotBench bench;
  ASSERT_EQ(bench.submit(CoreBench::market(Side::Buy, "1")), 0);
  NewOrder stop = CoreBench::market(Side::Sell, "0.9");
  stop.trigger = {"95"_px, false, TriggerBy::LastPrice};
  stop.locks = true;
  ASSERT_EQ(bench.submit(stop), 0);
  EXPECT_EQ(bench.account().locked_base({}), "0.9"_qty);
  EXPECT_EQ(bench.account().open.begin()->second.status, OrderStatus::Untriggered);
  EXPECT_EQ(bench.submit(CoreBench::limit(Side::Sell, "0.5", "104")), 170131) << "it is locked";
  NewOrder loose = stop;
  loose.locks = false;
  loose.trigger.price = "94"_px;
  ASSERT_EQ(bench.submit(loose), 0) << "this one locks nothing";
  EXPECT_EQ(bench.account().locked_base({}), "0.9"_qty);
  loose.trigger.price = "100"_px;
  EXPECT_EQ(bench.submit(loose), 170130) << "the price stands there";
  // Moved up to 96, then reached from above.
  OrderChange moved{{{}, bench.account().open.begin()->second.id, ""}, {}, {}};
  moved.trigger = "96"_px;
  EXPECT_TRUE(bench.core->amend(0, moved, bench.now));
  bench.core->take_changes(0);
  bench.view.trade("95.5"_px, 1, false);
  bench.view.book({{"95.5"_px, 10'000'000}}, {{"95.6"_px, 1'000'000}});
  bench.move();
  const Changes told = bench.core->take_changes(0);
  ASSERT_EQ(told.orders.size(), 2U);
  EXPECT_EQ(told.orders[0].status, OrderStatus::Triggered);
  EXPECT_EQ(told.orders[1].status, OrderStatus::Filled);
  EXPECT_EQ(bench.account().position({}), "0.099"_qty);
  // The loose one fires for more than there is.
  bench.view.trade("93"_px, 1, false);
  bench.move();
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Rejected);
  NewOrder buy = SpotBench::buy_for("200");
  buy.trigger = {"110"_px, true, TriggerBy::LastPrice};
  buy.locks = true;
  ASSERT_EQ(bench.submit(buy), 0);
  EXPECT_EQ(bench.account().locked_quote(), "200"_usdt);
  bench.core->cancel_all(0, std::nullopt, bench.now);
  EXPECT_EQ(to_string(bench.last_closed().status), "Deactivated");
  ASSERT_EQ(bench.submit(buy), 0);
  bench.view.trade("110"_px, 1, true);
  bench.view.book({{"109"_px, 1'000'000}}, {{"110"_px, 10'000'000}});
  bench.move();
  EXPECT_EQ(bench.last_closed().status, OrderStatus::Filled);
  EXPECT_EQ(bench.last_closed().filled, "1.818181"_qty) << "200 / 110, in whole lots";
  for (int i = 0; i < 30; ++i) {
    NewOrder many = CoreBench::limit(Side::Buy, "0.1", "100");
    many.trigger = {"120"_px, true, TriggerBy::LastPrice};
    ASSERT_EQ(bench.submit(many), 0);
  }
  NewOrder many = CoreBench::limit(Side::Buy, "0.1", "100");
  many.trigger = {"120"_px, true, TriggerBy::LastPrice};
  EXPECT_EQ(bench.submit(many), 170810);
}

TEST(PrivateSpot, ByRestAndStreams) {
  StreamDesk desk;
  desk.log_in(desk.conn);
  desk.say(desk.conn,
           R"({"op":"subscribe","args":["order.spot","execution.spot","position","wallet"]})");
  const auto create = [&](std::string_view rest) {
    return desk.client.post(
        "/v5/order/create",
        fmt::format(R"({{"category":"spot","symbol":"BTCUSDT","orderType":"Market",{}}})", rest));
  };
  const json::value made = create(R"("side":"Buy","qty":"100")");
  ASSERT_EQ(code_of(made), 0) << made;
  desk.bench.run(0s);
  EXPECT_EQ(desk.topics_heard(desk.conn),
            (std::vector<std::string>{"execution.spot", "order.spot", "wallet"}));
  const std::string query =
      fmt::format("category=spot&orderId={}", text_at(made, "/result/orderId"));
  const json::value order = desk.client.get("/v5/order/history", query);
  EXPECT_EQ(text_at(order, "/result/category"), "spot");
  EXPECT_EQ(text_at(order, "/result/list/0/qty"), "100") << "what it may cost";
  EXPECT_EQ(text_at(order, "/result/list/0/marketUnit"), "quoteCoin");
  EXPECT_EQ(text_at(order, "/result/list/0/feeCurrency"), "BTC");
  EXPECT_FALSE(order.at_pointer("/result/list/0").as_object().contains("createType"));
  const json::value fills = desk.client.get("/v5/execution/list", query);
  EXPECT_EQ(text_at(fills, "/result/list/0/feeCurrency"), "BTC");
  Quantity bought;
  for (const json::value& row : fills.at_pointer("/result/list").as_array())
    bought += Quantity::parse(text_at(row, "/execQty")).value() -
              Quantity::parse(text_at(row, "/execFee")).value();
  const json::value wallet = desk.client.get("/v5/account/wallet-balance", "accountType=UNIFIED");
  EXPECT_EQ(text_at(wallet, "/result/list/0/coin/1/coin"), "BTC");
  EXPECT_EQ(text_at(wallet, "/result/list/0/coin/1/walletBalance"), bought.to_string());
  EXPECT_EQ(text_at(desk.client.get("/v5/account/fee-rate", "category=spot&symbol=BTCUSDT"),
                    "/result/list/0/takerFeeRate"),
            "0.001");
  // A perpetual of the same name is another instrument.
  EXPECT_EQ(desk.client.get("/v5/order/history", "category=linear")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            0U);
  EXPECT_EQ(code_of(create(R"("side":"Sell","qty":"1","marketUnit":"quoteCoin")")), 10001);
  EXPECT_EQ(code_of(create(R"("side":"Sell","qty":"1")")), 170131);
  EXPECT_EQ(code_of(create(R"("side":"Sell","qty":"0.001","orderFilter":"tpslOrder")")), 10001);
  EXPECT_EQ(
      code_of(create(R"("side":"Sell","qty":"0.01","triggerPrice":"1","triggerDirection":2)")),
      10001);
  EXPECT_EQ(code_of(create(R"("side":"Sell","qty":"0.01","triggerPrice":"4000",)"
                           R"("orderFilter":"tpslOrder")")),
            0);
  EXPECT_EQ(desk.client.get("/v5/order/realtime", "category=spot&orderFilter=tpslOrder")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            1U);
  const json::value all = desk.client.post("/v5/order/cancel-all", R"({"category":"spot"})");
  EXPECT_EQ(code_of(all), 0) << "spot needs no symbol";
  EXPECT_EQ(all.at_pointer("/result/list").as_array().size(), 0U) << "plain orders alone";
}

TEST(PrivateSpot, HasWindowsAndLimitsOfItsOwn) {
  StreamDesk desk;
  const auto cancel = [&](std::string_view category) {
    return code_of(desk.client.post(
        "/v5/order/cancel",
        fmt::format(R"({{"category":"{}","symbol":"BTCUSDT","orderLinkId":"x"}})", category)));
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(cancel("linear"), 110001);
  EXPECT_EQ(cancel("linear"), 10006);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(cancel("spot"), 170213);
  EXPECT_EQ(cancel("spot"), 10006);
}

}  // namespace
}  // namespace proteus::sim::private_test
