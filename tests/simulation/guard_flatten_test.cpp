// The guard closes what one order does not: a position deeper than the book, coins of spot.
#include "tests/simulation/guard_world.hpp"

namespace proteus::simulation {
namespace {

class ThinBook : public GuardedWorld {
 protected:
  /// A daemon that has died holding far more than the book takes at once. No one has noticed yet.
  void start_with_much(const char* wanted) {
    const Quantity much = Quantity::parse(wanted).value();
    LiveSetup setup;
    setup.tune = [](sim::SimSettings& s) {
      s.level_notional = 1.0;  // One lot a level.
      s.accounts = {"simkey:simsecret:3000000"};
    };
    start(live::Profile::Sim, setup);
    ASSERT_TRUE(takes([&] { return guard_->status().heartbeat == Heartbeat::Well; }, 2min));
    asks_ = false;
    world_->kill();
    for (int i = 0; i < 200 && held() < much; ++i) {
      world_->signed_call(true, "/v5/order/create",
                          fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","side":"Buy",)"
                                      R"("orderType":"Market","qty":"1","orderLinkId":"much-{}"}})",
                                      i));
      world_->run(1s);
    }
    ASSERT_GE(held(), much);
    sent_.clear();
    asks_ = true;
  }
  Quantity held() {
    const auto books = world_->venue().positions;
    const auto found = books.find("BTCUSDT");
    return found == books.end() ? Quantity{} : found->second;
  }
};

TEST_F(ThinBook, IsEmptiedRoundByRoundUntilAQueryShowsFlat) {
  start_with_much("4");
  const Quantity most = held();
  ASSERT_TRUE(takes([&] { return count("create", false) == 1; }, 60s));
  world_->run(500ms);
  EXPECT_GT(held(), Quantity{});  // The first closed a part.
  EXPECT_LT(held(), most);
  const auto took = takes([&] { return guard_->status().confirmed; }, 5min);
  ASSERT_TRUE(took);
  EXPECT_TRUE(flat());
  fmt::print("{} BTC closed by {} orders\n", most.to_string(), count("create", false));
  EXPECT_GT(count("create", false), 2U);
  expect_nothing_opens();
}

TEST_F(ThinBook, IsEmptiedByTheTradeStreamWhileHttpIsBarred) {
  start_with_much("4");
  world_->run(1s);
  ASSERT_FALSE(guard_->books().positions().empty());
  fault(sim::FaultKind::Http403, 2);
  ASSERT_TRUE(takes([&] { return flat(); }, 5min));
  EXPECT_EQ(count("create", false), 0U);
  fmt::print("closed by {} orders by stream\n", count("create", true));
  EXPECT_GT(count("create", true), 2U);
  EXPECT_FALSE(guard_->status().confirmed);
  expect_nothing_opens();
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 12min));
}

TEST_F(ThinBook, CallsAPersonAgainWhenItTakesLongAndGetsThere) {
  start_with_much("20");
  ASSERT_TRUE(takes([&] { return alarms_.size() >= 2; }, 2min));
  EXPECT_NE(alarms_[1].find("has not got the account flat yet"), std::string::npos) << alarms_[1];
  EXPECT_NE(alarms_[1].find("BTCUSDT"), std::string::npos) << alarms_[1];
  EXPECT_FALSE(flat());
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 5min));
  EXPECT_TRUE(flat());
  expect_nothing_opens();
}

class SpotHeld : public GuardedWorld {
 protected:
  /// A daemon that has died, and an account with coins. No one has noticed yet.
  void start_holding(const char* coins, live::Profile profile = live::Profile::Sim) {
    LiveSetup setup;
    setup.instruments = {"linear:BTCUSDT", "spot:BTCUSDT"};
    start(profile, setup);
    ASSERT_TRUE(takes([&] { return guard_->status().heartbeat == Heartbeat::Well; }, 2min));
    asks_ = false;
    world_->kill();
    spot(R"("side":"Buy","orderType":"Market","marketUnit":"baseCoin")", coins);
    world_->run(1s);
    ASSERT_GT(coins_held(), Quantity{});
    sent_.clear();
  }
  /// The answer to an order of the owner's.
  std::string spot(const std::string& how, const char* quantity) {
    return world_->signed_call(
        true, "/v5/order/create",
        fmt::format(R"({{"category":"spot","symbol":"BTCUSDT","qty":"{}",{}}})", quantity, how));
  }
  /// By the venue's wallet, past the doors where faults wait.
  Quantity coins_held(const char* which = "walletBalance") {
    const bj::value account =
        bj::parse(world_->exchange().on_http("GET", "/sim/account?key=simkey").body);
    for (const bj::value& coin : account.at_pointer("/wallet/coin").as_array())
      if (coin.at("coin").as_string() == "BTC")
        return Quantity::parse(std::string_view(coin.at(which).as_string())).value();
    return {};
  }
  std::size_t open_spot_orders() {
    const bj::value body =
        bj::parse(world_->signed_call(false, "/v5/order/realtime", "category=spot&openOnly=0"));
    return body.at_pointer("/result/list").as_array().size();
  }
  Quantity lot() const {
    for (const Instrument& instrument : table_)
      if (instrument.category == Category::Spot) return instrument.lot_step;
    return {};
  }
};

TEST_F(SpotHeld, IsSoldToLessThanALotAndWhatRemainsIsTold) {
  start_holding("0.0123");
  const Quantity before = coins_held();
  // Of the three, two lock coins: they cannot be sold before their orders are gone.
  spot(R"("side":"Sell","orderType":"Limit","price":"900000")", "0.004");
  spot(R"("side":"Sell","orderType":"Market","orderFilter":"tpslOrder","triggerPrice":"900000",)"
       R"("marketUnit":"baseCoin")",
       "0.003");
  spot(R"("side":"Sell","orderType":"Market","orderFilter":"StopOrder","triggerPrice":"90000",)"
       R"("marketUnit":"baseCoin")",
       "0.001");
  world_->run(1s);
  ASSERT_EQ(open_spot_orders(), 3U);
  ASSERT_EQ(coins_held("locked"), Quantity::parse("0.007").value());
  asks_ = true;
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 60s));
  EXPECT_EQ(open_spot_orders(), 0U);
  const Quantity dust = coins_held();
  fmt::print("{} BTC sold, {} of it remains\n", before.to_string(), dust.to_string());
  EXPECT_LT(dust, lot());
  ASSERT_GT(dust, Quantity{});  // The fee of the purchase left a part of a lot.
  EXPECT_EQ(guard_->status().dust, dust.to_string() + " BTC");
  ASSERT_FALSE(news_.empty());
  EXPECT_NE(news_.back().find("Dust remains, less than the venue sells: " + dust.to_string()),
            std::string::npos)
      << news_.back();
  expect_nothing_opens();
  const std::size_t sent = sent_.size();
  world_->run(5min);  // Dust is no reason to begin again.
  EXPECT_EQ(sent_.size(), sent);
}

TEST_F(SpotHeld, OfLessValueThanTheVenueSellsIsDustAndIsTold) {
  start_holding("0.00012");
  // What is left after this is worth less than the least order, and more than a lot.
  spot(R"("side":"Sell","orderType":"Market","marketUnit":"baseCoin")", "0.0001");
  world_->run(1s);
  ASSERT_GT(coins_held(), lot());
  asks_ = true;
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 60s));
  EXPECT_GT(coins_held(), lot());
  EXPECT_EQ(guard_->status().dust, coins_held().to_string() + " BTC");
  EXPECT_EQ(count("create", false), 1U);  // The venue was asked, once.
  const std::size_t sent = sent_.size();
  world_->run(5min);
  EXPECT_EQ(sent_.size(), sent);
  EXPECT_EQ(alarms_.size(), 1U);
}

TEST_F(SpotHeld, IsSoldByTheTradeStreamWhileHttpIsBarred) {
  start_holding("0.0123");
  spot(R"("side":"Sell","orderType":"Limit","price":"900000")", "0.004");
  world_->run(1s);
  fault(sim::FaultKind::Http403, 2);
  asks_ = true;
  ASSERT_TRUE(takes([&] { return coins_held() < lot(); }, 60s));
  EXPECT_EQ(count("create", false), 0U);
  expect_nothing_opens();
  // What the stream does not tell any more is not asked for for ever.
  world_->run(10s);
  const std::size_t sent = count("create", true);
  world_->run(1min);
  EXPECT_EQ(count("create", true), sent);
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 12min));
  EXPECT_LT(coins_held(), lot());
}

TEST_F(SpotHeld, StaysWhereTheGuardOnlyCancels) {
  start_holding("0.0123");
  spot(R"("side":"Sell","orderType":"Limit","price":"900000")", "0.004");
  set_guard_.action = live::GuardAction::Cancel;
  make_guard();
  const Quantity before = coins_held();
  guard_->fire("the test", now());
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 60s));
  EXPECT_EQ(coins_held(), before);
  EXPECT_EQ(open_spot_orders(), 0U);
  EXPECT_EQ(count("create", false), 0U);
}

/// A person says --once while HTTP is barred: nobody has seen the account, nor the instruments.
class Unseen : public GuardedWorld {
 protected:
  void start_unseen(live::Profile profile = live::Profile::Sim, bool by_name = true,
                    double depth = 20'000.0) {
    LiveSetup setup;
    setup.instruments = {"linear:BTCUSDT", "linear:ETHUSDT", "spot:BTCUSDT"};
    setup.tune = [depth](sim::SimSettings& s) {
      s.level_notional = depth;
      s.accounts = {"simkey:simsecret:3000000"};
    };
    start(profile, setup);
    ASSERT_TRUE(takes([&] { return guard_->status().heartbeat == Heartbeat::Well; }, 2min));
    asks_ = false;
    world_->kill();
    open("BTCUSDT", "Buy", "3");
    open("BTCUSDT", "Buy", "1");
    open("ETHUSDT", "Sell", "2");
    world_->run(1s);
    ASSERT_EQ(world_->venue().positions.size(), 2U);
    sent_.clear();
    for (Instrument instrument : table_) {
      if (by_name) {
        instrument.tick_size = Price::from_raw(1);
        instrument.lot_step = Quantity::from_raw(1);
        instrument.quantity_max_limit = instrument.quantity_max_market = Quantity{};
      }
      ASSERT_TRUE(names_.add(instrument));
    }
    world_->network().second.account = nullptr;
    world_->network().second.close(live::Channel::Private);
    world_->network().second.close(live::Channel::Trade);
    table_ = names_;
    make(by_name);
  }
  void open(const char* symbol, const char* side, const char* quantity) {
    world_->signed_call(true, "/v5/order/create",
                        fmt::format(R"({{"category":"linear","symbol":"{}","side":"{}",)"
                                    R"("orderType":"Market","qty":"{}"}})",
                                    symbol, side, quantity));
    world_->run(1s);
  }
  void make(bool by_name) {
    set_by_name_ = by_name;
    make_guard(false);
    guard_->bar(now());
    guard_->start(now());
    guard_->fire("--once", now());
  }
  InstrumentTable names_;
};

TEST_F(Unseen, PositionsAreClosedByNameThroughTheTradeStream) {
  start_unseen();
  ASSERT_TRUE(takes([&] { return world_->venue().positions.empty(); }, 30s));
  world_->run(10s);
  // Either side of two contracts was asked for; nothing was sent for spot, and nothing by HTTP.
  const std::size_t sent = count("create", true);
  EXPECT_EQ(sent_.size(), sent);
  fmt::print("{} orders by name\n", sent);
  for (const Sent& one : sent_) {
    EXPECT_EQ(one.what.at("qty").as_string(), "0");
    EXPECT_TRUE(one.what.at("closeOnTrigger").as_bool());
    EXPECT_EQ(one.what.at("category").as_string(), "linear");
  }
  expect_nothing_opens();
  ASSERT_EQ(alarms_.size(), 2U);
  EXPECT_NE(alarms_[1].find("has not seen the account"), std::string::npos) << alarms_[1];
  EXPECT_NE(alarms_[1].find("and coins"), std::string::npos) << alarms_[1];
  world_->run(1min);
  EXPECT_EQ(count("create", true), sent);  // It is told that there is nothing to reduce.
  // What comes late is told by the private stream and closed too.
  open("ETHUSDT", "Buy", "1");
  ASSERT_TRUE(takes([&] { return world_->venue().positions.empty(); }, 30s));
  expect_nothing_opens();
  world_->run(12min);
  EXPECT_FALSE(guard_->status().confirmed);  // By names alone nothing is confirmed.
  EXPECT_EQ(count("cancel-all", false), 0U);
}

TEST_F(Unseen, AThinBookIsEmptiedByNameToo) {
  start_unseen(live::Profile::Sim, true, 1.0);
  ASSERT_TRUE(takes([&] { return world_->venue().positions.empty(); }, 2min));
  expect_nothing_opens();
}

TEST_F(Unseen, WithTheInstrumentsKnownItConfirmsWhenHttpOpens) {
  start_unseen(live::Profile::Sim, false);
  ASSERT_TRUE(takes([&] { return world_->venue().positions.empty(); }, 30s));
  EXPECT_EQ(count("create", false), 0U);
  EXPECT_FALSE(guard_->status().confirmed);
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 12min));
  EXPECT_TRUE(flat());
  expect_nothing_opens();
}

TEST_F(Unseen, OnDemoAPersonIsCalled) {
  start_unseen(live::Profile::Demo);
  world_->run(30s);
  EXPECT_TRUE(sent_.empty());
  ASSERT_GE(alarms_.size(), 2U);
  EXPECT_NE(alarms_[1].find("demo takes no orders by websocket"), std::string::npos) << alarms_[1];
  EXPECT_NE(alarms_[1].find("what the account holds (it could not be asked)"), std::string::npos);
  EXPECT_EQ(world_->venue().positions.size(), 2U);
}

TEST_F(Unseen, OrdersThatNobodyHasSeenCannotBeCancelledAndAPersonIsCalled) {
  set_action_ = live::GuardAction::Cancel;
  start_unseen();
  world_->run(30s);
  EXPECT_TRUE(sent_.empty());
  ASSERT_GE(alarms_.size(), 2U);
  EXPECT_NE(alarms_[1].find("cannot list orders"), std::string::npos) << alarms_[1];
}

}  // namespace
}  // namespace proteus::simulation
