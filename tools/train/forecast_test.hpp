// The test of a forecaster that adapts: its error by inner steps on bars that it has not seen, and
// what its forecasts earn with adaptation and without.
#pragma once

#include "engine/core/settings.hpp"
#include "models/maml/forecast_trading.hpp"
#include "tools/train/recipe.hpp"

namespace proteus::app::train {

struct ForecastTest {
  std::int64_t tasks = 1'000;
  std::int64_t draws = 2'000;

  static constexpr auto settings() {
    using T = ForecastTest;
    return std::tuple{
        setting("tasks", &T::tasks,
                "tasks of the test's error at most, spread over all that do not overlap", 1,
                1'000'000),
        setting("draws", &T::draws, "of the bootstrap behind the test's interval", 100, 1'000'000)};
  }
};

/// Files: test.csv, the metrics with adaptation and without, and test_bars.csv, a line for each bar
/// of each series: date, price, prediction, actual_return, position, position_return, capital.
/// Errors: those of load_forecaster, ForecastTasks and trade_forecasts.
Result<TestReport> test_forecaster(const inference::Checkpoint& model,
                                   const maml::ForecastSettings& tasks,
                                   const ForecastTest& settings, const maml::ForecastRule& rule,
                                   const TestData& data);

}  // namespace proteus::app::train
