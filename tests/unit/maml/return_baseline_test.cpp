#include "models/maml/return_baseline.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/market/random.hpp"

namespace proteus::maml {
namespace {

struct Moments {
  double mean = 0.0;
  double square = 0.0;
};

Moments moments(std::span<const float> values) {
  Moments m;
  for (const float v : values) {
    m.mean += static_cast<double>(v) / static_cast<double>(values.size());
    m.square +=
        static_cast<double>(v) * static_cast<double>(v) / static_cast<double>(values.size());
  }
  return m;
}

std::vector<std::uint8_t> all(const RolloutShape& shape) {
  return std::vector<std::uint8_t>(shape.rows(), 1);
}

TEST(ReturnBaseline, LeavesOfAKnownRegressionItsNoise) {
  // Without a later reward the return is the reward: 2 + 3 x - 0.5 x² + 4 t - noise / 10.
  const RolloutShape shape{40, 100, 1};
  market::Random random(1, "rewards");
  std::vector<float> x(shape.rows());
  std::vector<float> rewards(shape.rows());
  std::vector<double> noise(shape.rows());
  for (std::size_t r = 0; r < shape.rows(); ++r) {
    const double at = random.normal();
    const double time = static_cast<double>(r / shape.trajectories) / 100.0;
    noise[r] = random.normal();
    x[r] = static_cast<float>(at);
    rewards[r] = static_cast<float>(2.0 + 3.0 * at - 0.5 * at * at + 4.0 * time + 0.1 * noise[r]);
  }
  const std::vector<float> left = advantages(shape, x, rewards, all(shape), 0.0, 1.0);
  double together = 0.0;
  double noise_square = 0.0;
  for (std::size_t r = 0; r < shape.rows(); ++r) {
    together += static_cast<double>(left[r]) * noise[r] / static_cast<double>(shape.rows());
    noise_square += noise[r] * noise[r] / static_cast<double>(shape.rows());
  }
  EXPECT_GT(together / std::sqrt(noise_square), 0.998) << "correlation with what it cannot know";
  EXPECT_NEAR(moments(left).mean, 0.0, 1e-5);
  EXPECT_NEAR(moments(left).square, 1.0, 1e-3);
}

TEST(ReturnBaseline, GivesTheBetterTrajectoryTheGreaterAdvantage) {
  // Two trajectories that see the same; one earns 1 a step and the other -1. With gamma 1 and
  // lambda 1 the returns are ±(steps left) around a baseline of 0, divided by their deviation.
  const RolloutShape shape{2, 50, 1};
  const std::vector<float> x(shape.rows());
  std::vector<float> rewards(shape.rows());
  for (std::size_t r = 0; r < shape.rows(); ++r) rewards[r] = r % 2 == 0 ? 1.0F : -1.0F;
  const std::vector<float> a = advantages(shape, x, rewards, all(shape), 1.0, 1.0);
  double square = 0.0;
  for (int left = 1; left <= 50; ++left) square += left * left / 50.0;
  for (std::size_t t = 0; t < 50; ++t) {
    const double known = static_cast<double>(50 - t) / std::sqrt(square);
    EXPECT_NEAR(a[2 * t], known, 1e-4) << t;
    EXPECT_NEAR(a[2 * t + 1], -known, 1e-4) << t;
  }
}

TEST(ReturnBaseline, TakesNothingFromAfterATrajectorysEnd) {
  const RolloutShape shape{4, 30, 1};
  market::Random random(2, "rewards");
  std::vector<float> x(shape.rows());
  std::vector<float> rewards(shape.rows());
  std::vector<std::uint8_t> live(shape.rows(), 1);
  for (std::size_t r = 0; r < shape.rows(); ++r) {
    x[r] = static_cast<float>(random.normal());
    rewards[r] = static_cast<float>(random.normal());
    if (r % 4 == 1 && r / 4 >= 10) {
      live[r] = 0;
      rewards[r] = 0.0F;
    }
  }
  const std::vector<float> a = advantages(shape, x, rewards, live, 0.9, 0.8);
  std::vector<float> seen = x;
  for (std::size_t r = 0; r < shape.rows(); ++r) {
    if (live[r] != 0) continue;
    EXPECT_EQ(a[r], 0.0F);
    seen[r] = 9.0F;  // what is seen after the end
  }
  EXPECT_EQ(advantages(shape, seen, rewards, live, 0.9, 0.8), a);
  std::vector<float> short_rewards = rewards;
  short_rewards[9 * 4 + 1] += 1.0F;  // its last one
  EXPECT_NE(advantages(shape, x, short_rewards, live, 0.9, 0.8), a);
}

}  // namespace
}  // namespace proteus::maml
