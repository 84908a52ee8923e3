// What may happen on a live account beside our own orders: each alone, in virtual time, against the
// simulated exchange.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

class LiveEvents : public testing::Test {
 protected:
  LiveEvents()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("proteus_live_events.{}", static_cast<long>(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~LiveEvents() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  LiveSetup setup(std::vector<std::string> instruments) const {
    LiveSetup made;
    made.seed = 7;
    made.folder = folder_;
    made.instruments = std::move(instruments);
    return made;
  }
  static bool begin(LiveWorld& world) {
    const auto started = world.start();
    EXPECT_TRUE(started) << started.error().context;
    return started && world.run_until([&] { return world.status().clean; }, 60s);
  }
  static Quantity held(LiveWorld& world) { return world.engine().ledger().positions[0].quantity; }
  /// Until the strategy has bought or sold something.
  static bool wait_for_position(LiveWorld& world) {
    return world.run_until([&] { return !held(world).is_zero(); }, 12h);
  }
  std::filesystem::path folder_;
};

TEST_F(LiveEvents, CoinsAlwaysHaveAConditionalOrderForAllOfThem) {
  LiveWorld world(setup({"spot:BTCUSDT"}));
  ASSERT_TRUE(begin(world));
  const Quantity lot = world.instruments()[InstrumentId{0}].lot_step;
  world.run(30s);  // The looks of this test fall between two decisions.
  int with_coins = 0, without = 0, quantities = 0;
  Quantity last;
  for (int minute = 0; minute < 600; ++minute) {
    world.run(1min);
    const Quantity whole = round_to_step(held(world), lot, Rounding::Down);
    const VenueBooks venue = world.venue();
    ASSERT_EQ(venue.coins.contains("BTC") ? venue.coins.at("BTC") : Quantity{}, held(world));
    // Fees in coins leave dust that the venue takes no order for.
    if (world.engine().ledger().positions[0].value <
        world.instruments()[InstrumentId{0}].notional_min) {
      ++without;
      ASSERT_TRUE(venue.conditional.empty()) << "minute " << minute;
      continue;
    }
    ++with_coins;
    quantities += whole == last ? 0 : 1;
    last = whole;
    ASSERT_EQ(venue.conditional.size(), 1U) << "minute " << minute;
    ASSERT_EQ(venue.conditional.begin()->second, whole) << "minute " << minute;
    ASSERT_TRUE(world.status().all_protected);
  }
  fmt::print("minutes with coins {}, without {}, holdings {}\n", with_coins, without, quantities);
  EXPECT_GT(with_coins, 30);
  EXPECT_GT(without, 30);
  EXPECT_EQ(world.status().counters.mismatches, 0U);
}

TEST_F(LiveEvents, AStopOfCoinsThatFiresIsToldAsAStop) {
  LiveSetup made = setup({"spot:BTCUSDT"});
  made.overrides = {"live.stop_distance=0.001"};
  LiveWorld world(made);
  ASSERT_TRUE(begin(world));
  const auto reducing = [&] {
    return world.trading().gate().status(world.engine().ledger()).state != TradingState::Active;
  };
  ASSERT_TRUE(world.run_until(reducing, 24h));
  const auto status = world.trading().gate().status(world.engine().ledger());
  EXPECT_EQ(status.state, TradingState::Reducing);
  EXPECT_NE(status.state_cause.find("protective_stop"), std::string::npos) << status.state_cause;
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 2min));
  const VenueBooks venue = world.venue();
  EXPECT_EQ(venue.coins.contains("BTC") ? venue.coins.at("BTC") : Quantity{}, held(world));
  EXPECT_EQ(world.engine().ledger().cash, venue.wallet);
  EXPECT_TRUE(world.run_until([&] { return world.venue().conditional.empty(); }, 2min));
}

TEST_F(LiveEvents, AnOrderOfOursThatIsOverInOurBooksIsCancelled) {
  LiveWorld world(setup({"linear:BTCUSDT"}));
  ASSERT_TRUE(begin(world));
  // As if its end had been told wrongly: the id is of this session, and no order of it is open.
  const std::string link = make_order_id(world.trading().live_venue()->memory().session(),
                                         InstrumentId{0}, Timestamp{1h}, Purpose::Open, 1)
                               .view()
                               .data();
  world.signed_call(true, "/v5/order/create",
                    fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","side":"Buy",)"
                                R"("orderType":"Limit","qty":"0.001","price":"50000.0",)"
                                R"("timeInForce":"GTC","orderLinkId":"{}"}})",
                                link));
  EXPECT_TRUE(world.run_until(
      [&] {
        const VenueBooks venue = world.venue();
        return std::ranges::find(venue.open, link) == venue.open.end();
      },
      2min));
  EXPECT_GE(world.status().counters.strays, 1U);
  EXPECT_TRUE(world.run_until([&] { return world.status().clean; }, 1min));
  EXPECT_EQ(world.status().counters.mismatches, 0U);
}

TEST_F(LiveEvents, LeverageThatSomebodyChangesIsSetBack) {
  LiveWorld world(setup({"linear:BTCUSDT"}));
  ASSERT_TRUE(begin(world));
  ASSERT_TRUE(wait_for_position(world));
  ASSERT_EQ(world.venue().leverage.at("BTCUSDT"), "5");
  world.signed_call(
      true, "/v5/position/set-leverage",
      R"({"category":"linear","symbol":"BTCUSDT","buyLeverage":"3","sellLeverage":"3"})");
  ASSERT_EQ(world.venue().leverage.at("BTCUSDT"), "3");
  EXPECT_TRUE(world.run_until(
      [&] {
        const VenueBooks venue = world.venue();
        return venue.leverage.contains("BTCUSDT") && venue.leverage.at("BTCUSDT") == "5";
      },
      2min));
  EXPECT_GE(world.status().counters.settings_restored, 1U);
}

TEST_F(LiveEvents, APositionModeThatSomebodyChangesIsSetBack) {
  LiveWorld world(setup({"linear:BTCUSDT"}));
  ASSERT_TRUE(begin(world));
  ASSERT_TRUE(held(world).is_zero());
  const auto changed = world.exchange().on_http("POST", "/sim/position-mode?symbol=BTCUSDT&mode=3");
  ASSERT_EQ(changed.status, 200U) << changed.body;
  // The first order is refused for it, and a later one finds the account as it has to be.
  EXPECT_TRUE(wait_for_position(world));
  EXPECT_GE(world.status().counters.settings_restored, 1U);
}

TEST_F(LiveEvents, CoinsThatTheAccountHeldAreTakenOverAtTheirPrice) {
  LiveWorld world(setup({"spot:BTCUSDT"}));
  world.signed_call(true, "/v5/order/create",
                    R"({"category":"spot","symbol":"BTCUSDT","side":"Buy","orderType":"Market",)"
                    R"("qty":"0.05","marketUnit":"baseCoin","orderLinkId":"by-hand"})");
  world.network().run_to(world.network().now() + 2s);
  const Money before = world.venue().wallet;
  ASSERT_TRUE(begin(world));
  const LedgerView ours = world.engine().ledger();
  EXPECT_EQ(ours.positions[0].quantity, world.venue().coins.at("BTC"));
  EXPECT_EQ(ours.cash, before);
  // Worth what the market says: neither a profit nor a loss was made of it.
  EXPECT_NEAR(ours.positions[0].cost.to_double(), ours.positions[0].value.to_double(),
              0.01 * ours.positions[0].value.to_double());
  EXPECT_GT(ours.positions[0].value.to_double(), 1'000.0);
  // And what was traded before is no trade of a stranger now.
  EXPECT_EQ(world.trading().gate().status(ours).state, TradingState::Active);
}

TEST_F(LiveEvents, ANakedPositionIsClosedWhileHttpIsBarred) {
  LiveWorld world(setup({"linear:BTCUSDT"}));
  ASSERT_TRUE(begin(world));
  ASSERT_TRUE(wait_for_position(world));
  // The owner takes the stop away, and then the venue bars this address.
  world.signed_call(
      true, "/v5/position/trading-stop",
      R"({"category":"linear","symbol":"BTCUSDT","tpslMode":"Full","positionIdx":0,"stopLoss":"0"})");
  world.gateway().bar_http(world.network().now());
  EXPECT_TRUE(world.run_until([&] { return world.venue().positions.empty(); }, 60s));
  EXPECT_TRUE(world.status().http_barred);
  const auto status = world.trading().gate().status(world.engine().ledger());
  EXPECT_EQ(status.state, TradingState::Halted);
  EXPECT_NE(status.state_cause.find("no protective stop"), std::string::npos) << status.state_cause;
}

}  // namespace
}  // namespace proteus::simulation
