// The smallest thing that really learns: a line through noisy points, by stochastic gradient
// descent from a random start. It stands for every trainer where the run around it is tested.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "models/runs/trainer.hpp"

namespace proteus::test {

class RegressionTrainer final : public runs::Trainer {
 public:
  /// `total` steps, 4 of them an iteration; validates every third iteration.
  RegressionTrainer(std::uint64_t seed, std::int64_t total) : random_(seed), total_(total) {
    weights_ = {uniform(), uniform()};
  }

  std::string_view unit() const override { return "steps"; }
  std::int64_t steps() const override { return steps_; }
  std::int64_t total_steps() const override { return total_; }

  Result<void> iterate(runs::Scalars& out) override {
    double loss = 0.0;
    for (int i = 0; i < 4; ++i) loss += step() / 4.0;
    steps_ += 4;
    const bool validates = ++iterations_ % 3 == 0;
    out.add("loss/train", loss);
    out.add("validation/loss", validates ? validation() : std::numeric_limits<double>::quiet_NaN());
    if (steps_ >= broken_from) {
      weights_ = good_;
      return error(ErrorCode::Refused, "loss/train was not finite three times in a row");
    }
    good_ = weights_;
    return success();
  }

  inference::Checkpoint model() const override {
    inference::Checkpoint c;
    c.kind = "line";
    c.schema = "x";
    c.action_map = "y";
    c.tensors = {inference::Tensor::of("line", {2}, std::span<const double>(weights_))};
    return c;
  }

  void archive(Archive& a) override { a(random_, weights_, good_, steps_, iterations_); }

  [[nodiscard]] const std::array<double, 2>& weights() const { return weights_; }

  /// From this step on every iteration is one too many that is not finite.
  std::int64_t broken_from = std::numeric_limits<std::int64_t>::max();

 private:
  /// SplitMix64 (Steele, Lea, Flood 2014), in (0, 1).
  double uniform() {
    std::uint64_t z = (random_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (static_cast<double>((z ^ (z >> 31)) >> 12) + 0.5) * 0x1.0p-52;
  }
  double step() {
    const double x = 2.0 * uniform() - 1.0;
    const double y = 2.0 * x - 1.0 + 0.1 * (uniform() - 0.5);
    const double wrong = weights_[0] * x + weights_[1] - y;
    weights_[0] -= 0.1 * wrong * x;
    weights_[1] -= 0.1 * wrong;
    return wrong * wrong;
  }
  [[nodiscard]] double validation() const {
    return std::pow(weights_[0] - 2.0, 2) / 3.0 + std::pow(weights_[1] + 1.0, 2);
  }

  std::uint64_t random_;
  std::int64_t total_;
  std::array<double, 2> weights_{};
  std::array<double, 2> good_{};
  std::int64_t steps_ = 0;
  std::int64_t iterations_ = 0;
};

}  // namespace proteus::test
