// The plain strategies: their rules against a naive computation, and what they promise the engine.
#include <gtest/gtest.h>

#include <cmath>

#include "strategies/baselines.hpp"
#include "strategies/make_strategy.hpp"
#include "strategies/sma_cross.hpp"
#include "strategies/trend.hpp"
#include "tests/unit/strategies/allocations.hpp"
#include "tests/unit/strategies/bars.hpp"

namespace proteus::strategies {
namespace {

using test::make_bar;
using test::Step;

Instrument instrument(Category category) {
  Instrument made = test::linear_instrument();
  made.category = category;
  return made;
}

std::unique_ptr<Strategy> plain_strategy(StrategySettings settings,
                                         Category category = Category::Linear) {
  return std::move(make_strategy(settings, instrument(category), Interval::M1)).value();
}

Opinion tell(Strategy& strategy, const Bar& bar) { return strategy.on_bar(bar, {}, {}); }

Opinion tell_closes(Strategy& strategy, std::initializer_list<std::int64_t> closes) {
  Opinion opinion;
  std::int64_t t = 0;
  for (const std::int64_t close : closes)
    opinion = tell(strategy, make_bar(t++, close, close, close, close, 1.0));
  return opinion;
}

/// The sign of fast mean - slow mean at bar t, by whole sums of integers.
int naive_side(std::span<const Step> steps, std::size_t t, std::size_t fast, std::size_t slow) {
  Int128 fast_sum = 0, slow_sum = 0;
  for (std::size_t i = 0; i < slow; ++i) {
    const std::int64_t close = steps[t - i].bar.close.raw();
    slow_sum += close;
    if (i < fast) fast_sum += close;
  }
  const Int128 difference =
      fast_sum * static_cast<std::int64_t>(slow) - slow_sum * static_cast<std::int64_t>(fast);
  return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

TEST(SmaCross, HoldsTheSideOfTheMeansAtEveryBar) {
  const std::vector<Step> steps = test::reference_steps(600);
  for (const auto& [fast, slow] : {std::pair{20, 50}, {1, 2}, {3, 7}, {49, 50}, {5, 200}}) {
    const auto strategy = plain_strategy({.fast = fast, .slow = slow});
    ASSERT_EQ(strategy->warm_up_bars(), static_cast<std::size_t>(slow));
    for (std::size_t t = 0; t < steps.size(); ++t) {
      const Opinion opinion = tell(*strategy, steps[t].bar);
      ASSERT_EQ(opinion.warming_up, t + 1 < static_cast<std::size_t>(slow)) << t;
      const int side = opinion.warming_up ? 0
                                          : naive_side(steps, t, static_cast<std::size_t>(fast),
                                                       static_cast<std::size_t>(slow));
      ASSERT_EQ(opinion.target.has_value(), side != 0) << t;
      if (side != 0) {
        ASSERT_EQ(opinion.target->weight, side) << t;
        ASSERT_EQ(opinion.target->confidence, 1.0);
      }
    }
  }
}

TEST(SmaCross, SaysNothingWhereTheMeansAreEqual) {
  const auto strategy = plain_strategy({.fast = 1, .slow = 2});
  const Opinion opinion = tell_closes(*strategy, {100, 100});
  EXPECT_FALSE(opinion.target.has_value());
  EXPECT_FALSE(opinion.warming_up);
  EXPECT_EQ(opinion.reason, "fast mean equals slow mean: keep what is held");
}

TEST(SmaCross, TellsMeansApartThatDoublesCannot) {
  // Three closes near the end of the range, one unit of 1e-9 apart: as doubles they are one number.
  const auto strategy = plain_strategy({.fast = 2, .slow = 3});
  Opinion opinion;
  for (const std::int64_t raw : {INT64_MAX - 1, INT64_MAX - 1, INT64_MAX}) {
    Bar bar = make_bar(0, 1, 1, 1, 1, 1.0);
    bar.close = Price::from_raw(raw);
    opinion = tell(*strategy, bar);
  }
  ASSERT_TRUE(opinion.target.has_value());
  EXPECT_EQ(opinion.target->weight, 1.0);
}

TEST(SmaCross, IsFlatBelowOnSpot) {
  const auto strategy = plain_strategy({.fast = 1, .slow = 2}, Category::Spot);
  const Opinion below = tell_closes(*strategy, {100, 90});
  ASSERT_TRUE(below.target.has_value());
  EXPECT_EQ(below.target->weight, 0.0);
  const Opinion above = tell(*strategy, make_bar(2, 110, 110, 110, 110, 1.0));
  EXPECT_EQ(above.target->weight, 1.0);
}

TEST(SmaCross, ShowsItsMeansAndTheirRatio) {
  const auto strategy = plain_strategy({.fast = 2, .slow = 4, .features = features::Kind::None});
  const Opinion opinion = tell_closes(*strategy, {100, 200, 300, 500});
  ASSERT_EQ(opinion.observation.size(), 3U);
  EXPECT_DOUBLE_EQ(opinion.observation[0], 4.0);  // ticks of 0.01: (300 + 500) / 2
  EXPECT_DOUBLE_EQ(opinion.observation[1], 2.75);
  EXPECT_DOUBLE_EQ(opinion.observation[2], 4.0 / 2.75);
}

TEST(Trend, HoldsTheMeanOfFourCutScoresAtEveryBar) {
  const std::vector<Step> steps = test::reference_steps(300);
  const auto strategy = plain_strategy({.name = StrategyKind::Trend, .trend_bars = 3});
  ASSERT_EQ(strategy->warm_up_bars(), 25U);
  for (std::size_t t = 0; t < steps.size(); ++t) {
    const Opinion opinion = tell(*strategy, steps[t].bar);
    ASSERT_EQ(opinion.warming_up, t < 24) << t;
    if (t < 24) continue;
    const auto close = [&](std::size_t back) { return steps[t - back].bar.close.to_double(); };
    double squares = 0.0;
    for (std::size_t i = 0; i < 24; ++i) squares += std::pow(std::log(close(i) / close(i + 1)), 2);
    double sum = 0.0;
    for (const std::size_t h : {3U, 6U, 12U, 24U}) {
      const double z =
          std::log(close(0) / close(h)) / std::sqrt(squares / 24.0 * static_cast<double>(h));
      if (squares > 0.0) sum += std::min(1.0, std::max(-1.0, z)) / 4.0;  // Else nothing moved.
    }
    ASSERT_NEAR(opinion.target->weight, sum, 1e-9) << t;
    ASSERT_NEAR(opinion.observation[4], sum, 1e-9) << t;
  }
}

TEST(Trend, IsFlatWithoutATrendAndOnSpotBelowOne) {
  const auto still = plain_strategy({.name = StrategyKind::Trend, .trend_bars = 1});
  const Opinion flat = tell_closes(*still, {100, 100, 100, 100, 100, 100, 100, 100, 100});
  EXPECT_EQ(flat.target->weight, 0.0);
  EXPECT_EQ(flat.reason, "there is no trend: flat");
  const auto spot = plain_strategy({.name = StrategyKind::Trend, .trend_bars = 1}, Category::Spot);
  const Opinion falls = tell_closes(*spot, {109, 108, 107, 106, 105, 104, 103, 102, 101});
  EXPECT_EQ(falls.target->weight, 0.0);
  EXPECT_EQ(falls.reason, "the trend points down: flat, spot has no short");
}

TEST(Trend, StartsAgainAfterAReset) {
  const auto strategy = plain_strategy({.name = StrategyKind::Trend, .trend_bars = 1});
  tell_closes(*strategy, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  strategy->reset();
  EXPECT_TRUE(tell_closes(*strategy, {9, 8, 7, 6, 5, 4, 3, 2}).warming_up);
  EXPECT_LT(tell(*strategy, make_bar(8, 1, 1, 1, 1, 1.0)).target->weight, 0.0);
}

TEST(SmaCross, StartsAgainAfterAReset) {
  const auto used = plain_strategy({.fast = 2, .slow = 5});
  const auto fresh = plain_strategy({.fast = 2, .slow = 5});
  const std::vector<Step> steps = test::reference_steps(200);
  for (const Step& step : steps) tell(*used, step.bar);
  used->reset();
  for (const Step& step : steps) {
    const Opinion a = tell(*used, step.bar), b = tell(*fresh, step.bar);
    ASSERT_EQ(a.warming_up, b.warming_up);
    ASSERT_EQ(a.target.has_value(), b.target.has_value());
    if (a.target) {
      ASSERT_EQ(a.target->weight, b.target->weight);
    }
    ASSERT_TRUE(std::ranges::equal(a.observation, b.observation));
  }
}

TEST(Baselines, HoldTheirWeightFromTheFirstBar) {
  const auto flat = plain_strategy({.name = StrategyKind::Flat});
  const auto hold = plain_strategy({.name = StrategyKind::BuyAndHold});
  EXPECT_EQ(flat->warm_up_bars(), 1U);
  for (const Step& step : test::reference_steps(100)) {
    EXPECT_EQ(tell(*flat, step.bar).target.value().weight, 0.0);
    EXPECT_EQ(tell(*hold, step.bar).target.value().weight, 1.0);
  }
}

TEST(Observation, IsOwnNumbersThenFeaturesUnderTheirNames) {
  const std::vector<Step> steps = test::reference_steps(300);
  for (const auto kind :
       {features::Kind::None, features::Kind::Chapter, features::Kind::Practitioner}) {
    const StrategySettings settings{.features = kind};
    const auto strategy = plain_strategy(settings);
    const auto set = test::make_set(kind);
    Opinion opinion;
    for (const Step& step : steps) {
      opinion = tell(*strategy, step.bar);
      set->update(step.bar, {});
    }
    const auto names =
        observation_names(settings, instrument(Category::Linear), Interval::M1).value();
    ASSERT_EQ(names.size(), opinion.observation.size());
    EXPECT_EQ(names[2], "fast_to_slow");
    EXPECT_LE(names.size(), decltype(DecisionRecord::observation)::capacity());
    EXPECT_TRUE(std::ranges::equal(opinion.observation.subspan(3), set->values()));
  }
}

TEST(Observation, CarriesTheFundingOfTheLastTicker) {
  const auto strategy =
      plain_strategy({.name = StrategyKind::Flat, .features = features::Kind::Practitioner});
  const std::vector<Step> steps = test::reference_steps(600);
  const auto funding_after = [&](std::size_t from) {
    Opinion opinion;
    for (std::size_t t = from; t < from + 300; ++t) opinion = tell(*strategy, steps[t].bar);
    return std::pair{opinion.observation[1 + 8], opinion.observation[1 + 9]};
  };
  strategy->on_ticker({.funding_known = true, .funding_rate_e9 = -250'000});
  EXPECT_EQ(funding_after(0), (std::pair{-2.5, 1.0}));
  strategy->reset();
  EXPECT_EQ(funding_after(300), (std::pair{0.0, 0.0}));
}

TEST(MakeStrategy, RefusesWindowsThatDoNotFit) {
  for (const auto& [fast, slow] : {std::pair{0, 50}, {50, 50}, {51, 50}, {-1, 5}, {20, 10'001}}) {
    const auto made =
        make_strategy({.fast = fast, .slow = slow}, instrument(Category::Linear), Interval::M1);
    ASSERT_FALSE(made.has_value()) << fast << " " << slow;
    EXPECT_EQ(made.error().code, ErrorCode::OutOfRange);
    EXPECT_NE(made.error().context.find("fast < slow"), std::string::npos);
  }
}

TEST(EveryStrategy, ReasonsFitIntoADecisionRecord) {
  for (const auto category : {Category::Linear, Category::Spot})
    for (const auto name : {StrategyKind::Flat, StrategyKind::BuyAndHold, StrategyKind::SmaCross,
                            StrategyKind::Trend}) {
      const auto strategy = plain_strategy({.name = name}, category);
      EXPECT_EQ(strategy->name(), EnumNames<StrategyKind>::names[static_cast<std::size_t>(name)]);
      for (const Step& step : test::reference_steps(300)) {
        const Opinion opinion = tell(*strategy, step.bar);
        ASSERT_FALSE(opinion.reason.empty());
        ASSERT_LE(opinion.reason.size(), decltype(DecisionRecord::reason)::capacity());
      }
    }
}

TEST(EveryStrategy, DoesNotAllocateOnABar) {
  const std::vector<Step> steps = test::reference_steps(2000);
  for (const auto kind :
       {features::Kind::None, features::Kind::Chapter, features::Kind::Practitioner})
    for (const auto name : {StrategyKind::Flat, StrategyKind::BuyAndHold, StrategyKind::SmaCross,
                            StrategyKind::Trend}) {
      const std::size_t before_making = proteus::testing::allocations();
      const auto strategy = plain_strategy({.name = name, .features = kind});
      ASSERT_GT(proteus::testing::allocations(), before_making) << "the counter does not count";
      const std::size_t before = proteus::testing::allocations();
      for (const Step& step : steps) tell(*strategy, step.bar);
      strategy->reset();
      EXPECT_EQ(proteus::testing::allocations(), before);
    }
}

}  // namespace
}  // namespace proteus::strategies
