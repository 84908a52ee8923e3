// A pole on a cart, to be kept upright by pushing the cart left or right: the equations of Barto,
// Sutton, Anderson 1983 as Gym's CartPole-v1 integrates them (Euler, 20 ms; force 10 N; masses 1
// and 0.1 kg; half length 0.5 m). Reward 1 a step. The world ends beyond 12 degrees or 2.4 m; after
// 500 steps it is cut off. Every episode is a trial.
#pragma once

#include <array>

#include "models/learners/known_answers/array_env.hpp"

namespace proteus::learners {

class CartPole : public ArrayEnv {
 public:
  explicit CartPole(std::size_t size);
  void reset(std::uint64_t seed) override;
  void step(std::span<const std::int32_t> actions) override;
  void archive(Archive& a) override;

  /// Place (m), speed, angle (rad), its speed.
  using State = std::array<double, 4>;
  /// 20 ms later under a push to the right or left.
  static State after(const State& state, bool right);

 private:
  void begin(std::size_t i);
  void show(std::size_t i, std::span<float> out) const;

  std::vector<State> states_;
  std::vector<std::size_t> steps_;
};

}  // namespace proteus::learners
