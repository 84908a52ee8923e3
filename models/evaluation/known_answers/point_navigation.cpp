// KA-9: navigation to a point (Finn, Abbeel, Levine 2017, section 5.3).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/evaluation/known_answers/seeds.hpp"
#include "models/maml/policy_learner.hpp"

namespace proteus::evaluation {
namespace {

constexpr std::size_t kTasks = 20;
constexpr std::size_t kTestTasks = 100;
constexpr std::size_t kTestSteps = 3;
constexpr std::int64_t kHorizon = 100;
constexpr std::int64_t kNavigationIterations = 150;  // The publication takes 500.

/// From the origin; an action of ±1 is the greatest velocity, 0.1 in each direction. A step costs
/// the distance to the goal after it, and a trajectory is over within 0.01 of it, both as in the
/// environment that the publication's figures come from. The goal is not seen.
class PointWorld final : public maml::World {
 public:
  PointWorld(double x, double y) : goal_{static_cast<float>(x), static_cast<float>(y)} {}

  static std::unique_ptr<maml::World> draw(market::Random& random) {
    const double x = random.uniform() - 0.5;
    return std::make_unique<PointWorld>(x, random.uniform() - 0.5);
  }
  void begin(maml::Part /*the goal is one*/, std::size_t trajectories,
             std::span<float> observations) override {
    places_.assign(2 * trajectories, 0.0F);
    over_.assign(trajectories, 0);
    std::ranges::copy(places_, observations.begin());
  }
  void step(std::span<const float> actions, std::span<float> rewards,
            std::span<float> observations) override {
    for (std::size_t i = 0; i < over_.size(); ++i) {
      rewards[i] = 0.0F;
      if (over_[i] != 0) continue;
      float* place = places_.data() + 2 * i;
      for (std::size_t d = 0; d < 2; ++d)
        place[d] += kVelocity * std::clamp(actions[2 * i + d], -1.0F, 1.0F);
      const float x = place[0] - goal_[0];
      const float y = place[1] - goal_[1];
      rewards[i] = -std::hypot(x, y);
      over_[i] = std::abs(x) < kNear && std::abs(y) < kNear ? 1 : 0;
    }
    std::ranges::copy(places_, observations.begin());
  }
  [[nodiscard]] std::span<const std::uint8_t> over() const override { return over_; }

 private:
  static constexpr float kVelocity = 0.1F;
  static constexpr float kNear = 0.01F;
  std::array<float, 2> goal_;
  std::vector<float> places_;
  std::vector<std::uint8_t> over_;
};

/// Returns after 0 to 3 steps of adaptation, mean over fresh goals.
Result<std::vector<double>> learned_returns(std::int64_t iterations, std::int64_t horizon,
                                            std::uint64_t seed) {
  BOOST_OUTCOME_TRY(maml::Mlp net, maml::Mlp::create(2, {100, 100}, 2, maml::Activation::Relu, 2));
  maml::PolicyLearnerSettings settings;
  settings.horizon = horizon;
  settings.inner_steps = 2;
  settings.multi_step = true;  // Else nothing holds the first step's return for some seeds.
  settings.outer_rate = 0.003;
  settings.deviation_rate = 0.02;
  settings.anneal_steps = iterations;
  BOOST_OUTCOME_TRY(maml::PolicyLearner learner,
                    maml::PolicyLearner::create(settings, std::move(net), seed));
  market::Random random(seed, "goals");
  std::vector<std::unique_ptr<maml::World>> worlds(kTasks);
  for (std::int64_t i = 0; i < iterations; ++i) {
    for (auto& world : worlds) world = PointWorld::draw(random);
    BOOST_OUTCOME_TRY(learner.step(worlds));
  }
  std::vector<double> returns(kTestSteps + 1);
  market::Random test(seed, "test goals");
  market::Random actions(seed, "test actions");
  for (std::size_t t = 0; t < kTestTasks; ++t) {
    const auto world = PointWorld::draw(test);
    const std::vector<double> earned = learner.adapted_returns(*world, kTestSteps, actions);
    for (std::size_t k = 0; k <= kTestSteps; ++k) returns[k] += earned[k] / kTestTasks;
  }
  return returns;
}

}  // namespace

Result<std::vector<Check>> point_navigation(const Parameters& p) {
  const std::int64_t iterations = p.steps.value_or(kNavigationIterations);
  if (iterations < 1 || iterations > 100'000)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} iterations: 1 to 100000 are offered", iterations));
  const std::int64_t horizon = p.horizon.value_or(kHorizon);
  std::vector<std::vector<double>> returns(kTestSteps + 1);
  std::vector<double> gains;
  for (const Result<std::vector<double>>& run : over_seeds(
           p, [&](std::uint64_t seed) { return learned_returns(iterations, horizon, seed); })) {
    BOOST_OUTCOME_TRY(const std::vector<double> earned, run);
    for (std::size_t k = 0; k <= kTestSteps; ++k) returns[k].push_back(earned[k]);
    gains.push_back(earned[1] - earned[0]);
  }
  const bool known = iterations >= kNavigationIterations && horizon == kHorizon;
  const auto check = [&](const char* what, const std::vector<double>& values,
                         std::optional<double> low) {
    return Check{what, median(values), known ? low : std::nullopt, std::nullopt, 2};
  };
  return std::vector<Check>{
      check("return before adaptation", returns[0], {}), check("after 1 step", returns[1], -15.0),
      check("after 2 steps", returns[2], -6.0), check("after 3 steps", returns[3], {}),
      check("gain of the first step", gains, 20.0)};
}

}  // namespace proteus::evaluation
