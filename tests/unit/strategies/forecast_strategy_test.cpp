// The forecast strategy over a forecaster whose answers are known.
#include "strategies/forecast/forecast_strategy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/unit/strategies/policy_support.hpp"

namespace proteus::strategies {
namespace {

using policy_test::a_bar;
using policy_test::an_instrument;
using policy_test::kFeatures;

constexpr std::int64_t kHorizon = 3;
constexpr std::int64_t kWindow = 4;
constexpr int kWarmUp = 600 + kWindow + kHorizon - 1;

/// Answers what it is told to, and keeps what it was asked.
class Scripted final : public Forecaster {
 public:
  explicit Scripted(std::function<double(int)> answer) : answer_(std::move(answer)) {}
  [[nodiscard]] std::size_t inputs() const override { return kFeatures; }
  Answer forecast(std::span<const float> x, std::span<const float> y, std::size_t steps,
                  std::span<const float> row) override {
    x_.assign(x.begin(), x.end());
    y_.assign(y.begin(), y.end());
    row_.assign(row.begin(), row.end());
    steps_ = steps;
    return {0.25, answer_(asked_++), 2.0, 1.0};
  }
  std::function<double(int)> answer_;
  int asked_ = 0;
  std::size_t steps_ = 0;
  std::vector<float> x_, y_, row_;
};

std::shared_ptr<Scripted> saying(double value) {
  return std::make_shared<Scripted>([value](int) { return value; });
}

ForecastSpec a_forecast_spec() {
  ForecastSpec spec;
  spec.name = "small";
  spec.features = features::Kind::Practitioner;
  spec.horizon = kHorizon;
  spec.support_rows = kWindow;
  spec.inner_steps = 2;
  return spec;
}

std::unique_ptr<ForecastStrategy> forecast_strategy(
    std::vector<std::shared_ptr<Forecaster>> forecasters, const ForecastSettings& settings = {},
    Category category = Category::Linear) {
  ForecastParts parts{settings, {}};
  for (auto& forecaster : forecasters)
    parts.models.push_back({a_forecast_spec(), std::move(forecaster)});
  auto made = ForecastStrategy::create(parts, an_instrument(category), Interval::H1);
  EXPECT_TRUE(made) << made.error().context;
  return std::move(made).value();
}

Opinion tell(Strategy& strategy, int k) { return strategy.on_bar(a_bar(k), {}, {}); }

/// Through all bars that only fill windows.
void warm(Strategy& strategy) {
  for (int k = 0; k < kWarmUp - 1; ++k) ASSERT_TRUE(tell(strategy, k).warming_up) << k;
}

TEST(ForecastStrategy, AdaptsOnTheLastBarsWhoseLabelsAreKnown) {
  const auto script = saying(0.0);
  const auto strategy = forecast_strategy({script});
  const auto features =
      features::make_feature_set(features::Kind::Practitioner, an_instrument(), Interval::H1)
          .value();
  ASSERT_EQ(strategy->warm_up_bars(), static_cast<std::size_t>(kWarmUp));
  const auto close = [](int k) { return a_bar(k).close.to_double(); };
  std::vector<std::vector<double>> rows;
  for (int t = 0; t < kWarmUp + 40; ++t) {
    features->update(a_bar(t), {});
    rows.emplace_back(features->values().begin(), features->values().end());
    const Opinion opinion = tell(*strategy, t);
    ASSERT_EQ(opinion.warming_up, t < kWarmUp - 1) << t;
    if (opinion.warming_up) continue;
    ASSERT_EQ(script->y_.size(), static_cast<std::size_t>(kWindow));
    for (int i = 0; i < kWindow; ++i) {
      // The last label is that of the bar a horizon ago, known with this close.
      const int bar = t - static_cast<int>(kHorizon) - static_cast<int>(kWindow) + 1 + i;
      double sum = 0.0;
      double weights = 0.0;
      for (int j = 1; j <= bar; ++j) {
        const double weight = std::pow(59.0 / 61.0, bar - j);
        sum += weight * std::pow(std::log(close(j) / close(j - 1)), 2.0);
        weights += weight;
      }
      const double unit = std::sqrt(sum / weights * static_cast<double>(kHorizon));
      const double label = std::log(close(bar + static_cast<int>(kHorizon)) / close(bar)) / unit;
      ASSERT_NEAR(script->y_[static_cast<std::size_t>(i)], std::clamp(label, -5.0, 5.0), 1e-5);
      for (std::size_t c = 0; c < kFeatures; ++c)
        ASSERT_EQ(script->x_[static_cast<std::size_t>(i) * kFeatures + c],
                  static_cast<float>(rows[static_cast<std::size_t>(bar)][c]));
    }
    for (std::size_t c = 0; c < kFeatures; ++c)
      ASSERT_EQ(script->row_[c], static_cast<float>(rows.back()[c]));
  }
  EXPECT_EQ(script->steps_, 2U) << "as in training, where nobody says otherwise";
}

TEST(ForecastStrategy, IsLongShortOrFlatByTheThreshold) {
  struct Case {
    double forecast;
    double weight;
    std::string_view signal;
  };
  for (const Case& c : {Case{0.5, 1.0, "strong buy"},
                        {0.15, 1.0, "buy"},
                        {0.05, 0.0, "neutral"},
                        {-0.15, -1.0, "sell"},
                        {-0.5, -1.0, "strong sell"}}) {
    const auto strategy = forecast_strategy({saying(c.forecast)});
    warm(*strategy);
    const Opinion opinion = tell(*strategy, kWarmUp - 1);
    ASSERT_TRUE(opinion.target);
    EXPECT_EQ(opinion.target->weight, c.weight) << c.forecast;
    EXPECT_TRUE(opinion.reason.starts_with(c.signal)) << opinion.reason;
    EXPECT_LE(opinion.reason.size(), 64U);
    const auto spot = forecast_strategy({saying(c.forecast)}, {}, Category::Spot);
    warm(*spot);
    EXPECT_EQ(tell(*spot, kWarmUp - 1).target->weight, std::max(c.weight, 0.0));
  }
}

TEST(ForecastStrategy, HoldsUntilTheExitAndInProportion) {
  const std::vector<double> said = {0.05, 0.2, 0.05, -0.05, -0.12, 0.05, 0.4};
  const auto script =
      std::make_shared<Scripted>([&](int i) { return said[static_cast<std::size_t>(i)]; });
  const auto strategy = forecast_strategy({script}, {.exit = 0.0, .full = 0.2});
  warm(*strategy);
  const std::vector<double> weights = {0.0, 1.0, 0.25, 0.0, -0.6, 0.0, 1.0};
  for (std::size_t i = 0; i < said.size(); ++i)
    EXPECT_NEAR(tell(*strategy, kWarmUp - 1 + static_cast<int>(i)).target->weight, weights[i],
                1e-12)
        << i;
}

TEST(ForecastStrategy, TradesTheMeanOfItsForecasters) {
  const auto strategy = forecast_strategy({saying(0.5), saying(-0.3)}, {.threshold = 0.09});
  warm(*strategy);
  const Opinion opinion = tell(*strategy, kWarmUp - 1);
  EXPECT_EQ(opinion.target->weight, 1.0);
  const auto names = forecast_observation_names(
      features::make_feature_set(features::Kind::Practitioner, an_instrument(), Interval::H1)
          .value()
          ->schema());
  ASSERT_EQ(names.size(), opinion.observation.size());
  const auto value = [&](std::string_view name) {
    return opinion
        .observation[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
  };
  EXPECT_NEAR(value("forecast"), 0.1, 1e-12);
  EXPECT_NEAR(value("spread"), 0.8, 1e-12);
  EXPECT_EQ(value("forecast_base"), 0.25);
  EXPECT_EQ(value("loss_before"), 2.0);
  EXPECT_EQ(value("loss_after"), 1.0);
  EXPECT_EQ(value("steps"), 2.0);
  EXPECT_NEAR(value("expected_return"), 0.1 * value("usual_return"), 1e-15);
}

TEST(ForecastStrategy, SaysTheLastDecisionAgainBetweenTwo) {
  const auto script = saying(0.5);
  const auto strategy = forecast_strategy({script}, {.decide_every = 4});
  warm(*strategy);
  int decided = 0;
  bool any = false;
  for (int k = kWarmUp - 1; k < kWarmUp + 20; ++k) {
    const Opinion opinion = tell(*strategy, k);
    const auto hours =
        (a_bar(k).open_time + std::chrono::hours{1}).time_since_epoch() / std::chrono::hours{1};
    if (hours % 4 == 0) {
      ++decided;
      any = true;
    }
    ASSERT_EQ(script->asked_, decided) << k;
    ASSERT_EQ(opinion.target.has_value(), any) << k;
    ASSERT_EQ(opinion.target ? opinion.target->weight : 1.0, 1.0);
  }
  EXPECT_GE(decided, 5);
}

TEST(ForecastStrategy, WhatIsNoNumberIsCountedAndFlatOrHeld) {
  for (const BadForecast bad : {BadForecast::Flat, BadForecast::Hold}) {
    const auto script = std::make_shared<Scripted>(
        [](int i) { return i == 1 ? std::numeric_limits<double>::quiet_NaN() : 0.5; });
    const auto strategy = forecast_strategy({script}, {.bad_output = bad});
    warm(*strategy);
    EXPECT_EQ(tell(*strategy, kWarmUp - 1).target->weight, 1.0);
    const Opinion opinion = tell(*strategy, kWarmUp);
    EXPECT_EQ(opinion.target.has_value(), bad == BadForecast::Flat);
    EXPECT_EQ(opinion.target ? opinion.target->weight : 0.0, 0.0);
    EXPECT_EQ(strategy->policy_status()->bad, 1U);
    EXPECT_EQ(tell(*strategy, kWarmUp + 1).target->weight, 1.0);
    EXPECT_EQ(strategy->policy_status()->answers, 3U);
  }
}

TEST(ForecastStrategy, GoesOnFromItsArchiveToTheSameBits) {
  const auto wander = [] {
    return std::make_shared<Scripted>([](int i) { return 0.3 * std::sin(i * 0.7); });
  };
  const ForecastSettings settings{.exit = 0.0, .decide_every = 3};
  const auto whole_script = wander();
  const auto whole = forecast_strategy({whole_script}, settings);
  for (int k = 0; k < kWarmUp + 10; ++k) tell(*whole, k);
  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  whole->archive(out);
  ASSERT_TRUE(out.finish());
  const auto script = wander();
  script->asked_ = whole_script->asked_;
  const auto resumed = forecast_strategy({script}, settings);
  Archive in = Archive::reader(bytes.view());
  resumed->archive(in);
  ASSERT_TRUE(in.finish());
  for (int k = kWarmUp + 10; k < kWarmUp + 40; ++k) {
    const Opinion a = tell(*whole, k);
    const std::vector<double> seen(a.observation.begin(), a.observation.end());
    const Opinion b = tell(*resumed, k);
    ASSERT_EQ(a.target->weight, b.target->weight) << k;
    ASSERT_EQ(a.reason, b.reason);
    ASSERT_EQ(seen, std::vector<double>(b.observation.begin(), b.observation.end()));
    // Before its first decision the resumed one has asked nothing yet.
    if (!script->y_.empty()) {
      ASSERT_EQ(whole_script->y_, script->y_);
    }
  }
  EXPECT_EQ(whole_script->asked_, script->asked_);
  EXPECT_FALSE(script->y_.empty());
}

/// `quantity` coins that were bought, or sold, at `entry` on average.
PositionView a_position(double quantity, double entry) {
  PositionView position;
  position.quantity = Quantity::from_raw(to_fixed_raw(quantity));
  position.cost = Money::from_raw(to_fixed_raw(quantity * entry));
  return position;
}

/// Bar k with this close.
Bar closing(int k, double close) {
  Bar bar = a_bar(k);
  bar.close = Price::from_raw(to_fixed_raw(close));
  bar.high = std::max(bar.high, bar.close);
  bar.low = std::min(bar.low, bar.close);
  return bar;
}

/// One bar after the warm-up: what is held, what is forecast, and what has to come of it.
struct Guarded {
  double quantity;
  double close;
  double forecast;
  double weight;
  std::string_view reason;
};

void expect_guarded(const ForecastSettings& settings, const std::vector<Guarded>& bars,
                    Category category = Category::Linear) {
  const auto script =
      std::make_shared<Scripted>([&](int i) { return bars[static_cast<std::size_t>(i)].forecast; });
  const auto strategy = forecast_strategy({script}, settings, category);
  warm(*strategy);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Guarded& b = bars[i];
    const Opinion said = strategy->on_bar(closing(kWarmUp - 1 + static_cast<int>(i), b.close),
                                          a_position(b.quantity, 100.0), {});
    ASSERT_TRUE(said.target) << i;
    EXPECT_EQ(said.target->weight, b.weight) << i;
    EXPECT_TRUE(said.reason.starts_with(b.reason)) << i << ": " << said.reason;
    EXPECT_LE(said.reason.size(), 64U);
    const double from_entry =
        b.quantity == 0.0 ? 0.0 : (b.quantity > 0.0 ? 1.0 : -1.0) * (b.close / 100.0 - 1.0);
    EXPECT_NEAR(said.observation.back(), from_entry, 1e-12) << i;
  }
}

// Entries at 100: a stop of 2 % lies at 98 for a long position and at 102 for a short one, a target
// of 4 % at 104 and at 96.
TEST(ForecastStrategy, StopsAndTakesItsTargetAtTheClose) {
  const ForecastSettings settings{.stop = 0.02, .target = 0.04};
  expect_guarded(settings, {{0.0, 100.0, 0.5, 1.0, "strong buy"},
                            {2.0, 98.01, 0.5, 1.0, "strong buy"},
                            {2.0, 98.0, 0.5, 0.0, "stop: flat"},
                            {0.0, 101.0, 0.5, 0.0, "stop: flat"},   // the same sign still
                            {0.0, 101.0, 0.01, 0.0, "stop: flat"},  // neutral is no other sign
                            {0.0, 101.0, -0.01, 0.0, "neutral"},    // it has changed
                            {0.0, 100.0, 0.5, 1.0, "strong buy"},
                            {2.0, 103.99, 0.5, 1.0, "strong buy"},
                            {2.0, 104.0, 0.5, 0.0, "target: flat"},
                            {0.0, 104.0, -0.5, -1.0, "strong sell"},  // the other side is free
                            {-2.0, 101.99, -0.5, -1.0, "strong sell"},
                            {-2.0, 102.0, -0.5, 0.0, "stop: flat"},
                            {0.0, 100.0, 0.5, 1.0, "strong buy"},
                            {0.0, 100.0, -0.5, -1.0, "strong sell"},
                            {-2.0, 96.01, -0.5, -1.0, "strong sell"},
                            {-2.0, 96.0, -0.5, 0.0, "target: flat"}});
  // A bar that stops may turn at once, and an order that has not gone through stays wanted.
  expect_guarded(settings, {{0.0, 100.0, 0.5, 1.0, "strong buy"},
                            {2.0, 97.0, -0.5, -1.0, "strong sell"},
                            {2.0, 96.0, -0.5, -1.0, "strong sell"}});
  // What is left of a spot position below a lot stops nothing: it was given up before.
  expect_guarded(settings,
                 {{0.0, 100.0, 0.5, 1.0, "strong buy"},
                  {2.0, 99.0, 0.0, 0.0, "neutral"},
                  {1e-6, 90.0, 0.0, 0.0, "neutral"},
                  {1e-6, 90.0, 0.5, 1.0, "strong buy"}},
                 Category::Spot);
  // Off, nothing is watched.
  expect_guarded({}, {{0.0, 100.0, 0.5, 1.0, "strong buy"},
                      {2.0, 50.0, 0.5, 1.0, "strong buy"},
                      {2.0, 200.0, 0.5, 1.0, "strong buy"}});
}

TEST(ForecastStrategy, StopsBetweenTwoDecisionsAndWhereTheForecastIsNoNumber) {
  const ForecastSettings settings{.stop = 0.02, .decide_every = 24};
  const auto strategy = forecast_strategy({saying(0.5)}, settings);
  warm(*strategy);
  int k = kWarmUp - 1;
  while (!tell(*strategy, k).target) ++k;  // the first bar that decides
  EXPECT_EQ(strategy->on_bar(closing(++k, 99.0), a_position(1.0, 100.0), {}).reason,
            "the last decision stands");
  const Opinion stopped = strategy->on_bar(closing(++k, 97.0), a_position(1.0, 100.0), {});
  EXPECT_EQ(stopped.target->weight, 0.0);
  EXPECT_TRUE(stopped.reason.starts_with("stop")) << stopped.reason;

  const auto script = std::make_shared<Scripted>(
      [](int i) { return i == 0 ? 0.5 : std::numeric_limits<double>::quiet_NaN(); });
  const auto blind = forecast_strategy({script}, {.stop = 0.02, .bad_output = BadForecast::Hold});
  warm(*blind);
  tell(*blind, kWarmUp - 1);
  EXPECT_FALSE(blind->on_bar(closing(kWarmUp, 99.0), a_position(1.0, 100.0), {}).target);
  EXPECT_EQ(blind->on_bar(closing(kWarmUp + 1, 97.0), a_position(1.0, 100.0), {}).target->weight,
            0.0);
  EXPECT_EQ(blind->on_bar(closing(kWarmUp + 2, 99.0), {}, {}).target->weight, 0.0);
}

TEST(ForecastStrategy, GuardsWhatIsHeldBehindAHoleAndRemembersItsStop) {
  const ForecastSettings settings{.stop = 0.02};
  const auto strategy = forecast_strategy({saying(0.5)}, settings);
  warm(*strategy);
  tell(*strategy, kWarmUp - 1);
  strategy->reset();
  EXPECT_TRUE(strategy->on_bar(closing(kWarmUp + 9, 99.0), a_position(1.0, 100.0), {}).warming_up);
  const Opinion said = strategy->on_bar(closing(kWarmUp + 10, 97.0), a_position(1.0, 100.0), {});
  EXPECT_FALSE(said.warming_up);
  EXPECT_EQ(said.target->weight, 0.0);

  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  strategy->archive(out);
  ASSERT_TRUE(out.finish());
  const auto resumed = forecast_strategy({saying(0.5)}, settings);
  Archive in = Archive::reader(bytes.view());
  resumed->archive(in);
  ASSERT_TRUE(in.finish());
  for (int k = kWarmUp + 11; k < 2 * kWarmUp + 20; ++k) {
    const Opinion opinion = tell(*resumed, k);
    ASSERT_EQ(opinion.target->weight, 0.0) << k;
    ASSERT_TRUE(opinion.reason.starts_with("stop")) << k;
  }
}

TEST(ForecastStrategy, StartsAgainAfterAHole) {
  const auto strategy = forecast_strategy({saying(0.5)});
  warm(*strategy);
  ASSERT_TRUE(tell(*strategy, kWarmUp - 1).target);
  strategy->reset();
  for (int k = 0; k < kWarmUp - 1; ++k) ASSERT_FALSE(tell(*strategy, kWarmUp + 50 + k).target) << k;
  EXPECT_TRUE(tell(*strategy, 2 * kWarmUp + 49).target);
}

TEST(ForecastStrategy, RefusesCheckpointsThatDoNotFit) {
  const auto refusal = [](const ForecastParts& parts, Interval interval = Interval::H1) {
    const auto made = ForecastStrategy::create(parts, an_instrument(), interval);
    return made.has_error() ? made.error().context : std::string();
  };
  EXPECT_NE(refusal({}).find("names no file"), std::string::npos);
  const ForecastParts one{{}, {{a_forecast_spec(), saying(0.0)}}};
  EXPECT_EQ(refusal(one), "");
  EXPECT_NE(refusal(one, Interval::M15).find("trained on 1h bars"), std::string::npos);
  ForecastParts two = one;
  two.models.push_back(one.models.front());
  two.models.back().spec.horizon = 24;
  EXPECT_NE(refusal(two).find("cannot trade together"), std::string::npos);
  ForecastParts narrow = one;
  narrow.models.front().spec.features = features::Kind::Chapter;
  EXPECT_NE(refusal(narrow).find("reads 16 numbers"), std::string::npos);
}

}  // namespace
}  // namespace proteus::strategies
