// A paper session that a policy trades and a learner adapts: killed and taken up again it goes on
// with the same bits as one that was never interrupted.
#include <gtest/gtest.h>

#include <cmath>

#include "models/online/inline_learner.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/small_policy.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFeatures = 16;  // practitioner

strategies::PolicyModel a_model() {
  strategies::PolicySpec spec;
  spec.name = "small";
  spec.market.trial_bars = 60;
  spec.market.rebuild_bars = 10;
  spec.market.volatility_span = 10;
  spec.features = features::Kind::Practitioner;
  spec.offset.assign(kFeatures, 0.0);
  spec.factor.assign(kFeatures, 0.5);
  spec.seen_min.assign(kFeatures, -1e9);
  spec.seen_max.assign(kFeatures, 1e9);
  return {spec, std::make_shared<test::SmallPolicy>(kFeatures + strategies::kOwnInputs, 6, 11)};
}

class PolicySession {
 public:
  explicit PolicySession(const std::filesystem::path& folder) {
    auto read = load("", {"engine.interval=1h", "engine.instruments=linear:BTCUSDT"});
    EXPECT_TRUE(read.has_value()) << read.error().context;
    loaded_ = std::move(read).value();
    loaded_.settings.session.folder = folder.string();
    loaded_.settings.strategy.name = strategies::StrategyKind::Policy;
    strategies::PolicySettings& policy = loaded_.settings.policy;
    policy.adapt = strategies::Adapt::Both;
    policy.adapt_every = 12;
    policy.adapt_bars = 30;
    policy.adapt_rate = 0.3;
    policy.adapt_rollback = 2.0;
    loaded_.policies = {a_model()};
    Instrument instrument;
    instrument.symbol = "BTCUSDT";
    instrument.base_coin = "BTC";
    instrument.quote_coin = "USDT";
    instrument.tick_size = Price::from_raw(100'000'000);
    instrument.lot_step = Quantity::from_raw(1'000'000);
    instrument.leverage_max_e9 = 10 * kFixedScale;
    instrument.funding_interval = 8h;
    EXPECT_TRUE(table_.add(instrument).has_value());
    learner_ = std::make_unique<online::InlineLearner>(
        online::LearnMarket{a_model().spec.market, Interval::H1});
    auto opened = Trading::open(loaded_, "paper", kStart, SessionCode{"0123456789abc"});
    EXPECT_TRUE(opened.has_value()) << opened.error().context;
    trading_ = std::move(opened).value();
    EXPECT_TRUE(trading_->build(table_, kStart).has_value());
    trading_->learn_with(*learner_);
  }

  /// The next bar, without the learner's answer to it.
  void close() {
    const int k = next_++;
    const auto price = [](int i) {
      const double x = static_cast<double>(i);
      return 50'000.0 + 2'000.0 * std::sin(x / 21.0) + 600.0 * std::sin(x / 2.7);
    };
    Bar bar;
    bar.interval = Interval::H1;
    bar.open_time = kStart + k * 1h;
    bar.close_time = bar.open_time + 1h;
    const auto px = [](double p) { return Price::from_raw(std::llround(p * 10.0) * 100'000'000); };
    bar.open = px(price(k - 1));
    bar.close = px(price(k));
    bar.high = std::max(bar.open, bar.close);
    bar.low = std::min(bar.open, bar.close);
    bar.volume = 100.0 + static_cast<double>(k % 7);
    engine().on_input(BarClosed{bar, BarSource::Stream}, bar.close_time, bar.close_time);
  }
  void answer() {
    EventBody body;
    while (learner_->take(body)) engine().on_input(std::move(body), engine().now(), engine().now());
  }
  void hear(EventBody body) { trading_->hear_learner(std::move(body), engine().now()); }
  void run(int bars) {
    for (int i = 0; i < bars; ++i) {
      close();
      answer();
    }
  }
  /// Until a stretch has gone out, its answer not yet in.
  void run_until_cut() {
    const std::uint64_t before = status().cuts;
    for (int i = 0; i < 400 && status().cuts == before; ++i) {
      answer();
      close();
    }
    ASSERT_EQ(status().cuts, before + 1);
  }
  /// As kill -9 leaves it, and taken up again.
  void kill_and_resume() {
    const auto folder = trading_->session().folder();
    trading_.reset();
    learner_ = std::make_unique<online::InlineLearner>(
        online::LearnMarket{a_model().spec.market, Interval::H1});
    auto resumed = Trading::resume(loaded_, "paper", folder);
    ASSERT_TRUE(resumed.has_value()) << resumed.error().context;
    trading_ = std::move(resumed).value();
    trading_->learn_with(*learner_);
    ASSERT_TRUE(trading_->go_on(table_, engine().now()).has_value());
  }
  /// Stopped in good order and taken up again, as a daemon does it: the log begins a new segment.
  void stop_and_resume() {
    const auto folder = trading_->session().folder();
    ASSERT_TRUE(trading_->finish("test", engine().now()).has_value());
    trading_.reset();
    learner_ = std::make_unique<online::InlineLearner>(
        online::LearnMarket{a_model().spec.market, Interval::H1});
    auto resumed = Trading::resume(loaded_, "paper", folder);
    ASSERT_TRUE(resumed.has_value()) << resumed.error().context;
    trading_ = std::move(resumed).value();
    ASSERT_TRUE(trading_->go_on(table_, engine().now()).has_value());
    trading_->learn_with(*learner_);
  }
  Engine& engine() { return trading_->engine(); }
  const PolicyStatus& status() { return *engine().policy_status(InstrumentId{0}); }
  const DecisionRecord& last() { return engine().last_decision(InstrumentId{0}); }

 private:
  static inline const Timestamp kStart = parse_time("2025-03-01").value();
  Loaded loaded_;
  InstrumentTable table_;
  std::unique_ptr<online::InlineLearner> learner_;
  std::unique_ptr<Trading> trading_;
  int next_ = 0;
};

void expect_same(PolicySession& a, PolicySession& b) {
  ASSERT_EQ(a.last().has_target, b.last().has_target);
  ASSERT_EQ(a.last().target.weight, b.last().target.weight);
  ASSERT_EQ(a.last().policy.size(), b.last().policy.size());
  if (a.last().policy.empty()) return;
  const PolicyWords& x = a.last().policy[0];
  const PolicyWords& y = b.last().policy[0];
  ASSERT_EQ(x.state_norm, y.state_norm);
  ASSERT_EQ(x.state_drift, y.state_drift);
  ASSERT_EQ(x.version, y.version);
  ASSERT_EQ(x.trial_bar, y.trial_bar);
  ASSERT_EQ(a.status().shadow_gain, b.status().shadow_gain);
  ASSERT_EQ(a.status().adopted, b.status().adopted);
  ASSERT_EQ(a.status().refused, b.status().refused);
  ASSERT_EQ(a.status().rolled_back, b.status().rolled_back);
}

TEST(PolicySession, KilledAndTakenUpAgainItGoesOnWithTheSameBits) {
  const test::Folder folder;
  PolicySession unbroken(folder / "a");
  PolicySession broken(folder / "b");
  for (PolicySession* s : {&unbroken, &broken}) s->run(400);
  broken.kill_and_resume();
  for (int i = 0; i < 100; ++i) {
    for (PolicySession* s : {&unbroken, &broken}) s->run(1);
    expect_same(unbroken, broken);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(unbroken.status().proposed, 10U);
  EXPECT_GT(unbroken.status().adopted, 0U);
}

TEST(PolicySession, AnAnswerThatWasAwaitedWhenItDiedIsAskedForAgain) {
  const test::Folder folder;
  PolicySession unbroken(folder / "a");
  PolicySession broken(folder / "b");
  for (PolicySession* s : {&unbroken, &broken}) {
    s->run(300);
    s->run_until_cut();
  }
  broken.kill_and_resume();
  EXPECT_EQ(broken.status().awaited, unbroken.status().awaited);
  for (PolicySession* s : {&unbroken, &broken}) s->answer();
  EXPECT_EQ(broken.status().awaited, 0U);
  EXPECT_EQ(broken.status().proposed, unbroken.status().proposed);
  for (int i = 0; i < 30; ++i) {
    for (PolicySession* s : {&unbroken, &broken}) s->run(1);
    expect_same(unbroken, broken);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(PolicySession, AnAnswerThatNoRecordCanHoldIsAFailure) {
  const test::Folder folder;
  PolicySession session(folder / "a");
  session.run(300);
  session.run_until_cut();
  const PolicyStatus before = session.status();
  AdaptationProposed proposed;
  proposed.ordinal = before.awaited;
  proposed.weights.resize((16U << 20U) / sizeof(float));
  session.hear(proposed);
  EXPECT_EQ(session.status().proposed, before.proposed);
  EXPECT_EQ(session.status().failed, before.failed + 1);
  EXPECT_EQ(session.status().awaited, 0U);
  session.run(60);
  EXPECT_GT(session.status().proposed, before.proposed) << "it goes on";
}

TEST(PolicySession, AStretchThatAStopHasLostIsCutAnewWithTheNextBar) {
  const test::Folder folder;
  PolicySession session(folder / "a");
  session.run(300);
  session.run_until_cut();
  const PolicyStatus before = session.status();
  ASSERT_NE(before.awaited, 0U);
  session.stop_and_resume();
  EXPECT_EQ(session.status().awaited, 0U) << "nobody is left who could answer";
  EXPECT_EQ(session.status().failed, before.failed + 1);
  session.close();
  EXPECT_EQ(session.status().cuts, before.cuts + 1);
  EXPECT_NE(session.status().awaited, 0U);
  session.answer();
  EXPECT_EQ(session.status().awaited, 0U);
  EXPECT_EQ(session.status().proposed, before.proposed + 1);
  // Told again from the log it is the same: what was lost is an input like any other.
  const PolicyStatus then = session.status();
  const std::uint64_t sequence = session.engine().sequence();
  session.kill_and_resume();
  EXPECT_EQ(session.status().cuts, then.cuts);
  EXPECT_EQ(session.status().failed, then.failed);
  EXPECT_EQ(session.status().proposed, then.proposed);
  EXPECT_GT(session.engine().sequence(), sequence);  // The resumption itself.
}

}  // namespace
}  // namespace proteus::app
