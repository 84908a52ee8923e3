// Meta-learning of a network of 11-64-64-1 from tasks of 20 support and 10 query rows, four a step,
// five inner steps: the sizes of the plain program.
#include <fmt/format.h>

#include "models/maml/forecast_trading.hpp"
#include "tests/bench/learning/agent.hpp"
#include "tests/bench/learning/rows.hpp"
#include "tests/bench/measure.hpp"

namespace proteus::bench {
namespace {

using maml::Learner;
using maml::LearnerSettings;
using maml::Method;

maml::TaskBatch<float> make_batch() {
  maml::TaskBatch<float> batch{.tasks = 4,
                               .support_rows = 20,
                               .query_rows = 10,
                               .support_x = {},
                               .support_y = {},
                               .query_x = {},
                               .query_y = {}};
  market::Random random{1, "tasks"};
  const auto fill = [&](std::vector<float>& values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random.normal()));
  };
  fill(batch.support_x, 4 * 20 * 11);
  fill(batch.support_y, 4 * 20);
  fill(batch.query_x, 4 * 10 * 11);
  fill(batch.query_y, 4 * 10);
  return batch;
}

Learner<float> make_learner(Method method) {
  LearnerSettings settings;
  settings.method = method;
  auto net = maml::Mlp::create(11, {64, 64}, 1, maml::Activation::Relu).value();
  return Learner<float>::create(settings, std::move(net), 1).value();
}

/// Microseconds of processor time, median.
double step_time(const LearningPlan& plan, Method method) {
  Learner<float> learner = make_learner(method);
  const maml::TaskBatch<float> batch = make_batch();
  const int calls = plan.tiny ? 2 : 100;
  const auto [took] = take_turns(plan.rounds, [&] {
    return time_of([&] {
             for (int i = 0; i < calls; ++i) (void)learner.step(batch).value();
           }) /
           static_cast<double>(calls);
  });
  return took.median / 1e3;
}

double adapt_time(const LearningPlan& plan) {
  Learner<float> learner = make_learner(Method::SecondOrder);
  const maml::TaskBatch<float> batch = make_batch();
  const std::span<const float> x(batch.support_x.data(), 20 * 11);
  const std::span<const float> y(batch.support_y.data(), 20);
  std::vector<double> medians;
  for (int round = 0; round < plan.rounds; ++round) {
    std::vector<double> took;
    for (int i = 0; i < (plan.tiny ? 5 : 500); ++i)
      took.push_back(wall_of([&] { (void)learner.adapt(x, y, 5); }) / 1e3);
    medians.push_back(median(std::move(took)));
  }
  return median(std::move(medians));
}

/// Bars a second of a back-test that adapts at each of them.
double backtest_rate(const LearningPlan& plan, Table& table) {
  Learner<float> learner = make_learner(Method::SecondOrder);
  const auto series = make_series(plan.tiny ? 200 : 2'000).back();
  const maml::ForecastRows rows(
      series,
      features::fit_scaling(series->rows(series->first_ready(), series->size()), series->columns()),
      5);
  std::size_t bars = 0;
  const auto [took] = take_turns(plan.rounds, [&] {
    const Took all = time_of([&] {
      bars = maml::trade_forecasts(learner, rows, 0, series->size(), {}, {}).value().size();
    });
    return all / static_cast<double>(bars);
  });
  // From the first whole window of known labels on; the last bar has none after it to trade in.
  const std::size_t expected = series->size() - 1 - (series->first_ready() + 5 + 20 - 1);
  table.require(bars == expected,
                fmt::format("the back-test traded {} of {} bars", bars, expected));
  return 1e9 / took.median;
}

}  // namespace

void measure_maml(const LearningPlan& plan, const Reference& reference, Table& table) {
  add_time(table, reference,
           {"MAML outer step, second order", step_time(plan, Method::SecondOrder), "us",
            "maml.meta_train_step.second_order.cpu", 600.0, "half of it is the aim"});
  add_time(table, reference,
           {"MAML outer step, first order", step_time(plan, Method::FirstOrder), "us",
            "maml.meta_train_step.first_order.cpu", 300.0, "half of it is the aim"});
  add_time(table, reference,
           {"MAML adapt, 5 steps on 20 rows", adapt_time(plan), "us", "maml.adapt.p50", 50.0, ""});
  add_least(table, reference,
            {"MAML back-test, adapting at every bar", backtest_rate(plan, table), "bars/s",
             "maml.backtest.cpu", 20'000.0, ""});
}

}  // namespace proteus::bench
