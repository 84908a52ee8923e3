// A market as a task for policies that adapt (policy_learner.hpp): support trajectories on some
// bars, query trajectories on later ones of the same series.
//
//   support   trajectory i decides first at bar start + i x stagger, and trades `horizon` bars
//   gap       bars between the last bar that support traded and the first that query decides at
//   query     likewise
//
// So no bar that earned a support reward earns a query one. An action is the weight itself
// (training/actions.hpp). A trajectory ends where its account is ruined. Every
// trajectory is an account of its own: none moves the price of another.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/maml/policy_learner.hpp"
#include "models/training/market_env.hpp"
#include "models/training/task_sampler.hpp"

namespace proteus::maml {

struct MarketTaskSettings {
  std::int64_t tasks = 20;
  std::int64_t gap = 5;
  std::int64_t stagger = 1;
  std::int64_t spacing = 10;
  training::Balance balance = training::Balance::Series;
  std::string regime;

  static constexpr auto settings() {
    using M = MarketTaskSettings;
    return std::tuple{
        setting("tasks", &M::tasks, "tasks of an outer step", 1, 10'000),
        setting("gap", &M::gap, "bars between the last of support and the first of query", 1,
                100'000),
        setting("stagger", &M::stagger, "bars between the starts of two trajectories", 0, 10'000),
        setting("spacing", &M::spacing, "bars between the starts that tasks may have", 1,
                1'000'000),
        setting("balance", &M::balance,
                "what is drawn alike: none (every start), series, interval or regime"),
        setting("regime", &M::regime,
                "tasks of this regime alone: bull, bear, high_volatility or "
                "sideways; empty: all")};
  }
};

/// How the trajectories of a task lie in it; all in bars but the first.
struct MarketShape {
  std::size_t trajectories = 0;
  std::size_t horizon = 0;
  std::size_t stagger = 0;
  std::size_t gap = 0;

  /// From the first decision of a part to the last bar that it trades.
  [[nodiscard]] std::size_t part_bars() const { return horizon + (trajectories - 1) * stagger; }
  [[nodiscard]] std::size_t query_offset() const { return part_bars() + gap; }
  [[nodiscard]] std::size_t task_bars() const { return query_offset() + part_bars(); }
};

/// Draws stretches that a whole task fits into. Errors: those of TaskSampler::create.
Result<training::TaskSampler> market_sampler(
    std::vector<std::shared_ptr<const training::Series>> series, const MarketTaskSettings& settings,
    const MarketShape& shape, const training::Period& period, std::uint64_t seed);

class MarketWorld final : public World {
 public:
  /// Without a task yet. Errors: Unsupported (actions that are not weights), and those of
  /// MarketEnv::create.
  static Result<std::unique_ptr<MarketWorld>> create(const training::MarketEnv::Settings& settings,
                                                     const features::PolicyObservation& observation,
                                                     const MarketShape& shape);

  /// From here on the world is the stretch that begins at `task.start`. Errors: OutOfRange, where
  /// the series ends before the query does; Unsupported, for features that the observation does not
  /// have.
  Result<void> place(const training::Task& task);

  void begin(Part part, std::size_t trajectories, std::span<float> observations) override;
  void step(std::span<const float> actions, std::span<float> rewards,
            std::span<float> observations) override;
  [[nodiscard]] std::span<const std::uint8_t> over() const override { return env_.trial_over(); }

  /// The bar of the first decision of a trajectory.
  [[nodiscard]] std::size_t first_bar(Part part, std::size_t trajectory) const;
  /// Bar and money after the last step.
  [[nodiscard]] std::span<const training::StepInfo> infos() const { return env_.infos(); }

 private:
  MarketWorld(training::MarketEnv env, const MarketShape& shape);

  training::MarketEnv env_;
  MarketShape shape_;
  training::Task task_;
  std::vector<training::Action> said_;
};

}  // namespace proteus::maml
