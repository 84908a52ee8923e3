// Training beside the floor, in the same rounds; and the time from an observation to an action.
#include <fmt/format.h>

#include <algorithm>

#include "tests/bench/learning/agent.hpp"
#include "tests/bench/learning/floor.hpp"
#include "tests/bench/learning/rows.hpp"
#include "tests/bench/measure.hpp"

namespace proteus::bench {
namespace {

/// One size of training and its floor.
struct Case {
  std::size_t environments;
  std::size_t epochs;
  double demand;  ///< share of the floor at least; 0: none
};

struct Rates {
  double floor = 0.0;  ///< environment steps a second
  double ours = 0.0;
};

Rates measure(const LearningPlan& plan, const Case& c, Table& table) {
  Floor floor(plan.steps, c.environments, c.epochs);
  Agent agent(c.environments, plan.steps, c.epochs);
  const double steps = static_cast<double>(plan.steps * c.environments);
  const auto [bare, whole] = take_turns(
      plan.rounds, [&] { return time_of([&] { floor.run(); }) / steps; },
      [&] { return time_of([&] { agent.iterate(); }) / steps; });
  const auto iterations = static_cast<std::int64_t>(plan.rounds) + 1;
  table.require(agent.updates() == iterations * static_cast<std::int64_t>(c.epochs),
                fmt::format("of {} iterations with {} updates each {} updates were done",
                            iterations, c.epochs, agent.updates()));
  table.require(agent.parameters() == 102'148,
                fmt::format("the agent has {} parameters, not 102148", agent.parameters()));
  const Rates rates{1e9 / bare.median, 1e9 / whole.median};
  table.facts.push_back(fmt::format(
      "{} environments, {} epochs: floor {:.1f} GFLOP/s; by the wall clock training {:.0f} and "
      "floor {:.0f} steps/s; parameters {:016x}",
      c.environments, c.epochs, floor.operations() / (bare.median * steps), 1e9 / whole.wall,
      1e9 / bare.wall, agent.hash()));
  return rates;
}

/// Medians over the rounds of the median and the 99th percentile, microseconds.
std::pair<double, double> action_times(const LearningPlan& plan) {
  const int calls = plan.tiny ? 20 : 2'000;
  const auto env = make_environments(make_series(1'000), 1, plan.steps);
  learners::Inputs inputs(learners::InputSettings{}, *env);
  const policy::ActorCritic policy({}, static_cast<std::int64_t>(inputs.width()), 3, 1);
  learners::Actor actor(policy, *env, inputs, 1);
  std::vector<float> told(inputs.width());
  std::vector<double> middle;
  std::vector<double> late;
  for (int round = 0; round < plan.rounds; ++round) {
    std::vector<double> took;
    for (int call = 0; call < calls; ++call) {
      took.push_back(wall_of([&] { actor.decide(told); }) / 1e3);
      actor.advance();
    }
    middle.push_back(median(took));
    late.push_back(percentile(std::move(took), 0.99));
  }
  return {median(std::move(middle)), median(std::move(late))};
}

}  // namespace

void measure_rl2(const LearningPlan& plan, const Reference& reference, Table& table) {
  for (const Case& c : {Case{plan.environments, 1, 0.5}, Case{plan.environments, 4, 0.6}}) {
    const Rates rates = measure(plan, c, table);
    const double share = rates.ours / rates.floor;
    table.rows.push_back(
        {fmt::format("RL2 training, {} environments, epochs {}: share of the floor", c.environments,
                     c.epochs),
         fmt::format("{:.3f}", share), fmt::format(">= {}", c.demand), share >= c.demand,
         fmt::format("{:.0f} steps/s, floor {:.0f}", rates.ours, rates.floor)});
  }
  const Rates few = measure(plan, {5, 1, 0.0}, table);
  add_rate(table, reference,
           {"RL2 training, 5 environments", few.ours, "steps/s", "rl2.overall.cpu", 25.0,
            fmt::format("{:.2f} of the floor, {:.0f}", few.ours / few.floor, few.floor)});
  const auto [p50, p99] = action_times(plan);
  add_time(table, reference,
           {"action, p50", p50, "us", "rl2.get_action.p50", 10.0,
            "30 without"
            " hand-written kernels"});
  add_time(table, reference, {"action, p99", p99, "us", "rl2.get_action.p99", 0.0, ""});
}

}  // namespace proteus::bench
