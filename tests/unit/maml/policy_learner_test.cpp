#include "models/maml/policy_learner.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/maml/support.hpp"

namespace proteus::maml {
namespace {

/// Earns -(action - wanted)², whatever is seen.
class Target final : public World {
 public:
  explicit Target(float wanted, float poison = 0.0F) : wanted_(wanted), poison_(poison) {}
  void begin(Part part, std::size_t trajectories, std::span<float> observations) override {
    begun.push_back(part);
    EXPECT_EQ(observations.size(), trajectories);
    std::ranges::fill(observations, 1.0F);
  }
  void step(std::span<const float> actions, std::span<float> rewards,
            std::span<float> observations) override {
    for (std::size_t i = 0; i < actions.size(); ++i)
      rewards[i] = poison_ - (actions[i] - wanted_) * (actions[i] - wanted_);
    std::ranges::fill(observations, 1.0F);
  }
  std::vector<Part> begun;

 private:
  float wanted_;
  float poison_;
};

std::vector<std::unique_ptr<World>> targets(market::Random& random, std::size_t count = 4) {
  std::vector<std::unique_ptr<World>> worlds;
  for (std::size_t i = 0; i < count; ++i)
    worlds.push_back(std::make_unique<Target>(static_cast<float>(2.0 * random.uniform() - 1.0)));
  return worlds;
}

PolicyLearnerSettings small() {
  PolicyLearnerSettings s;
  s.trajectories = 10;
  s.horizon = 10;
  s.deviation = 0.5;
  return s;
}

PolicyLearner a_policy_learner(const PolicyLearnerSettings& settings = small(),
                               std::uint64_t seed = 3) {
  return std::move(
      PolicyLearner::create(settings, Mlp::create(1, {8}, 1, Activation::Tanh, 1).value(), seed)
          .value());
}

/// Rollouts that stay as they are while the parameters move.
struct FixedRollout {
  static constexpr std::size_t kRows = 12;
  std::vector<double> x;
  std::vector<double> actions;
  std::vector<double> log_densities;
  std::vector<double> advantages;

  FixedRollout(const Mlp& net, std::span<const double> theta, market::Random& random)
      : x(normals(kRows * net.inputs(), random)),
        actions(normals(kRows * net.outputs(), random)),
        log_densities(kRows),
        advantages(normals(kRows, random)) {
    std::vector<double> means(actions.size());
    Scratch<double> scratch;
    net.forward(theta.data(), x.data(), kRows, means.data(), scratch);
    for (std::size_t r = 0; r < kRows; ++r)
      log_densities[r] = gaussian_log_density(net.outputs(), means.data() + r * net.outputs(),
                                              theta.data() + net.free_offset(),
                                              actions.data() + r * net.outputs());
  }
  [[nodiscard]] GaussianSurrogate<double> loss(std::size_t outputs) const {
    return {outputs, actions, log_densities, advantages};
  }
};

TEST(PolicyMetaGradient, ThroughTheInnerStepsEqualsDifferences) {
  const Mlp net = Mlp::create(3, {6, 5}, 2, Activation::Tanh, 2).value();
  market::Random random(11, "rollouts");
  std::vector<double> theta = net.initial<double>(random);
  const std::vector<double> rates(net.parameters(), 0.1);
  const FixedRollout first(net, theta, random);
  const FixedRollout second(net, theta, random);  // not of the policy that steps: ratios beyond 1
  const FixedRollout outer(net, theta, random);
  const auto first_loss = first.loss(2);
  const auto second_loss = second.loss(2);
  const auto outer_loss = outer.loss(2);
  InnerLoop<double> inner(net);
  Tape<double> tape;
  std::vector<double> gradient(net.parameters());
  const auto adapted_loss = [&] {
    inner.begin(theta);
    inner.step(rates, first.x.data(), FixedRollout::kRows, first_loss);
    inner.step(rates, second.x.data(), FixedRollout::kRows, second_loss);
    return net.gradient(inner.adapted().data(), outer.x.data(), FixedRollout::kRows, outer_loss,
                        gradient.data(), tape, inner.scratch());
  };
  (void)adapted_loss();
  std::vector<double> meta = gradient;
  inner.pull_back(1, Order::Second, rates, meta, {});
  inner.pull_back(0, Order::Second, rates, meta, {});
  std::vector<double> plain = gradient;
  double gap = 0.0;
  double size = 0.0;
  double second_order = 0.0;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const double at = theta[i];
    theta[i] = at + 1e-5;
    const double above = adapted_loss();
    theta[i] = at - 1e-5;
    const double known = (above - adapted_loss()) / 2e-5;
    theta[i] = at;
    gap += (meta[i] - known) * (meta[i] - known);
    second_order += (plain[i] - known) * (plain[i] - known);
    size += known * known;
  }
  EXPECT_LT(std::sqrt(gap / size), 1e-6);
  EXPECT_GT(std::sqrt(second_order / size), 1e-2) << "the Hessian's part is there to be missed";
}

TEST(PolicyLearner, LeavesBaseAndRandomNumbersAsTheyAreWhenItAdapts) {
  PolicyLearner learner = a_policy_learner();
  PolicyLearner undisturbed = a_policy_learner();
  const std::vector<float> before = copy_of(learner.base());
  Target world(0.7F);
  market::Random test(1, "test");
  const std::vector<double> returns = learner.adapted_returns(world, 3, test);
  EXPECT_EQ(returns.size(), 4U);
  EXPECT_EQ(copy_of(learner.base()), before);
  market::Random random(1, "targets");
  market::Random same(1, "targets");
  ASSERT_TRUE(learner.step(targets(random)));
  ASSERT_TRUE(undisturbed.step(targets(same)));
  EXPECT_EQ(copy_of(learner.base()), copy_of(undisturbed.base()));
}

TEST(PolicyLearner, AdaptsOnSupportAndIsJudgedOnQuery) {
  PolicyLearnerSettings settings = small();
  settings.inner_steps = 2;
  PolicyLearner learner = a_policy_learner(settings);
  std::vector<std::unique_ptr<World>> worlds;
  worlds.push_back(std::make_unique<Target>(0.5F));
  ASSERT_TRUE(learner.step(worlds));
  EXPECT_EQ(static_cast<Target&>(*worlds[0]).begun,
            (std::vector{Part::Support, Part::Support, Part::Query}));
  Target judged(0.5F);
  market::Random test(1, "test");
  (void)learner.adapted_returns(judged, 1, test);
  EXPECT_EQ(judged.begun, (std::vector{Part::Query, Part::Support, Part::Query}));
}

TEST(PolicyLearner, LearnsToAdapt) {
  // Targets ±1, which no policy can know beforehand: -(1 + deviation²) is the best without a step.
  PolicyLearnerSettings settings = small();
  settings.trajectories = 20;
  settings.outer_rate = 0.01;
  PolicyLearner learner = a_policy_learner(settings);
  for (int i = 0; i < 150; ++i) {
    std::vector<std::unique_ptr<World>> worlds;
    for (int t = 0; t < 8; ++t) worlds.push_back(std::make_unique<Target>(t % 2 == 0 ? 1.F : -1.F));
    ASSERT_TRUE(learner.step(worlds));
  }
  market::Random test(1, "test");
  double before = 0.0;
  double after = 0.0;
  for (const float wanted : {1.0F, -1.0F}) {
    Target world(wanted);
    const auto returns = learner.adapted_returns(world, 1, test);
    before += returns[0] / 20.0;
    after += returns[1] / 20.0;
  }
  EXPECT_LT(before, -0.9) << "a step";
  EXPECT_GT(after, -0.6);
}

TEST(PolicyLearner, SkipsAnUpdateThatIsNotFiniteAndStopsAtTheThirdInARow) {
  PolicyLearner learner = a_policy_learner();
  market::Random random(1, "targets");
  ASSERT_TRUE(learner.step(targets(random)));
  const std::vector<float> good = copy_of(learner.base());
  std::vector<std::unique_ptr<World>> poisoned = targets(random);
  poisoned.push_back(std::make_unique<Target>(0.0F, std::numeric_limits<float>::quiet_NaN()));
  for (int i = 0; i < 2; ++i) {
    const auto report = learner.step(poisoned);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report.value().skipped);
    EXPECT_NE(report.value().reason.find("surrogate"), std::string::npos);
  }
  const auto refused = learner.step(poisoned);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::Refused);
  EXPECT_EQ(learner.skipped(), 3U);
  EXPECT_EQ(copy_of(learner.base()), good);
}

TEST(PolicyLearner, AGoodUpdateBetweenTwoBadOnesStartsTheCountAnew) {
  PolicyLearner learner = a_policy_learner();
  market::Random random(1, "targets");
  std::vector<std::unique_ptr<World>> poisoned;
  poisoned.push_back(std::make_unique<Target>(0.0F, std::numeric_limits<float>::infinity()));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(learner.step(poisoned));
    ASSERT_TRUE(learner.step(poisoned));
    ASSERT_TRUE(learner.step(targets(random)));
  }
  EXPECT_EQ(learner.skipped(), 6U);
}

TEST(PolicyLearner, GoesOnFromItsArchiveToTheSameBits) {
  PolicyLearner learner = a_policy_learner();
  market::Random random(1, "targets");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(learner.step(targets(random)));
  ByteBuffer bytes;
  Archive writer = Archive::writer(bytes);
  learner.archive(writer);
  ASSERT_TRUE(writer.finish());
  PolicyLearner other = a_policy_learner(small(), 99);
  Archive reader = Archive::reader(bytes.view());
  other.archive(reader);
  ASSERT_TRUE(reader.finish());
  market::Random same = random;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(learner.step(targets(random)));
    ASSERT_TRUE(other.step(targets(same)));
  }
  EXPECT_EQ(copy_of(other.base()), copy_of(learner.base()));
  PolicyLearner wider = std::move(
      PolicyLearner::create(small(), Mlp::create(1, {9}, 1, Activation::Tanh, 1).value(), 1)
          .value());
  Archive again = Archive::reader(bytes.view());
  wider.archive(again);
  EXPECT_FALSE(again.finish()) << "another network's";
}

TEST(PolicyLearner, WithTheMultiStepLossCountsTheRolloutsAfterEveryStep) {
  const auto learned_with = [](bool multi_step, std::int64_t steps) {
    PolicyLearnerSettings settings = small();
    settings.multi_step = multi_step;
    settings.inner_steps = steps;
    PolicyLearner learner = a_policy_learner(settings);
    market::Random random(1, "targets");
    EXPECT_TRUE(learner.step(targets(random)));
    return copy_of(learner.base());
  };
  EXPECT_EQ(learned_with(true, 1), learned_with(false, 1)) << "one step is all of them";
  EXPECT_NE(learned_with(true, 2), learned_with(false, 2));
}

/// Every second trajectory is over after three steps, and then shows whatever it is told to.
class Ending final : public World {
 public:
  explicit Ending(float after) : after_(after) {}
  void begin(Part, std::size_t trajectories, std::span<float> observations) override {
    over_.assign(trajectories, 0);
    steps_ = 0;
    std::ranges::fill(observations, 1.0F);
  }
  void step(std::span<const float> actions, std::span<float> rewards,
            std::span<float> observations) override {
    ++steps_;
    for (std::size_t i = 0; i < actions.size(); ++i) {
      rewards[i] = over_[i] != 0 ? 0.0F : -actions[i] * actions[i];
      over_[i] = steps_ >= 3 && i % 2 == 0 ? 1 : 0;
      observations[i] = over_[i] != 0 ? after_ : 1.0F;
    }
  }
  [[nodiscard]] std::span<const std::uint8_t> over() const override { return over_; }

 private:
  float after_;
  int steps_ = 0;
  std::vector<std::uint8_t> over_;
};

TEST(PolicyLearner, LearnsNothingFromAfterATrajectorysEnd) {
  PolicyLearnerSettings settings = small();
  settings.epochs = 3;
  settings.outer_rate = 0.05;
  const auto learned_with = [&](float after) {
    PolicyLearner learner = a_policy_learner(settings);
    for (int i = 0; i < 3; ++i) {
      std::vector<std::unique_ptr<World>> worlds;
      worlds.push_back(std::make_unique<Ending>(after));
      EXPECT_TRUE(learner.step(worlds));
    }
    EXPECT_EQ(learner.skipped(), 0U);
    return copy_of(learner.base());
  };
  EXPECT_EQ(learned_with(1.0F), learned_with(-1e4F));
}

TEST(PolicyLearner, RefusesANetworkWithoutDeviations) {
  EXPECT_TRUE(
      PolicyLearner::create({}, Mlp::create(1, {8}, 1, Activation::Tanh).value(), 1).has_error());
}

}  // namespace
}  // namespace proteus::maml
