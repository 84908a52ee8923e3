// What a learner is fed by: features of bars, steps of environments whose features are there.
#include <algorithm>

#include "models/training/market_env.hpp"
#include "strategies/features/feature_set.hpp"
#include "tests/bench/learning/agent.hpp"
#include "tests/bench/learning/rows.hpp"
#include "tests/bench/measure.hpp"

namespace proteus::bench {
namespace {

double feature_rate(const LearningPlan& plan, Table& table) {
  const auto series = make_series(plan.tiny ? 300 : 16'000).back();
  const auto set = std::move(features::make_feature_set(features::Kind::Chapter,
                                                        series->instrument(), series->interval()))
                       .value();
  const auto [took] = take_turns(4 * plan.rounds, [&] {
    set->reset();
    return time_of([&] {
             for (const Bar& bar : series->bars())
               set->update(bar, {.known = true, .rate_e9 = 100'000});
           }) /
           static_cast<double>(series->size());
  });
  table.require(std::ranges::equal(set->values(), series->features(series->size() - 1)),
                "the features that were timed are not those of the series");
  return 1e9 / took.median;
}

double environment_rate(const LearningPlan& plan) {
  const auto env = make_environments(make_series(1'000), plan.environments, plan.steps);
  env->reset(1);
  market::Random random{1, "actions"};
  std::vector<std::int32_t> actions(plan.steps * plan.environments);
  for (std::int32_t& action : actions) action = static_cast<std::int32_t>(3.0 * random.uniform());
  const auto [took] = take_turns(plan.rounds, [&] {
    return time_of([&] {
             for (std::size_t at = 0; at < actions.size(); at += plan.environments)
               env->step(std::span(actions).subspan(at, plan.environments));
           }) /
           static_cast<double>(actions.size());
  });
  return 1e9 / took.median;
}

}  // namespace

void measure_market(const LearningPlan& plan, const Reference& reference, Table& table) {
  add_least(table, reference,
            {"features, eleven a row", feature_rate(plan, table), "rows/s", "rl2.features.cpu",
             12e6, ""});
  add_least(table, reference,
            {"environments alone, random actions", environment_rate(plan), "steps/s",
             "rl2.env_only.cpu", 2e6, ""});
}

}  // namespace proteus::bench
