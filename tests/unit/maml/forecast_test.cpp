#include "models/maml/forecast.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/maml/forecast_trading.hpp"
#include "models/maml/model_file.hpp"
#include "tests/unit/maml/support.hpp"

namespace proteus::maml {
namespace {

using training::Series;

Learner<float> a_forecaster(const LearnerSettings& settings = {}) {
  return std::move(
      Learner<float>::create(settings, Mlp::create(11, {16, 16}, 1, Activation::Relu).value(), 3)
          .value());
}

TEST(ForecastRows, LabelsAreTheReturnAheadInUsualReturns) {
  const auto series = a_series(200);
  const ForecastRows rows(series, {}, 5);
  const auto close = [&](std::size_t i) { return series->bars()[i].close.to_double(); };
  for (const std::size_t t : {std::size_t{80}, std::size_t{150}, std::size_t{194}}) {
    // The exponential mean written out: weights (59/61)^age over all returns so far.
    double sum = 0.0;
    double weights = 0.0;
    for (std::size_t i = 1; i <= t; ++i) {
      const double weight = std::pow(59.0 / 61.0, static_cast<double>(t - i));
      sum += weight * std::pow(std::log(close(i) / close(i - 1)), 2.0);
      weights += weight;
    }
    const double unit = std::sqrt(sum / weights * 5.0);
    EXPECT_NEAR(rows.unit(t), unit, 1e-12);
    EXPECT_NEAR(rows.labels(t, 1)[0], std::log(close(t + 5) / close(t)) / unit, 1e-5);
  }
  EXPECT_EQ(copy_of(rows.labels(195, 5)), std::vector<float>(5)) << "what is never known";
}

TEST(ForecastRows, FeaturesAreScaledByTheTrainingPeriod) {
  const std::vector<std::shared_ptr<const Series>> series{a_series(300, 1), a_series(300, 2)};
  const auto scaling = fit_forecast_scaling(series, {}).value();
  double sum = 0.0;
  double squares = 0.0;
  std::size_t count = 0;
  for (const auto& s : series) {
    const ForecastRows rows(s, scaling, 5);
    for (std::size_t i = s->first_ready(); i < s->size(); ++i) {
      const double x = rows.features(i, 1)[3];
      sum += x;
      squares += x * x;
      ++count;
    }
  }
  EXPECT_NEAR(sum / static_cast<double>(count), 0.0, 1e-4);
  EXPECT_NEAR(squares / static_cast<double>(count), 1.0, 1e-3);
  const training::Period never{.from = from_unix_ms(0), .to = from_unix_ms(1)};
  EXPECT_TRUE(fit_forecast_scaling(series, never).has_error());
}

TEST(ForecastTasks, KeepTheHorizonBetweenSupportAndQuery) {
  const auto series = a_series(120);
  ForecastSettings settings;
  settings.horizon = 4;
  const ForecastTasks tasks = ForecastTasks::create({series}, settings, {}, {}, {}, 1).value();
  ASSERT_GT(tasks.candidates(), 0U);
  const ForecastRows rows(series, {}, 4);
  for (std::size_t i = 0; i < tasks.candidates(); ++i) {
    TaskBatch<float> batch;
    tasks.candidate(i, batch);
    // Candidates come in the order of their starts, one bar apart.
    const std::size_t start = series->first_ready() + i;
    const std::size_t query = start + 19 + 4;
    ASSERT_LE(query + 9 + 4, series->size() - 1) << "the last label needs a bar of the series";
    ASSERT_EQ(batch.support_x, copy_of(rows.features(start, 20)));
    ASSERT_EQ(batch.support_y, copy_of(rows.labels(start, 20)));
    ASSERT_EQ(batch.query_x, copy_of(rows.features(query, 10)));
    ASSERT_EQ(batch.query_y, copy_of(rows.labels(query, 10)));
  }
  EXPECT_EQ(series->first_ready() + tasks.candidates() + 19 + 4 + 9 + 4, series->size())
      << "and none that fits is left out";
}

TEST(ForecastTasks, AreTheSameForTheSameSeed) {
  const auto draw = [](std::uint64_t seed) {
    ForecastTasks tasks =
        ForecastTasks::create({a_series(300, 1), a_series(300, 2)}, {}, {}, {}, {}, seed).value();
    TaskBatch<float> batch;
    tasks.next(batch);
    return batch.support_x;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
  EXPECT_TRUE(ForecastTasks::create({a_series(100)}, {}, {}, {}, {}, 1).has_error());
}

TEST(ForecastTrading, KnowsNothingOfLaterBars) {
  const auto synthetic = a_series(260);
  training::SeriesSource changed{.name = "changed",
                                 .instrument = synthetic->instrument(),
                                 .interval = synthetic->interval(),
                                 .bars = {synthetic->bars().begin(), synthetic->bars().end()},
                                 .funding = {},
                                 .features = features::Kind::Chapter};
  const auto series = Series::create(changed).value();
  constexpr std::size_t kChanged = 200;
  Bar& bar = changed.bars[kChanged];
  bar.close = bar.high =
      Price::from_raw(bar.high.raw() + bar.high.raw() / 50 / 10'000'000 * 10'000'000);
  const auto other = Series::create(std::move(changed)).value();
  Learner<float> learner = a_forecaster();
  ForecastRule rule;
  rule.threshold = 0.0;
  const auto trade = [&](const std::shared_ptr<const Series>& s) {
    return trade_forecasts(learner, ForecastRows(s, {}, 5), 0, 300, rule, {}).value();
  };
  const auto before = trade(series);
  const auto after = trade(other);
  ASSERT_EQ(before.size(), after.size());
  bool differ = false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool early = before[i].date < series->bars()[kChanged].close_time;
    if (early) {
      ASSERT_EQ(before[i].prediction, after[i].prediction) << i;
      // Its own entry ends at the next bar's close: what came of the bars before it.
      ASSERT_EQ(i == 0 ? 0.0 : before[i - 1].capital, i == 0 ? 0.0 : after[i - 1].capital) << i;
    }
    differ = differ || before[i].prediction != after[i].prediction;
  }
  EXPECT_TRUE(differ) << "the change was seen at all";
}

TEST(ForecastTrading, LosesItsCostsAndNothingElseWhereTheMarketStands) {
  // Forecasts of the base alone, with a threshold that no forecast reaches: no trade, no cost.
  const auto series = a_series(260);
  Learner<float> learner = a_forecaster();
  ForecastRule rule;
  rule.adaptation_steps = 0;
  rule.threshold = 100.0;
  const auto bars = trade_forecasts(learner, ForecastRows(series, {}, 5), 0, 300, rule, {}).value();
  EXPECT_EQ(bars.back().capital, 10'000.0);
  EXPECT_EQ(bars.back().turnover, 0.0);
  // And with one that every forecast passes it trades, and its returns make up its capital.
  rule.threshold = 0.0;
  const auto active =
      trade_forecasts(learner, ForecastRows(series, {}, 5), 0, 300, rule, {}).value();
  double wealth = 10'000.0;
  for (const ForecastBar& bar : active) wealth *= 1.0 + bar.position_return;
  EXPECT_GT(active.back().turnover, 0.0);
  EXPECT_NEAR(active.back().capital, wealth, 1e-6);
}

TEST(ForecastTrading, RefusesWhatItCannotTrade) {
  Learner<float> learner = a_forecaster();
  const ForecastRows rows(a_series(150), {}, 5);
  EXPECT_TRUE(trade_forecasts(learner, rows, 149, 150, {}, {}).has_error());
  Learner<float> other = std::move(
      Learner<float>::create({}, Mlp::create(3, {}, 1, Activation::Relu).value(), 1).value());
  EXPECT_TRUE(trade_forecasts(other, rows, 0, 150, {}, {}).has_error());
}

TEST(ForecastCheckpoint, GoesOnToTheSameBits) {
  const auto series = a_series(300);
  LearnerSettings settings;
  settings.learned_rates = true;
  settings.inner_rate = 0.02;
  Learner<float> learner = a_forecaster(settings);
  const auto scaling = fit_forecast_scaling({{series}}, {}).value();
  ForecastTasks tasks = ForecastTasks::create({series}, {}, scaling, {}, {}, 1).value();
  TaskBatch<float> batch;
  for (int i = 0; i < 3; ++i) {
    tasks.next(batch);
    ASSERT_TRUE(learner.step(batch));
  }
  const std::string bytes =
      inference::encode_checkpoint(
          forecast_checkpoint(learner, series->schema(), scaling, {}, Interval::H1))
          .value();
  const auto checkpoint = inference::decode_checkpoint(bytes, "f").value();
  Result<LoadedForecaster> loaded = load_forecaster(checkpoint, series->schema());
  ASSERT_TRUE(loaded) << loaded.error().context;
  EXPECT_EQ(loaded.value().scaling.factor, scaling.factor);
  tasks.next(batch);
  ASSERT_TRUE(learner.step(batch));
  ASSERT_TRUE(loaded.value().learner.step(batch));
  EXPECT_EQ(copy_of(loaded.value().learner.learned()), copy_of(learner.learned()));
}

TEST(ForecastCheckpoint, ThatDoesNotFitIsRefused) {
  const auto series = a_series(200);
  const auto c = forecast_checkpoint(a_forecaster(), series->schema(), {}, {}, Interval::H1);
  ASSERT_TRUE(load_forecaster(c, series->schema()));
  features::Schema other = series->schema();
  other.features[2].definition += " changed";
  EXPECT_EQ(load_forecaster(c, other).error().code, ErrorCode::Refused);
  auto damaged = c;
  damaged.kind = "rl2_agent";
  EXPECT_EQ(load_forecaster(damaged, series->schema()).error().code, ErrorCode::Refused);
  for (const std::string name : {"layer.0.weight", "layer.2.bias", "optimiser.square"}) {
    damaged = c;
    std::erase_if(damaged.tensors, [&](const auto& t) { return t.name == name; });
    EXPECT_TRUE(load_forecaster(damaged, series->schema()).has_error()) << name;
  }
  damaged = c;
  damaged.config.replace(damaged.config.find("inner_steps = 5"), 15, "inner_steps = x");
  const auto refused = load_forecaster(damaged, series->schema());
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().context.find("inner_steps"), std::string::npos);
}

}  // namespace
}  // namespace proteus::maml
