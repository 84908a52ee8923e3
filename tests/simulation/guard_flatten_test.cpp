// The guard closes what one order does not: a position deeper than the book.
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
      world_->signed_call(
          true, "/v5/order/create",
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

}  // namespace
}  // namespace proteus::simulation
