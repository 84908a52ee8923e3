// What a step of the training environment costs, with 64 environments on one core: features are
// there already, and no network is asked. The reference is the same number of observations copied.
#include <algorithm>
#include <vector>

#include "engine/market/random.hpp"
#include "models/training/market_env.hpp"
#include "models/training/synthetic.hpp"
#include "tests/bench/heap.hpp"
#include "tests/bench/measure.hpp"

namespace proteus::bench {
namespace {

using namespace training;

constexpr std::size_t kEnvs = 64;
constexpr double kEnvironmentGoal = 500.0;  // Two million steps a second.
constexpr std::uint64_t kSeed = 20'250'529;

MarketEnv make(const Series& series, ActionSet set) {
  auto observation =
      features::PolicyObservation::create(series.schema(), features::TimeShare::Episode);
  MarketEnv::Settings settings;
  settings.actions.set = set;
  return std::move(MarketEnv::create(settings, std::move(observation).value(), kEnvs)).value();
}

/// Every step of every environment: random, or nothing at all.
std::vector<Action> make_actions(std::size_t steps, bool hold) {
  market::Random random{kSeed, "actions"};
  std::vector<Action> actions(steps * kEnvs);
  for (Action& action : actions)
    action.choice = hold ? 2 : static_cast<std::int64_t>(3.0 * random.uniform());
  return actions;
}

}  // namespace

void measure_training(const Size& size, Report& report) {
  const std::size_t steps = size.tiny ? 50 : 1'000;
  const auto series =
      synthetic_series({.kind = SyntheticKind::Bull, .bars = 2 * steps + 200}, kSeed).value();
  const auto reset = [&](MarketEnv& env) {
    for (std::size_t i = 0; i < kEnvs; ++i) {
      const std::size_t start = series->first_ready() + i * steps / kEnvs;
      report.require(
          env.reset(i, {.series = series, .start = start, .episode_bars = steps}).has_value(),
          "a training environment does not take its task");
    }
  };
  const auto play = [&](MarketEnv& env, const std::vector<Action>& actions) {
    reset(env);
    const std::uint64_t before = allocations();
    const Took took = time_of([&] {
      for (std::size_t at = 0; at < actions.size(); at += kEnvs)
        env.step(std::span(actions).subspan(at, kEnvs));
    });
    const std::uint64_t made = allocations() - before;
    report.require(made == 0, "a step of the training environment allocates");
    for (const StepInfo& info : env.infos()) report.mix(info.capital);
    return took / static_cast<double>(actions.size());
  };

  MarketEnv env = make(*series, ActionSet::Target);
  MarketEnv calm = make(*series, ActionSet::BuySellHold);
  const auto random = make_actions(steps, false);
  const auto hold = make_actions(steps, true);
  const std::span<const float> rows = env.observations();
  std::vector<float> copied(rows.size() + 1);
  const auto copy = [&] {
    const Took took = time_of([&] {
      for (std::size_t i = 0; i < steps; ++i)
        std::copy(rows.begin(), rows.end(), copied.begin() + static_cast<std::ptrdiff_t>(i % 2));
    });
    report.mix(static_cast<double>(copied[1]));
    return took / static_cast<double>(steps * kEnvs);
  };
  const auto [reference, acting, holding] = take_turns(
      size.rounds, copy, [&] { return play(env, random); }, [&] { return play(calm, hold); });
  const std::string what = "a copy of the observations";
  report.figures.push_back(
      {"environment, random targets", acting, what, reference, kEnvironmentGoal});
  report.figures.push_back(
      {"environment, nothing traded", holding, what, reference, kEnvironmentGoal});

  double fills = 0.0;
  for (std::size_t i = 0; i < kEnvs; ++i)
    fills += static_cast<double>(env.books(i)[InstrumentId{0}].fills);
  report.facts.push_back("fills per step of the trading environments: " +
                         std::to_string(fills / static_cast<double>(steps * kEnvs)));
}

}  // namespace proteus::bench
