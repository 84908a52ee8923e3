// A policy at work in many environments at once: what it is told, what it remembers, what it says.
// Training and testing both go through this one class. No gradients.
#pragma once

#include <span>
#include <vector>

#include "engine/market/random.hpp"
#include "models/learners/inputs.hpp"
#include "models/learners/streams.hpp"
#include "models/policy/actor_critic.hpp"

namespace proteus::learners {

enum class Choice : std::uint8_t { Sampled, Greedy };

class Actor {
 public:
  /// All three must outlive it. `seed` decides the tasks and the samples, those of each environment
  /// apart.
  Actor(const policy::ActorCritic& policy, VectorEnv& env, Inputs& inputs, std::uint64_t seed,
        Choice choice = Choice::Sampled);

  /// New trials everywhere, with nothing remembered. Called again, tasks are new ones.
  void begin();
  /// What to do now. Writes what the policy was told to `input`, [environments, width].
  void decide(std::span<float> input);
  /// Does it. Where a trial ended the memory is cleared. `truncated_values`, if not empty:
  /// [environments], gets the value of the state that a cut-off episode would have come to.
  void advance(std::span<float> truncated_values = {});

  [[nodiscard]] std::span<const std::int32_t> actions() const { return actions_; }
  /// Before they are cut; empty where the environment takes choices.
  [[nodiscard]] std::span<const float> weights() const { return weights_; }
  [[nodiscard]] std::span<const float> log_chances() const { return log_chances_; }
  [[nodiscard]] std::span<const float> values() const { return values_; }  ///< of the last decide
  /// [environments, state_size]: before the next decide.
  [[nodiscard]] const torch::Tensor& state() const { return state_; }
  /// Value of the states that the environments are in now; changes nothing but `scratch`,
  /// [environments, width].
  void value_now(std::span<float> scratch, std::span<float> out);
  /// What it remembers and its random numbers; environments and inputs keep their own.
  void archive(Archive& a);

 private:
  void choose(const float* outputs);
  void choose_weights(const float* outputs);
  void bootstrap(std::span<float> out) const;

  const policy::ActorCritic& policy_;
  VectorEnv& env_;
  Inputs& inputs_;
  market::Random begins_;  ///< a seed for each time that all trials begin
  Streams samples_;
  Choice choice_;
  torch::Tensor state_;
  std::vector<std::int32_t> actions_;
  std::vector<float> weights_;
  std::vector<float> log_chances_;
  std::vector<float> values_;
  std::vector<float> chances_;  ///< scratch
};

}  // namespace proteus::learners
