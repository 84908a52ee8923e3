// A saved forecaster that trades: the same forecasts as the room's own back-test, and no file that
// is not one.
#include "models/maml/forecast_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "models/maml/forecast_trading.hpp"
#include "models/maml/model_file.hpp"
#include "strategies/forecast/forecast_strategy.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/maml/support.hpp"

namespace proteus::maml {
namespace {

using inference::Checkpoint;

ForecastSettings tasks() {
  ForecastSettings settings;
  settings.support_rows = 30;
  settings.horizon = 7;
  return settings;
}

struct Trained {
  Learner<float> learner;
  features::FeatureScaling scaling;
  Checkpoint checkpoint;
};

/// After a few outer steps, as training saves it.
Trained trained(std::uint64_t seed = 3) {
  const auto series = a_series(500, seed);
  auto scaling = fit_forecast_scaling({{series}}, {}).value();
  LearnerSettings settings;
  settings.inner_steps = 3;
  Learner<float> learner = std::move(
      Learner<float>::create(settings, Mlp::create(11, {16, 16}, 1, Activation::Relu).value(), seed)
          .value());
  ForecastTasks drawn = ForecastTasks::create({series}, tasks(), scaling, {}, {}, seed).value();
  TaskBatch<float> batch;
  for (int i = 0; i < 20; ++i) {
    drawn.next(batch);
    EXPECT_TRUE(learner.step(batch));
  }
  Checkpoint checkpoint =
      forecast_checkpoint(learner, series->schema(), scaling, tasks(), Interval::H1);
  return {std::move(learner), std::move(scaling), std::move(checkpoint)};
}

/// As it comes back from a file.
strategies::ForecastModel reread(const Checkpoint& checkpoint) {
  const auto bytes = inference::encode_checkpoint(checkpoint).value();
  auto model = forecaster_of(inference::decode_checkpoint(bytes, "f").value(), "f");
  EXPECT_TRUE(model) << model.error().context;
  return std::move(model).value();
}

TEST(ForecastFile, TradesTheForecastsOfTheBackTestToTheBit) {
  Trained t = trained();
  const auto series = a_series(900, 9);
  ASSERT_EQ(series->interval(), Interval::H1);
  const ForecastRows rows(series, t.scaling, 7);
  for (const std::int64_t steps : {0, 1, 5}) {
    ForecastRule rule;
    rule.window = 40;
    rule.adaptation_steps = steps;
    rule.threshold = 0.05;
    const auto test = trade_forecasts(t.learner, rows, 0, 900, rule, {}).value();
    strategies::ForecastParts parts{{.window = 40, .adaptation_steps = steps, .threshold = 0.05},
                                    {reread(t.checkpoint)}};
    const auto strategy =
        strategies::ForecastStrategy::create(parts, series->instrument(), Interval::H1).value();
    const auto names = strategies::forecast_observation_names(series->schema());
    const auto column =
        static_cast<std::size_t>(std::ranges::find(names, "expected_return") - names.begin());
    std::size_t compared = 0;
    for (const Bar& bar : series->bars()) {
      const Opinion opinion = strategy->on_bar(bar, {}, {});
      if (opinion.warming_up) continue;
      const auto same = std::ranges::find(test, bar.close_time, &ForecastBar::date);
      if (same == test.end()) continue;  // The last bar: there is none after it to trade in.
      ASSERT_EQ(opinion.observation[column], same->prediction) << format_time(bar.close_time);
      // The back-test holds over the next bar what was decided at this one's close.
      ASSERT_NE(opinion.target->weight == 0.0, std::abs(same->position) > 0.5);
      ASSERT_GE(opinion.target->weight * same->position, 0.0);
      ++compared;
    }
    EXPECT_EQ(compared, 900 - strategy->warm_up_bars()) << "all but the last bar";
  }
}

TEST(ForecastFile, NeverChangesItsWeights) {
  const strategies::ForecastModel model = reread(trained().checkpoint);
  const std::vector<float> x(11 * 30, 0.5F);
  const std::vector<float> y(30, 2.0F);
  const std::vector<float> row(11, 0.1F);
  const auto first = model.forecaster->forecast(x, y, 5, row);
  for (int i = 0; i < 5; ++i) {
    const std::vector<float> other(11 * 30, -1.0F * static_cast<float>(i));
    (void)model.forecaster->forecast(other, y, 5, row);
  }
  const auto again = model.forecaster->forecast(x, y, 5, row);
  EXPECT_EQ(first.forecast, again.forecast);
  EXPECT_EQ(first.base, again.base);
  EXPECT_LT(first.loss_after, first.loss_before);
  EXPECT_EQ(model.forecaster->forecast(x, y, 0, row).forecast, first.base);
}

TEST(ForecastFile, SaysWhatItWasTrainedFor) {
  const strategies::ForecastSpec spec = reread(trained().checkpoint).spec;
  EXPECT_EQ(spec.horizon, 7);
  EXPECT_EQ(spec.support_rows, 30);
  EXPECT_EQ(spec.inner_steps, 3);
  EXPECT_EQ(spec.interval, Interval::H1);
  EXPECT_EQ(spec.features, features::Kind::Chapter);
  EXPECT_EQ(spec.scaling.factor.size(), 11U);
}

TEST(ForecastFile, ThatIsNoneIsRefusedWithWhatIsWrong) {
  const Checkpoint good = trained().checkpoint;
  const auto refusal = [](const Checkpoint& c) {
    const auto made = forecaster_of(c, "a-file");
    return made.has_error() ? made.error().context : std::string();
  };
  const auto says = [&](const Checkpoint& c, std::string_view what) {
    const std::string told = refusal(c);
    EXPECT_NE(told.find(what), std::string::npos) << told;
    EXPECT_NE(told.find("a-file"), std::string::npos) << told;
  };
  EXPECT_EQ(refusal(good), "");
  Checkpoint bad = good;
  bad.kind = "market_policy";
  says(bad, "holds a market_policy");
  bad = good;
  bad.schema.replace(bad.schema.find(" = "), 3, " = other ");
  says(bad, "other");
  bad = good;
  bad.schema = "future version 1\n";
  says(bad, "future");
  for (const std::string key : {"horizon", "support_rows", "inner_steps"}) {
    bad = good;
    bad.config.replace(bad.config.find(key + " = "), key.size(), "x");
    says(bad, key);
  }
  bad = good;
  bad.config.erase(bad.config.find("interval = "));
  says(bad, "length of bars");
  bad = good;
  std::erase_if(bad.tensors, [](const auto& t) { return t.name == "layer.1.bias"; });
  says(bad, "layer.1.bias");
  bad = good;
  for (auto& tensor : bad.tensors)
    if (tensor.name == "layer.0.bias") {
      std::vector<float> values = tensor.floats().value();
      values[2] = std::numeric_limits<float>::quiet_NaN();
      tensor = inference::Tensor::of(tensor.name, tensor.shape, std::span<const float>(values));
    }
  says(bad, "finite");
}

TEST(ForecastFile, ThatIsCutOffOrForeignIsRefused) {
  const test::Folder folder;
  const auto path = folder.path() / "f.safetensors";
  const auto code = [&] { return read_forecast_file(path).error().code; };
  EXPECT_EQ(code(), ErrorCode::NotFound);
  ASSERT_TRUE(inference::save_checkpoint(path, trained().checkpoint));
  ASSERT_TRUE(read_forecast_file(path));
  const auto size = std::filesystem::file_size(path);
  for (const auto part : {size - 1, size / 2, std::uintmax_t{100}, std::uintmax_t{0}}) {
    std::filesystem::resize_file(path, part);
    EXPECT_EQ(code(), ErrorCode::Corrupt) << part;
  }
  std::ofstream(path) << "no checkpoint at all";
  EXPECT_EQ(code(), ErrorCode::Corrupt);
}

}  // namespace
}  // namespace proteus::maml
