#include "models/training/market_env.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "tests/unit/strategies/allocations.hpp"
#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

constexpr Action kBuy{.choice = 0};
constexpr Action kSell{.choice = 1};
constexpr Action kHold{.choice = 2};

/// Bars that open where the last one closed, at these closes; first_ready() is 0.
std::shared_ptr<const Series> series_at(std::initializer_list<double> closes,
                                        Category category = Category::Linear) {
  std::vector<Bar> bars;
  Price before = Price::from_raw(to_fixed_raw(*closes.begin()));
  for (const double value : closes) {
    Bar bar{.interval = Interval::H1,
            .open_time = kStart + 1h * static_cast<int>(bars.size()),
            .close_time = kStart + 1h * static_cast<int>(bars.size() + 1),
            .open = before,
            .close = Price::from_raw(to_fixed_raw(value)),
            .volume = 1e6};
    bar.high = std::max(bar.open, bar.close);
    bar.low = std::min(bar.open, bar.close);
    bars.push_back(bar);
    before = bar.close;
  }
  return Series::create({.name = "by hand",
                         .instrument = plain_instrument(category),
                         .interval = Interval::H1,
                         .bars = std::move(bars),
                         .features = features::Kind::None})
      .value();
}

MarketEnv::Settings free_of_cost() {
  MarketEnv::Settings settings;
  settings.venue.half_spread_bps = settings.venue.impact_bps = 0.0;
  settings.venue.linear_taker_fee_bps = settings.venue.spot_taker_fee_bps = 0.0;
  settings.venue.assumed_funding_bps = 0.0;
  settings.actions.exposure_max = 1.0;
  return settings;
}

void step(MarketEnv& env, const Action& action) { env.step({&action, 1}); }

TEST(MarketEnv, AnActionEarnsFromTheNextBarsOpenOn) {
  // Given a price that doubles before the decision and rises by a tenth after it.
  const auto series = series_at({50, 100, 110, 121});
  MarketEnv env = make_env(*series, free_of_cost());
  Task task = task_of(series, 10);
  task.start = 1;
  ASSERT_TRUE(env.reset(0, task));
  // When it buys once and holds.
  step(env, kBuy);
  EXPECT_NEAR(env.infos()[0].step_return, 0.1, 1e-9);
  step(env, kHold);
  // Then 100 units of 100 have become 100 of 121.
  EXPECT_NEAR(env.infos()[0].capital, 12'100.0, 1e-6);
  EXPECT_NEAR(env.infos()[0].total_pnl, 2'100.0, 1e-6);
}

TEST(MarketEnv, ChargesFeeAndHalfSpreadOnce) {
  const auto series = series_at({100, 100, 100, 100, 100});
  MarketEnv::Settings settings = free_of_cost();
  settings.venue.linear_taker_fee_bps = 10.0;
  settings.venue.half_spread_bps = 5.0;
  settings.actions.exposure_max = 0.5;
  MarketEnv env = make_env(*series, settings);
  ASSERT_TRUE(env.reset(0, task_of(series, 10)));
  step(env, kBuy);  // 50 units at 100.05, fee 10 bp of 5002.5
  EXPECT_NEAR(env.infos()[0].fees, 5.0025, 1e-9);
  EXPECT_NEAR(env.infos()[0].slippage, 2.5, 1e-9);
  EXPECT_NEAR(env.infos()[0].total_pnl, -7.5025, 1e-9);
  EXPECT_NEAR(env.infos()[0].turnover, 5002.5, 1e-9);
  step(env, kBuy);  // It is long already.
  EXPECT_NEAR(env.infos()[0].total_pnl, -7.5025, 1e-9);
  EXPECT_EQ(env.infos()[0].fills, 0U);
}

TEST(MarketEnv, SellGoesShortOnPerpetualsAndFlatOnSpot) {
  for (const Category category : {Category::Linear, Category::Spot}) {
    const auto series = series_at({100, 100, 100, 90, 90}, category);
    MarketEnv env = make_env(*series, free_of_cost());
    ASSERT_TRUE(env.reset(0, task_of(series, 10)));
    step(env, kBuy);
    EXPECT_NEAR(env.infos()[0].position, 1.0, 1e-9);
    step(env, kSell);
    EXPECT_NEAR(env.infos()[0].position, category == Category::Spot ? 0.0 : -1.0, 1e-9);
    step(env, kHold);
    EXPECT_NEAR(env.infos()[0].capital, category == Category::Spot ? 10'000.0 : 11'000.0, 1e-6);
  }
}

TEST(MarketEnv, AdjustMovesByAStepAndCloses) {
  const auto series = series_at({100, 100, 100, 100, 100, 100});
  MarketEnv::Settings settings = free_of_cost();
  settings.actions.set = ActionSet::Adjust;
  MarketEnv env = make_env(*series, settings);
  ASSERT_TRUE(env.reset(0, task_of(series, 10)));
  std::vector<double> held;
  for (const std::int64_t choice : {0, 0, 2, 1, 3}) {
    step(env, {.choice = choice});
    held.push_back(env.infos()[0].position);
  }
  EXPECT_THAT(held, ::testing::Pointwise(::testing::DoubleNear(1e-9), {0.25, 0.5, 0.5, 0.25, 0.0}));
}

TEST(MarketEnv, ANumberThatIsNoneBecomesNoOrder) {
  const auto series = series_at({100, 101, 102});
  MarketEnv::Settings settings = free_of_cost();
  settings.actions.set = ActionSet::Weight;
  MarketEnv env = make_env(*series, settings);
  ASSERT_TRUE(env.reset(0, task_of(series, 10)));
  step(env, {.weight = std::nan("")});
  EXPECT_EQ(env.infos()[0].refused, 1U);
  EXPECT_EQ(env.infos()[0].fills, 0U);
  EXPECT_EQ(env.infos()[0].capital, 10'000.0);
}

TEST(MarketEnv, EndsByTruncationWhereItsStepsOrTheDataAreOver) {
  const auto series = series_at({100, 101, 102, 103, 104});
  MarketEnv env = make_env(*series, free_of_cost(), 2);
  ASSERT_TRUE(env.reset(0, task_of(series, 2)));   // its steps
  ASSERT_TRUE(env.reset(1, task_of(series, 99)));  // the data
  const std::array<Action, 2> hold{kHold, kHold};
  std::vector<int> ends;
  for (int i = 1; i <= 5; ++i) {
    env.step(hold);
    EXPECT_EQ(env.terminated()[0] + env.terminated()[1], 0);
    for (std::size_t e = 0; e < 2; ++e)
      if (env.truncated()[e] != 0) ends.push_back(10 * static_cast<int>(e) + i);
  }
  EXPECT_THAT(ends, ::testing::ElementsAre(2, 14));
  EXPECT_EQ(env.trial_over()[0] + env.trial_over()[1], 2);
}

TEST(MarketEnv, RuinTerminatesAndDoesNotTruncate) {
  const auto series = series_at({100, 100, 4, 4, 4});
  MarketEnv env = make_env(*series, free_of_cost());
  ASSERT_TRUE(env.reset(0, task_of(series, 2)));
  step(env, kBuy);
  ASSERT_EQ(env.terminated()[0], 0);
  step(env, kHold);  // The last step too: ruin goes before the end of time.
  EXPECT_EQ(env.terminated()[0], 1);
  EXPECT_EQ(env.truncated()[0], 0);
  EXPECT_EQ(env.trial_over()[0], 1);
}

TEST(MarketEnv, ARestingEnvironmentEarnsNothingAndEndsNothing) {
  const auto series = series_at({100, 101, 102, 103});
  MarketEnv env = make_env(*series, free_of_cost());
  ASSERT_TRUE(env.reset(0, task_of(series, 1)));
  step(env, kBuy);
  ASSERT_EQ(env.trial_over()[0], 1);
  step(env, kBuy);
  EXPECT_EQ(env.rewards()[0], 0.0);
  EXPECT_EQ(env.truncated()[0], 0);
  EXPECT_EQ(env.trial_over()[0], 1);
  ASSERT_TRUE(env.reset(0, task_of(series, 1)));
  EXPECT_EQ(env.trial_over()[0], 0);
}

TEST(MarketEnv, ATrialsEpisodesGoOnInTheMarketWithNewCapital) {
  const auto series = series_at({100, 110, 120, 130, 140, 150, 160});
  MarketEnv env = make_env(*series, free_of_cost(), 1, features::TimeShare::Trial);
  ASSERT_TRUE(env.reset(0, task_of(series, 2, 3)));
  std::vector<std::size_t> bars;
  std::vector<int> over;
  for (int i = 0; i < 6; ++i) {
    EXPECT_FLOAT_EQ(env.observations()[2], static_cast<float>(i) / 6.0F);
    step(env, kBuy);
    bars.push_back(env.infos()[0].bar);
    over.push_back(env.truncated()[0] + 2 * env.trial_over()[0]);
    if (env.truncated()[0] == 0) continue;
    EXPECT_GT(env.final_observations()[0], 0.9F);  // It ended long,
    if (env.trial_over()[0] != 0) break;
    EXPECT_EQ(env.observations()[0], 0.0F);  // and the next begins flat, with new capital.
    EXPECT_EQ(env.books(0).view().equity, "10000"_usdt);
  }
  EXPECT_THAT(bars, ::testing::ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(over, ::testing::ElementsAre(0, 1, 0, 1, 0, 3));
}

TEST(MarketEnv, ATrialThatRepeatsItsBarsEarnsTheSameAgain) {
  const auto series = random_series(300, 4);
  MarketEnv env = make_env(*series);
  Task task = task_of(series, 50, 2);
  task.stride = 0;
  ASSERT_TRUE(env.reset(0, task));
  std::vector<double> rewards;
  for (int i = 0; i < 100; ++i) {
    step(env, {.choice = (i % 50) % 3});
    rewards.push_back(env.rewards()[0]);
  }
  EXPECT_TRUE(std::equal(rewards.begin(), rewards.begin() + 50, rewards.begin() + 50));
}

TEST(MarketEnv, TheTrialEndsWhereNoFurtherEpisodeFits) {
  const auto series = series_at({100, 101, 102, 103});
  MarketEnv env = make_env(*series);
  ASSERT_TRUE(env.reset(0, task_of(series, 2, 5)));
  int steps = 0;
  for (; env.trial_over()[0] == 0; ++steps) step(env, kHold);
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(env.episode(0), 1U);
}

TEST(MarketEnv, RefusesATrialThatHasNoStep) {
  const auto series = random_series(100, 4);
  MarketEnv env = make_env(*series);
  Task task = task_of(series, 10);
  task.start = 99;
  EXPECT_EQ(env.reset(0, task).error().code, ErrorCode::OutOfRange);
  task.start = series->first_ready() - 1;
  EXPECT_THAT(env.reset(0, task).error().context, ::testing::HasSubstr("ready from bar 77"));
}

TEST(MarketEnv, RefusesASeriesWithOtherFeatures) {
  MarketEnv env = make_env(*random_series(100, 4));
  const auto other = random_series(100, 4, features::Kind::None);
  EXPECT_THAT(env.reset(0, task_of(other, 10)).error().context, ::testing::HasSubstr("\"none\""));
}

TEST(MarketEnv, RefusesAVenueOfQuotes) {
  MarketEnv::Settings settings;
  settings.venue.fill_mode = matching::FillMode::Quote;
  auto observation = features::PolicyObservation::create({}, features::TimeShare::Episode);
  EXPECT_EQ(MarketEnv::create(settings, std::move(observation).value(), 1).error().code,
            ErrorCode::Unsupported);
}

/// Runs one long episode of random actions; every observation, reward and equity in a row.
std::vector<double> played(const std::shared_ptr<const Series>& series, std::uint64_t seed,
                           MarketEnv::Settings settings = {}, std::size_t steps = 150) {
  MarketEnv env = make_env(*series, settings);
  EXPECT_TRUE(env.reset(0, task_of(series, steps)));
  market::Random random{seed};
  std::vector<double> told;
  while (env.trial_over()[0] == 0) {
    step(env, random_action(settings.actions.set, random));
    told.insert(told.end(), env.observations().begin(), env.observations().end());
    told.push_back(env.rewards()[0]);
    told.push_back(env.infos()[0].capital);
  }
  return told;
}

TEST(MarketEnv, ChangingTheLastBarChangesNothingBeforeIt) {
  market::Random random{9};
  SeriesSource source{.name = "walk",
                      .instrument = plain_instrument(),
                      .interval = Interval::H1,
                      .bars = random_bars(200, Interval::H1, 100.0, 0.01, "0.01"_px, random)};
  SeriesSource changed = source;
  Bar& last = changed.bars.back();
  last.open = last.close = last.high = last.high * 2;
  const auto before = played(Series::create(source).value(), 1);
  const auto after = played(Series::create(changed).value(), 1);
  ASSERT_EQ(before.size(), after.size());
  const auto row = static_cast<std::ptrdiff_t>(11 + 3 + 2);
  EXPECT_TRUE(std::equal(before.begin(), before.end() - row, after.begin()));
  EXPECT_FALSE(std::equal(before.end() - row, before.end(), after.end() - row));
}

TEST(MarketEnv, TheSameSeedsGiveTheSameNumbersAndOthersDoNot) {
  const auto series = random_series(400, 12);
  EXPECT_EQ(played(series, 7), played(random_series(400, 12), 7));
  EXPECT_NE(played(series, 7), played(series, 8));
}

TEST(MarketEnv, EnvironmentsInLockStepDoNotTouchOneAnother) {
  const auto series = random_series(400, 12);
  MarketEnv many = make_env(*series, {}, 3);
  for (std::size_t e = 0; e < 3; ++e) {
    Task task = task_of(series, 100);
    task.start += 50 * e;
    ASSERT_TRUE(many.reset(e, task));
  }
  MarketEnv alone = make_env(*series);
  Task task = task_of(series, 100);
  task.start += 50;
  ASSERT_TRUE(alone.reset(0, task));
  market::Random random{3};
  for (int i = 0; i < 100; ++i) {
    std::array<Action, 3> actions;
    for (Action& action : actions) action = random_action(ActionSet::BuySellHold, random);
    many.step(actions);
    step(alone, actions[1]);
    ASSERT_EQ(many.infos()[1].capital, alone.infos()[0].capital);
    ASSERT_EQ(many.rewards()[1], alone.rewards()[0]);
    ASSERT_TRUE(std::ranges::equal(many.observations().subspan(14, 14), alone.observations()));
  }
}

TEST(MarketEnv, StepsAllocateNothing) {
  const auto series = random_series(1'000, 2);
  MarketEnv env = make_env(*series);
  ASSERT_TRUE(env.reset(0, task_of(series, 100, 8)));
  const std::size_t before = proteus::testing::allocations();
  for (int i = 0; i < 800; ++i) step(env, {.choice = i % 3});
  EXPECT_EQ(proteus::testing::allocations(), before);
  EXPECT_EQ(env.trial_over()[0], 1);
}

TEST(MarketEnv, TheBooksAgreeWithThemselvesAfterEveryStep) {
  const auto series = random_series(500, 21, features::Kind::None, Category::Linear, 0.03);
  MarketEnv::Settings settings;
  settings.actions.set = ActionSet::Weight;
  settings.actions.exposure_max = 2.5;
  MarketEnv env = make_env(*series, settings);
  ASSERT_TRUE(env.reset(0, task_of(series, 500)));
  market::Random random{5};
  while (env.trial_over()[0] == 0) {
    step(env, random_action(ActionSet::Weight, random));
    ASSERT_TRUE(env.books(0).check());
  }
}

TEST(RewardOfEquity, ThePlainOnesAddUpToTheEquityOfTheEpisode) {
  const auto series = random_series(600, 31, features::Kind::Chapter, Category::Linear, 0.02);
  for (const RewardKind kind :
       {RewardKind::Profit, RewardKind::StepReturn, RewardKind::LogEquity}) {
    MarketEnv::Settings settings;
    settings.reward.kind = kind;
    MarketEnv env = make_env(*series, settings);
    ASSERT_TRUE(env.reset(0, task_of(series, 500)));
    market::Random random{17};
    double sum = 0.0;
    double product = 1.0;
    while (env.trial_over()[0] == 0) {
      step(env, random_action(ActionSet::BuySellHold, random));
      sum += env.rewards()[0];
      product *= 1.0 + env.rewards()[0];
    }
    const double grown = env.books(0).view().equity.to_double() / settings.env.capital;
    ASSERT_GT(std::abs(grown - 1.0), 0.01);
    const double told = kind == RewardKind::StepReturn  ? product - 1.0
                        : kind == RewardKind::LogEquity ? std::exp(sum) - 1.0
                                                        : sum;
    EXPECT_NEAR(told, grown - 1.0, 1e-9);
  }
}

}  // namespace
}  // namespace proteus::training
