// The training that is measured: the agent of 102 148 parameters (encoder 128, GRU 128) on the
// eleven features of the chapter, trials of three episodes, everything else as it is by default but
// for two settings. A minibatch is all environments, as in the floor, and no divergence ends the
// epochs early, so that every iteration does the same work.
#pragma once

#include <memory>
#include <vector>

#include "models/learners/market_vector_env.hpp"
#include "models/learners/ppo.hpp"

namespace proteus::bench {

/// Five synthetic markets of a thousand bars.
std::vector<std::shared_ptr<const training::Series>> make_series(std::size_t bars);

/// Environments over `series` whose trials are three episodes of steps / 3.
std::unique_ptr<learners::MarketVectorEnv> make_environments(
    const std::vector<std::shared_ptr<const training::Series>>& series, std::size_t count,
    std::size_t steps);

class Agent {
 public:
  /// In a group, which must outlive it, every rank has so many environments.
  Agent(std::size_t environments, std::size_t steps, std::size_t epochs,
        learners::Group* group = nullptr);
  /// A rollout and what is learned from it.
  void iterate();
  [[nodiscard]] std::int64_t parameters() const { return policy_->parameter_count(); }
  [[nodiscard]] std::int64_t updates() const { return updates_; }
  [[nodiscard]] std::uint64_t hash() const;

 private:
  std::unique_ptr<learners::MarketVectorEnv> env_;
  std::unique_ptr<policy::ActorCritic> policy_;
  std::unique_ptr<learners::Ppo> ppo_;
  std::int64_t updates_ = 0;
};

}  // namespace proteus::bench
