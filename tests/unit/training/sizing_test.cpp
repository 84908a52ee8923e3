// What sizing = engine adds to an environment beyond the books, which parity_test.cpp compares: the
// record of a trial, latched controls, refusals, and what it does not take.
#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

MarketEnv::Settings sized(ActionSet set = ActionSet::Target) {
  MarketEnv::Settings settings;
  settings.env.sizing = Sizing::Engine;
  settings.env.warm_up_bars = 50;
  settings.actions.set = set;
  settings.risk.sizing.kelly_bars_min = 20;
  settings.risk.sizing.kelly_floor = 0.1;
  settings.risk.sizing.kelly_fraction = 1.0;
  return settings;
}

/// Rises by 0.2 % a bar and 1 % more or less; `down` falls instead.
std::shared_ptr<const Series> trending(std::size_t count, bool down = false) {
  market::Random random{3};
  std::vector<Bar> bars(count);
  double price = 100.0;
  Timestamp at = kStart;
  for (Bar& bar : bars) {
    const double before = price;
    price *= std::exp((down ? -0.002 : 0.002) + 0.01 * (random.uniform() - 0.5));
    bar = {.interval = Interval::H1, .open_time = at, .close_time = next_open(at, Interval::H1)};
    const auto on_tick = [](double p) {
      return Price::from_raw(static_cast<std::int64_t>(p * 100.0) * 10'000'000);
    };
    bar.open = on_tick(before);
    bar.close = on_tick(price);
    bar.high = std::max(bar.open, bar.close);
    bar.low = std::min(bar.open, bar.close);
    bar.volume = 1e6;
    at = bar.close_time;
  }
  auto series = Series::create({.name = "a trend",
                                .instrument = plain_instrument(),
                                .interval = Interval::H1,
                                .bars = std::move(bars),
                                .features = features::Kind::None});
  EXPECT_TRUE(series) << series.error().context;
  return std::move(series).value();
}

Task trial(const std::shared_ptr<const Series>& series, std::size_t episode, std::size_t episodes,
           std::size_t stride) {
  return {.series = series,
          .start = 60,
          .episode_bars = episode,
          .episodes = episodes,
          .stride = stride};
}

constexpr Action kLong{.choice = 2};

/// The position after the first step of the second of two episodes, always long.
double second_episode_begins_with(std::size_t stride) {
  const auto series = trending(400);
  MarketEnv env = make_env(*series, sized());
  EXPECT_TRUE(env.reset(0, trial(series, 100, 2, stride)));
  for (int i = 0; i < 101; ++i) env.step({&kLong, 1});
  EXPECT_EQ(env.episode(0), 1U);
  return env.infos()[0].position;
}

TEST(EngineSizing, AStrategyWithoutARecordHoldsTheFloorOfItsAllotment) {
  const auto series = trending(400);
  MarketEnv env = make_env(*series, sized());
  ASSERT_TRUE(env.reset(0, trial(series, 100, 1, 100)));
  env.step({&kLong, 1});
  // A quarter of equity is the allotment, a tenth of it the floor.
  EXPECT_NEAR(env.infos()[0].position, 0.1 * 0.25, 5e-4);
}

TEST(EngineSizing, TheRecordGoesOnWithTheMarketIntoTheNextEpisode) {
  EXPECT_GT(second_episode_begins_with(100), 0.2);
}

TEST(EngineSizing, TheRecordBeginsAnewWhereTheSameBarsAreSeenAgain) {
  EXPECT_NEAR(second_episode_begins_with(0), 0.1 * 0.25, 5e-4);
}

TEST(EngineSizing, ANewEpisodeForgetsTheDrawdownOfTheLast) {
  const auto series = trending(400, true);
  MarketEnv::Settings settings = sized();
  settings.risk.sizing.kelly_floor = 1.0;
  settings.risk.limits.drawdown_max = settings.risk.limits.drawdown_halt = 0.02;
  settings.env.end_at_latch = true;
  MarketEnv env = make_env(*series, settings);
  ASSERT_TRUE(env.reset(0, trial(series, 100, 2, 100)));
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; env.trial_over()[0] == 0; ++i) {
    env.step({&kLong, 1});
    if (env.terminated()[0] == 0) continue;
    EXPECT_EQ(env.infos()[0].latched, Control::Drawdown);
    ends.push_back(env.infos()[0].bar);
  }
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_GT(ends[1], 160U + 5U);
}

TEST(EngineSizing, AControlThatWouldStopALiveRunIsReportedOnceAndTheEpisodeGoesOn) {
  const auto series = trending(400, true);
  MarketEnv::Settings settings = sized();
  settings.risk.sizing.kelly_floor = 1.0;
  settings.risk.limits.drawdown_max = settings.risk.limits.drawdown_halt = 0.02;
  MarketEnv env = make_env(*series, settings);
  ASSERT_TRUE(env.reset(0, trial(series, 150, 1, 150)));
  int latched = 0;
  int steps = 0;
  for (; env.trial_over()[0] == 0; ++steps) {
    env.step({&kLong, 1});
    latched += env.infos()[0].latched == Control::Drawdown ? 1 : 0;
  }
  EXPECT_EQ(latched, 1);
  EXPECT_EQ(steps, 150);
}

TEST(EngineSizing, AnOrderBeyondALimitIsRefusedByThatControl) {
  const auto series = trending(200);
  MarketEnv::Settings settings = sized();
  settings.risk.limits.order_value_max = 0.01;
  MarketEnv env = make_env(*series, settings);
  ASSERT_TRUE(env.reset(0, trial(series, 100, 1, 100)));
  env.step({&kLong, 1});
  EXPECT_EQ(env.infos()[0].refused_by, Control::OrderValue);
  EXPECT_EQ(env.infos()[0].position, 0.0);
}

TEST(EngineSizing, AWeightThatIsNoNumberIsRefusedByControl27) {
  const auto series = trending(200);
  MarketEnv env = make_env(*series, sized(ActionSet::Weight));
  ASSERT_TRUE(env.reset(0, trial(series, 100, 1, 100)));
  const Action action{.weight = std::nan("")};
  env.step({&action, 1});
  EXPECT_EQ(env.infos()[0].refused_by, Control::ModelOutput);
}

TEST(EngineSizing, HoldKeepsTheWeightThatWasWishedLast) {
  EXPECT_EQ(wished_weight({.set = ActionSet::BuySellHold}, {.choice = 2}, -1.0), -1.0);
  EXPECT_EQ(wished_weight({.set = ActionSet::Adjust}, {.choice = 2}, 0.5), 0.5);
  EXPECT_EQ(wished_weight({.set = ActionSet::Adjust, .adjust_step = 0.25}, {.choice = 0}, 0.9),
            1.0);
  EXPECT_TRUE(std::isnan(wished_weight({.set = ActionSet::Target}, {.choice = 3}, 0.5)));
}

TEST(EngineSizing, AnEnvironmentReadFromItsArchiveGoesOnWhereverItWasWritten) {
  MarketEnv::Settings settings = sized();
  settings.risk.sizing.kelly_floor = 1.0;
  settings.risk.limits.jump_max = 0.1;  // Some bars are set aside, and orders wait over them.
  market::Random random{21};
  const Instrument instrument = plain_instrument();
  const auto series = Series::create({.name = "jumps",
                                      .instrument = instrument,
                                      .interval = Interval::H1,
                                      .bars = random_bars(300, Interval::H1, 100.0, 0.06,
                                                          instrument.tick_size, random),
                                      .features = features::Kind::None})
                          .value();
  const std::array known{series};
  MarketEnv whole = make_env(*series, settings);
  ASSERT_TRUE(whole.reset(0, trial(series, 100, 2, 100)));
  int set_aside = 0;
  while (whole.trial_over()[0] == 0) {
    ByteBuffer bytes;
    Archive writer = Archive::writer(bytes);
    whole.archive(writer, known);
    ASSERT_TRUE(writer.finish());
    MarketEnv read = make_env(*series, settings);
    Archive reader = Archive::reader(bytes.view());
    read.archive(reader, known);
    ASSERT_TRUE(reader.finish()) << reader.place();

    const Action action{.choice = static_cast<std::int64_t>(3.0 * random.uniform())};
    whole.step({&action, 1});
    read.step({&action, 1});
    set_aside += whole.infos()[0].set_aside ? 1 : 0;
    ASSERT_EQ(read.infos()[0].capital, whole.infos()[0].capital) << whole.infos()[0].bar;
    ASSERT_EQ(read.infos()[0].fees, whole.infos()[0].fees) << whole.infos()[0].bar;
    ASSERT_EQ(read.infos()[0].fills, whole.infos()[0].fills) << whole.infos()[0].bar;
    ASSERT_EQ(read.infos()[0].position, whole.infos()[0].position) << whole.infos()[0].bar;
  }
  EXPECT_GT(set_aside, 5);
}

TEST(EngineSizing, LimitsThatStopARunAreRefusedForTraining) {
  const auto series = trending(200);
  MarketEnv::Settings settings = sized();
  settings.risk.limits = risk::LimitSettings{};
  MarketEnv env = make_env(*series, settings);
  const auto done = env.reset(0, trial(series, 100, 1, 100));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::Unsupported);
}

TEST(EngineSizing, OfSharesForSeveralInstrumentsTheSeriesTakesItsOwn) {
  const auto series = trending(200);
  MarketEnv::Settings settings = sized();
  settings.risk.sizing.shares = {"linear:ETHUSDT=0.3", "linear:BTCUSDT=0.6"};
  MarketEnv env = make_env(*series, settings);
  ASSERT_TRUE(env.reset(0, trial(series, 100, 1, 100)));
  env.step({&kLong, 1});
  EXPECT_NEAR(env.infos()[0].position, 0.1 * 0.6, 1e-3);

  settings.risk.sizing.shares = {"linear:ETHUSDT=0.3"};
  MarketEnv other = make_env(*series, settings);
  const auto done = other.reset(0, trial(series, 100, 1, 100));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::NotFound);
  EXPECT_NE(done.error().context.find("linear:BTCUSDT"), std::string::npos);
}

}  // namespace
}  // namespace proteus::training
