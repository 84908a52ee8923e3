// The hidden-drift market (known_answers/drift_market.hpp) as an environment: one trial is one
// path, and what a step pays is position times log return less the cost of changing the position.
#pragma once

#include "models/evaluation/known_answers/drift_market.hpp"
#include "models/learners/known_answers/array_env.hpp"

namespace proteus::learners {

/// Actions 0, 1, 2: short, flat, long, held over the next bar. Observation: the log return of the
/// bar that closed, in deviations, and the position held. Nothing is held before the first close.
/// With weights an action is the position w itself, in [-1, 1]. What a path pays is then the mean
/// over u in [0, 1] of what the positions sign(w) [|w| > u] pay, the cost of every change included:
/// no rule of weights beats the best of three positions.
class DriftEnv : public ArrayEnv {
 public:
  /// The log returns of the path that environment `i` is on, those to come included.
  [[nodiscard]] std::span<const double> path(std::size_t i) const { return paths_[i].returns; }

  /// cost: of changing the position by one unit, as a fraction. The market has two bars or more.
  DriftEnv(std::size_t size, const evaluation::DriftMarket& market, double cost,
           bool weighs = false);
  void reset(std::uint64_t seed) override;
  void step(std::span<const std::int32_t> actions) override;
  [[nodiscard]] bool weighs() const override { return weighs_; }
  void step_weights(std::span<const float> weights) override;
  void archive(Archive& a) override;

 private:
  struct Path {
    std::vector<double> returns;
    std::size_t bar = 0;  ///< last closed
    double position = 0.0;
    void archive(Archive& a) { a(returns, bar, position); }
  };
  void begin(std::size_t i);
  void hold(std::size_t i, double wanted);
  void show(std::size_t i);

  evaluation::DriftMarket market_;
  double cost_;
  bool weighs_;
  std::vector<Path> paths_;
};

}  // namespace proteus::learners
