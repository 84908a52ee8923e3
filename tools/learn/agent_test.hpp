// The test of an RL² agent, or of the baseline without a memory: whole trials on bars that it has
// not seen, by episode, with its memory kept and with its memory cleared.
#pragma once

#include "engine/core/settings.hpp"
#include "models/training/engine_risk.hpp"
#include "tools/train/recipe.hpp"

namespace proteus::app::train {

struct AgentTest {
  std::int64_t trials = 256;
  std::int64_t draws = 2'000;

  static constexpr auto settings() {
    using T = AgentTest;
    return std::tuple{
        setting("trials", &T::trials,
                "trials of the test at most, spread over all that fit behind one another", 1,
                100'000),
        setting("draws", &T::draws, "of the bootstrap behind the test's interval", 100, 1'000'000)};
  }
};

/// Files: test.csv, a line an episode, and test_curves.csv, mean capital after each step. Errors:
/// those of load_agent and play_unseen.
Result<TestReport> test_agent(const inference::Checkpoint& model,
                              const training::EngineRiskSettings& risk, const AgentTest& settings,
                              const TestData& data);

}  // namespace proteus::app::train
