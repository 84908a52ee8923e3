// Bandits as environments: no observation, one pull a step, a trial of a fixed number of pulls.
#pragma once

#include "models/learners/known_answers/array_env.hpp"

namespace proteus::learners {

/// Each arm pays 1 with a chance drawn from [0, 1] for each trial.
class BernoulliBandit : public ArrayEnv {
 public:
  /// Dependent: two arms, whose chances are p and 1 - p.
  enum class Arms : std::uint8_t { Independent, Dependent };
  BernoulliBandit(std::size_t size, std::size_t arms, std::size_t pulls, Arms kind);

  void reset(std::uint64_t seed) override;
  void step(std::span<const std::int32_t> actions) override;
  void archive(Archive& a) override;
  /// Regret of the last step of each environment: the best arm's chance less that of the one
  /// pulled.
  [[nodiscard]] std::span<const float> regrets() const { return regrets_; }

 private:
  void deal(std::size_t i);

  Arms kind_;
  std::vector<float> chances_;      ///< [size, arms]
  std::vector<std::size_t> pulls_;  ///< of the running trial so far
  std::vector<float> regrets_;
};

/// Eleven arms, of which the last tells which of the others pays (known_answers/telling_arm.hpp).
class TellingArmBandit : public ArrayEnv {
 public:
  /// `first`: pulls of the first inner episode; the second has the rest. 0: one episode.
  TellingArmBandit(std::size_t size, std::size_t choices, std::size_t pulls, std::size_t first);

  void reset(std::uint64_t seed) override;
  void step(std::span<const std::int32_t> actions) override;
  void archive(Archive& a) override;

 private:
  std::size_t first_pulls_;
  std::vector<std::size_t> targets_;
  std::vector<std::size_t> pulls_;
};

}  // namespace proteus::learners
