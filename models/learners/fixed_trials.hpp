// Trials that are given and not drawn: one environment each, all played at once from first to last
// step. For tests on bars that training has not seen.
#pragma once

#include <memory>
#include <vector>

#include "models/evaluation/episodes.hpp"
#include "models/learners/agent_file.hpp"
#include "models/learners/vector_env.hpp"

namespace proteus::learners {

/// When a trial is over its environment rests; reset() begins all of them anew. `forgets`: each end
/// of an episode is told as that of a trial, so that the agent's memory is cleared there, while the
/// market goes on all the same.
class FixedTrials : public VectorEnv {
 public:
  /// As many environments in `env` as tasks, at least one; none with more than `trial_steps`.
  /// Errors: what MarketEnv says to the tasks.
  static Result<std::unique_ptr<FixedTrials>> create(training::MarketEnv env,
                                                     const training::ActionSettings& actions,
                                                     std::vector<training::Task> tasks,
                                                     bool forgets);

  [[nodiscard]] std::size_t size() const override { return tasks_.size(); }
  [[nodiscard]] std::size_t columns() const override { return env_.observation().columns(); }
  [[nodiscard]] std::size_t actions() const override { return choices_ == 0 ? 1 : choices_; }
  [[nodiscard]] std::size_t trial_steps() const override;
  /// The tasks are the same for every seed.
  void reset(std::uint64_t seed) override;
  [[nodiscard]] bool weighs() const override { return choices_ == 0; }
  void step(std::span<const std::int32_t> actions) override;
  void step_weights(std::span<const float> weights) override;
  [[nodiscard]] std::span<const float> observations() const override { return env_.observations(); }
  [[nodiscard]] std::span<const float> final_observations() const override {
    return env_.final_observations();
  }
  [[nodiscard]] std::span<const float> rewards() const override { return rewards_; }
  [[nodiscard]] std::span<const training::StepEnd> ends() const override { return ends_; }
  void archive(Archive& a) override;

  [[nodiscard]] bool done() const { return left_ == 0; }
  /// What was done since the last reset.
  [[nodiscard]] const std::vector<evaluation::Trial>& trials() const { return trials_; }

 private:
  FixedTrials(training::MarketEnv env, std::int64_t choices, std::vector<training::Task> tasks,
              bool forgets);
  void step_said();
  void record(std::size_t i);

  training::MarketEnv env_;
  std::size_t choices_;
  std::vector<training::Task> tasks_;
  std::vector<std::shared_ptr<const training::Series>> series_;
  bool forgets_;
  std::size_t left_ = 0;  ///< trials that are not over
  std::vector<training::Action> said_;
  std::vector<float> rewards_;
  std::vector<training::StepEnd> ends_;
  std::vector<std::uint8_t> over_;
  std::vector<evaluation::Trial> trials_;
};

struct UnseenTrials {
  std::vector<std::shared_ptr<const training::Series>> series;
  training::Period period;
  std::int64_t most = 256;  ///< trials at most, spread over all that there are
  bool forgets = false;
};

/// Whole trials of the agent's own length, one behind the other through the period of every series
/// without overlap, with its likeliest actions and frozen moments. `risk`: where it was trained
/// with env.sizing = engine. Errors: NotFound (no trial fits), those of MarketEnv.
Result<std::vector<evaluation::Trial>> play_unseen(const LoadedAgent& agent,
                                                   const UnseenTrials& unseen,
                                                   const training::EngineRiskSettings& risk);

}  // namespace proteus::learners
