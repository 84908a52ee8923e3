// Sinusoids as regression tasks (Finn, Abbeel, Levine 2017, section 5.1): amplitude in [0.1, 5],
// phase in [0, pi], x in [-5, 5].
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "models/maml/learner.hpp"

namespace proteus::evaluation {

inline constexpr std::size_t kSinusoidTasks = 25;   ///< of an outer step
inline constexpr std::size_t kSinusoidPoints = 10;  ///< of support, and of query

struct Sinusoid {
  double amplitude;
  double phase;

  static Sinusoid draw(market::Random& random) {
    const double amplitude = 0.1 + 4.9 * random.uniform();
    return {amplitude, std::numbers::pi * random.uniform()};
  }
  [[nodiscard]] double at(double x) const { return amplitude * std::sin(x - phase); }
  void points(std::size_t n, market::Random& random, std::vector<float>& x,
              std::vector<float>& y) const {
    for (std::size_t i = 0; i < n; ++i) {
      const double at_x = -5.0 + 10.0 * random.uniform();
      x.push_back(static_cast<float>(at_x));
      y.push_back(static_cast<float>(at(at_x)));
    }
  }
};

inline void draw_batch(market::Random& random, maml::TaskBatch<float>& batch) {
  batch = {kSinusoidTasks, kSinusoidPoints, kSinusoidPoints, {}, {}, {}, {}};
  for (std::size_t t = 0; t < kSinusoidTasks; ++t) {
    const Sinusoid task = Sinusoid::draw(random);
    task.points(kSinusoidPoints, random, batch.support_x, batch.support_y);
    task.points(kSinusoidPoints, random, batch.query_x, batch.query_y);
  }
}

/// Mean squared error of fresh tasks after `steps` on `shots` points, over [-5, 5].
inline double test_error(maml::Learner<float>& learner, std::size_t shots, std::size_t steps,
                         std::uint64_t seed) {
  constexpr std::size_t kTestTasks = 1'000;
  constexpr std::size_t kGrid = 100;
  market::Random random(seed, "test");  // The same tasks for every learner and number of steps.
  std::vector<float> grid(kGrid);
  for (std::size_t i = 0; i < kGrid; ++i)
    grid[i] = static_cast<float>(-5.0 + 10.0 * (static_cast<double>(i) + 0.5) / kGrid);
  std::vector<float> out(kGrid);
  double sum = 0.0;
  for (std::size_t t = 0; t < kTestTasks; ++t) {
    const Sinusoid task = Sinusoid::draw(random);
    std::vector<float> x;
    std::vector<float> y;
    task.points(10, random, x, y);
    const auto adapted = learner.adapt(std::span(x).first(shots), std::span(y).first(shots), steps);
    learner.predict(adapted, grid, out);
    for (std::size_t i = 0; i < kGrid; ++i) {
      const double gap = out[i] - task.at(grid[i]);
      sum += gap * gap / (kGrid * kTestTasks);
    }
  }
  return sum;
}

}  // namespace proteus::evaluation
