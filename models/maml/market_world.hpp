// A market as a task for policies that adapt (policy_learner.hpp): support trajectories on some
// bars, query trajectories on later ones of the same series.
//
//   support   trajectory i decides first at bar start + i x stagger, and trades `horizon` bars
//   gap       bars between the last bar that support traded and the first that query decides at
//   query     likewise
//
// So no bar that earned a support reward earns a query one. An action is the weight itself
// (training/actions.hpp). A trajectory whose account is ruined earns 0 from there on. Every
// trajectory is an account of its own: none moves the price of another.
#pragma once

#include <memory>
#include <string>
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

}  // namespace proteus::maml
