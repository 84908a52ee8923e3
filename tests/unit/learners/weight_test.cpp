// Weights as actions: their density, their loss, and a policy that learns them.
#include "models/learners/weight_loss.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "models/learners/evaluate.hpp"
#include "models/learners/known_answers/array_env.hpp"
#include "models/learners/known_answers/drift_env.hpp"
#include "models/learners/ppo.hpp"

namespace proteus::learners {
namespace {

constexpr std::size_t kWeightRows = 40;
constexpr PpoLossSettings kShares{0.2F, 0.5F, 0.03F};

struct WeightBatch {
  std::vector<float> outputs, chosen, log_chances, advantages, returns;
  WeightBatch() {
    market::Random random{17};
    const auto next = [&] { return static_cast<float>(random.normal()); };
    for (std::size_t i = 0; i < kWeightRows; ++i) {
      const float mean = next(), deviation = 0.5F * next();
      outputs.insert(outputs.end(), {mean, deviation, next()});
      chosen.push_back(mean + 0.5F * next());
      // Ratios on both sides of the clip.
      log_chances.push_back(weight_log_density(weight_odds(outputs.data() + 3 * i), chosen[i]) +
                            0.3F * next());
      advantages.push_back(next());
      returns.push_back(next());
    }
  }
  [[nodiscard]] WeightRows rows() const {
    return {outputs, chosen, log_chances, advantages, returns};
  }
};

/// The loss as it is printed, in double.
double printed(const WeightBatch& b, const std::vector<double>& outputs) {
  double sum = 0.0;
  for (std::size_t i = 0; i < kWeightRows; ++i) {
    const double mean = outputs[3 * i];
    const double log_deviation = std::clamp(outputs[3 * i + 1] - 0.7, -4.0, 0.0);
    const double deviation = std::exp(log_deviation);
    const double x = static_cast<double>(b.chosen[i]);
    const double density = std::exp(-0.5 * std::pow((x - mean) / deviation, 2.0)) /
                           (deviation * std::sqrt(2.0 * std::numbers::pi));
    const double ratio = density / std::exp(static_cast<double>(b.log_chances[i]));
    const double advantage = static_cast<double>(b.advantages[i]);
    const double entropy = 0.5 * std::log(2.0 * std::numbers::pi * std::numbers::e) + log_deviation;
    sum += -std::min(ratio * advantage, std::clamp(ratio, 0.8, 1.2) * advantage) +
           0.25 * std::pow(outputs[3 * i + 2] - static_cast<double>(b.returns[i]), 2.0) -
           0.03 * entropy;
  }
  return sum / static_cast<double>(kWeightRows);
}

TEST(WeightLoss, AndItsGradientAreThoseOfThePrintedFormula) {
  const WeightBatch b;
  std::vector<float> gradient(b.outputs.size());
  const PpoLoss loss = weight_loss(b.rows(), kShares, gradient);
  std::vector<double> exact(b.outputs.begin(), b.outputs.end());
  EXPECT_NEAR(loss.total, printed(b, exact), 1e-6);
  EXPECT_GT(loss.clipped, 0.1);
  EXPECT_LT(loss.clipped, 0.9);
  for (std::size_t k = 0; k < exact.size(); ++k) {
    constexpr double kStep = 1e-6;
    std::vector<double> up = exact, down = exact;
    up[k] += kStep;
    down[k] -= kStep;
    const double slope = (printed(b, up) - printed(b, down)) / (2.0 * kStep);
    // The two differ by design beyond the deviation's bounds, where only a way back has a slope.
    const double wanted = exact[k] - 0.7;
    if (k % 3 == 1 && (wanted > -0.01 || wanted < -3.99)) continue;
    EXPECT_NEAR(static_cast<double>(gradient[k]), slope, 2e-6) << k;
  }
}

TEST(WeightLoss, LeadsADeviationBeyondItsBoundsOnlyBack) {
  // One row at the mean: a good advantage wants a smaller deviation, a bad one a greater.
  for (const auto& [output, advantage, moves] : {std::tuple{2.0F, 1.0F, true},
                                                 {2.0F, -1.0F, false},
                                                 {-5.0F, 1.0F, false},
                                                 {-5.0F, -1.0F, true}}) {
    const std::vector<float> outputs{0.0F, output, 0.0F}, zero{0.0F}, advantages{advantage};
    const std::vector<float> density{weight_log_density(weight_odds(outputs.data()), 0.0F)};
    std::vector<float> gradient(3);
    weight_loss({outputs, zero, density, advantages, zero}, {0.2F, 0.5F, 0.0F}, gradient);
    EXPECT_EQ(gradient[1] != 0.0F, moves) << output << ' ' << advantage;
  }
}

/// Shows a number; the best weight is half of it, and what is lost is the squared distance.
class HalfOfIt : public ArrayEnv {
 public:
  explicit HalfOfIt(std::size_t size) : ArrayEnv(size, 1, 1, 4), steps_(size) {}
  void reset(std::uint64_t seed) override {
    this->seed(seed, "half");
    for (std::size_t i = 0; i < size(); ++i) show(i);
  }
  [[nodiscard]] bool weighs() const override { return true; }
  void step(std::span<const std::int32_t>) override {}
  void step_weights(std::span<const float> weights) override {
    for (std::size_t i = 0; i < size(); ++i) {
      const float away = std::clamp(weights[i], -1.0F, 1.0F) - 0.5F * observation(i)[0];
      rewards_[i] = -away * away;
      ends_[i] =
          ++steps_[i] % 4 == 0 ? training::StepEnd::TrialTerminated : training::StepEnd::None;
      show(i);
    }
  }

 private:
  void show(std::size_t i) {
    observation(i)[0] = static_cast<float>(2.0 * random_[i].uniform() - 1.0);
  }
  std::vector<std::size_t> steps_;
};

PpoSettings shortsighted() {
  PpoSettings s;
  s.rollout_steps = 16;
  s.rate = 5e-3;
  s.gamma = 0.0;
  return s;
}

constexpr InputSettings kBare{.action = false, .reward = false, .done = false};

struct WeightLearner {
  HalfOfIt env{64};
  policy::ActorCritic policy{
      {.encoder = 0, .core = {policy::CoreKind::Memoryless, 16, 1}}, 1, 2, 1};
  std::unique_ptr<Ppo> ppo;
  PpoMetrics last;
  explicit WeightLearner(std::int64_t steps)
      : ppo(std::move(Ppo::create(policy, env, kBare, shortsighted(), steps, 1).value())) {
    EXPECT_FALSE(ppo->run([this](const PpoMetrics& m) { last = m; }).has_error());
  }
};

TEST(WeightTraining, FindsTheBestWeightOfEachState) {
  WeightLearner learner{120'000};
  // Uniform in [-1, 1], its half has a variance of 1 / 12: what always saying 0 would lose.
  const double lost =
      -evaluate(learner.policy, learner.env, learner.ppo->inputs(), 4'000, 9, Choice::Greedy).mean /
      4.0;
  EXPECT_LT(lost, 0.1 / 12.0);
  EXPECT_LT(learner.last.entropy, 0.0) << "it has become sure";
  EXPECT_GT(learner.last.turnover, 0.0);
}

TEST(WeightTraining, TheSameSeedGivesTheSameParametersBitForBit) {
  const WeightLearner one{8'000}, same{8'000};
  EXPECT_EQ(policy::parameter_hash(one.policy.values()),
            policy::parameter_hash(same.policy.values()));
}

TEST(WeightTraining, IsRefusedForAPolicyOfChoices) {
  HalfOfIt env{64};
  policy::ActorCritic policy{{.encoder = 0, .core = {.hidden = 4}}, 1, 3, 1};
  EXPECT_EQ(Ppo::create(policy, env, kBare, shortsighted(), 100, 1).error().code,
            ErrorCode::OutOfRange);
}

TEST(Actor, SamplesWeightsWithTheDensityItTells) {
  HalfOfIt env{4'000};
  policy::ActorCritic policy{{.encoder = 0, .core = {policy::CoreKind::Memoryless, 4, 1}}, 1, 2, 1};
  for (float& value : policy.values()) value = 0.0F;
  Inputs inputs{kBare, env};
  Actor actor{policy, env, inputs, 3};
  std::vector<float> told(4'000);
  actor.decide(told);
  // Outputs of zero: mean 0, deviation exp(-0.7).
  const double deviation = std::exp(-0.7);
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < 4'000; ++i) {
    const double w = static_cast<double>(actor.weights()[i]);
    sum += w;
    squares += w * w;
    EXPECT_NEAR(
        static_cast<double>(actor.log_chances()[i]),
        -0.5 * w * w / (deviation * deviation) + 0.7 - 0.5 * std::log(2.0 * std::numbers::pi),
        1e-5);
  }
  EXPECT_NEAR(sum / 4'000.0, 0.0, 0.03);
  EXPECT_NEAR(std::sqrt(squares / 4'000.0), deviation, 0.02);
}

TEST(Inputs, TellTheWeightInPlaceOfTheAction) {
  HalfOfIt env{1};
  Inputs inputs{InputSettings{.reward = false, .done = false}, env};
  env.reset(1);
  inputs.begin();
  std::vector<float> told(inputs.width());
  inputs.write(env, told);
  EXPECT_EQ(told[1], 0.0F);
  const std::vector<std::int32_t> none{0};
  for (const auto& [said, seen] : {std::pair{0.25F, 0.25F}, {-7.0F, -1.0F}}) {
    const std::vector<float> weights{said};
    env.step_weights(weights);
    inputs.after(env, none, weights);
    inputs.write(env, told);
    EXPECT_EQ(told[1], seen);
  }
}

TEST(DriftEnv, PaysForTheWeightThatIsHeld) {
  const evaluation::DriftMarket market{};
  constexpr double kCost = 0.001;
  DriftEnv choices{1, market, kCost}, weights{1, market, kCost, true};
  choices.reset(5);
  weights.reset(5);
  double held = 0.0;
  for (const float w : {0.5F, -0.25F, -2.0F}) {
    choices.step(std::vector<std::int32_t>{2});
    weights.step_weights(std::vector<float>{w});
    const double now = std::max(-1.0, static_cast<double>(w));
    const double bar = static_cast<double>(choices.observations()[0]) * market.sigma;
    EXPECT_NEAR(static_cast<double>(weights.rewards()[0]), now * bar - kCost * std::abs(now - held),
                1e-6);
    EXPECT_FLOAT_EQ(weights.observations()[1], static_cast<float>(now));
    held = now;
  }
}

}  // namespace
}  // namespace proteus::learners
