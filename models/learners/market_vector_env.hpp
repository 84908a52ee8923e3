// The market as every learner sees its environments: training::MarketEnv with tasks from a sampler,
// a new one as soon as a trial is over. The continuous
// weight of a position is an action too (VectorEnv::weighs).
#pragma once

#include <memory>
#include <vector>

#include "models/learners/streams.hpp"
#include "models/learners/vector_env.hpp"
#include "models/training/market_env.hpp"
#include "models/training/task_sampler.hpp"

namespace proteus::learners {

class MarketVectorEnv : public VectorEnv {
 public:
  /// Errors: what MarketEnv says to the sampler's tasks.
  static Result<std::unique_ptr<MarketVectorEnv>> create(training::MarketEnv env,
                                                         const training::ActionSettings& actions,
                                                         training::TaskSampler sampler);

  [[nodiscard]] std::size_t size() const override { return env_.size(); }
  [[nodiscard]] std::size_t columns() const override { return env_.observation().columns(); }
  [[nodiscard]] std::size_t actions() const override { return actions_; }
  [[nodiscard]] std::size_t trial_steps() const override { return trial_steps_; }
  void reset(std::uint64_t seed) override;
  [[nodiscard]] bool weighs() const override { return weighs_; }
  void step(std::span<const std::int32_t> actions) override;
  void step_weights(std::span<const float> weights) override;
  [[nodiscard]] std::span<const float> observations() const override { return env_.observations(); }
  [[nodiscard]] std::span<const float> final_observations() const override {
    return env_.final_observations();
  }
  [[nodiscard]] std::span<const float> rewards() const override { return rewards_; }
  [[nodiscard]] std::span<const training::StepEnd> ends() const override { return ends_; }
  void archive(Archive& a) override;
  /// Money and position after the last step; of an environment whose trial ended with it, those at
  /// its end.
  [[nodiscard]] std::span<const training::StepInfo> infos() const { return infos_; }

 private:
  MarketVectorEnv(training::MarketEnv env, std::int64_t choices, training::TaskSampler sampler);
  void step_said();
  [[nodiscard]] training::StepEnd end_of(std::size_t i) const;
  void next_trial(std::size_t i);

  training::MarketEnv env_;
  bool weighs_;
  std::size_t actions_;
  training::TaskSampler sampler_;
  Streams random_;  ///< of the tasks
  std::size_t trial_steps_;
  std::vector<training::Action> said_;
  std::vector<float> rewards_;
  std::vector<training::StepEnd> ends_;
  std::vector<training::StepInfo> infos_;
};

}  // namespace proteus::learners
