#include "models/maml/learner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/unit/maml/support.hpp"

namespace proteus::maml {
namespace {

Mlp a_net() { return Mlp::create(2, {8, 8}, 1, Activation::Relu).value(); }

/// Lines through the origin with a slope of their own: y = a x_0 - a x_1.
TaskBatch<float> lines(std::size_t tasks, market::Random& random) {
  TaskBatch<float> batch{tasks, 6, 4, {}, {}, {}, {}};
  const auto add = [&](std::size_t rows, double slope, std::vector<float>& x,
                       std::vector<float>& y) {
    for (std::size_t r = 0; r < rows; ++r) {
      const double first = random.normal();
      const double second = random.normal();
      x.push_back(static_cast<float>(first));
      x.push_back(static_cast<float>(second));
      y.push_back(static_cast<float>(slope * (first - second)));
    }
  };
  for (std::size_t t = 0; t < tasks; ++t) {
    const double slope = 2.0 * random.uniform() - 1.0;
    add(batch.support_rows, slope, batch.support_x, batch.support_y);
    add(batch.query_rows, slope, batch.query_x, batch.query_y);
  }
  return batch;
}

Learner<float> a_line_learner(const LearnerSettings& settings, std::uint64_t seed = 5) {
  return std::move(Learner<float>::create(settings, a_net(), seed).value());
}

TEST(Learner, RefusesWhatHasNoMeaning) {
  LearnerSettings settings;
  settings.method = Method::Reptile;
  settings.multi_step = true;
  EXPECT_TRUE(Learner<float>::create(settings, a_net(), 1).has_error());
  settings = {};
  settings.inner_steps = 0;
  EXPECT_TRUE(Learner<float>::create(settings, a_net(), 1).has_error());
  settings = {};
  settings.inner_rate = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(Learner<float>::create(settings, a_net(), 1).has_error());
}

TEST(Learner, LeavesTheBaseAsItIsWhenItAdapts) {
  Learner<float> learner = a_line_learner({});
  market::Random random(1, "lines");
  const TaskBatch<float> batch = lines(1, random);
  const std::vector<float> before = copy_of(learner.learned());
  const std::vector<float> adapted = copy_of(learner.adapt(batch.support_x, batch.support_y, 5));
  EXPECT_EQ(copy_of(learner.learned()), before);
  EXPECT_NE(adapted, before);
  EXPECT_EQ(copy_of(learner.adapt(batch.support_x, batch.support_y, 5)), adapted);
  EXPECT_EQ(copy_of(learner.adapt(batch.support_x, batch.support_y, 0)), before);
}

TEST(Learner, OfEveryMethodLearnsToAdapt) {
  struct Variant {
    const char* name;
    LearnerSettings settings;
  };
  LearnerSettings plain;
  plain.inner_steps = 3;
  plain.inner_rate = 0.05;
  plain.outer_rate = 0.005;
  std::vector<Variant> variants{{"second order", plain}, {"first order", plain},
                                {"Reptile", plain},      {"Meta-SGD", plain},
                                {"multi-step", plain},   {"head only", plain}};
  variants[1].settings.method = Method::FirstOrder;
  variants[2].settings.method = Method::Reptile;
  variants[3].settings.learned_rates = true;
  variants[4].settings.multi_step = true;
  variants[5].settings.head_only = true;
  for (const Variant& variant : variants) {
    Learner<float> learner = a_line_learner(variant.settings);
    market::Random random(2, "lines");
    const auto error_after = [&](std::size_t steps) {
      market::Random test(3, "lines");
      double sum = 0.0;
      for (int t = 0; t < 50; ++t) {
        const TaskBatch<float> batch = lines(1, test);
        std::vector<float> out(batch.query_rows);
        learner.predict(learner.adapt(batch.support_x, batch.support_y, steps), batch.query_x, out);
        for (std::size_t i = 0; i < out.size(); ++i)
          sum += std::pow(static_cast<double>(out[i] - batch.query_y[i]), 2.0) / 200.0;
      }
      return sum;
    };
    const double untrained = error_after(3);
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(learner.step(lines(8, random)));
    EXPECT_LT(error_after(3), 0.5 * untrained) << variant.name;
    EXPECT_LT(error_after(3), 0.6 * error_after(0)) << variant.name << ": adapting must help";
  }
}

TEST(Learner, WithTheHeadAloneMovesNothingBelowIt) {
  LearnerSettings settings;
  settings.head_only = true;
  Learner<float> learner = a_line_learner(settings);
  market::Random random(4, "lines");
  const TaskBatch<float> batch = lines(1, random);
  const auto adapted = learner.adapt(batch.support_x, batch.support_y, 5);
  const std::size_t head = learner.net().layers().back().weights;
  EXPECT_TRUE(std::equal(adapted.begin(), adapted.begin() + static_cast<std::ptrdiff_t>(head),
                         learner.base().begin()));
  EXPECT_NE(adapted[head], learner.base()[head]);
}

TEST(Learner, GivesTheSameBitsForTheSameSeed) {
  const auto run = [](std::uint64_t seed) {
    Learner<float> learner = a_line_learner({}, seed);
    market::Random random(6, "lines");
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(learner.step(lines(3, random)));
    return copy_of(learner.learned());
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(Learner, GoesOnFromWhatItSaved) {
  LearnerSettings settings;
  settings.learned_rates = true;
  settings.anneal_steps = 20;
  Learner<float> unbroken = a_line_learner(settings);
  Learner<float> resumed = a_line_learner(settings, 99);
  market::Random random(7, "lines");
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(unbroken.step(lines(3, random)));
  ASSERT_TRUE(resumed.restore(unbroken.learned(), unbroken.optimiser().state()));
  for (int i = 0; i < 4; ++i) {
    const TaskBatch<float> batch = lines(3, random);
    ASSERT_TRUE(unbroken.step(batch));
    ASSERT_TRUE(resumed.step(batch));
  }
  EXPECT_EQ(copy_of(resumed.learned()), copy_of(unbroken.learned()));
  EXPECT_TRUE(resumed.restore(unbroken.base(), unbroken.optimiser().state()).has_error());
}

TEST(Learner, SkipsAnUpdateThatIsNotFiniteAndStopsAtTheThirdInARow) {
  Learner<float> learner = a_line_learner({});
  market::Random random(8, "lines");
  const TaskBatch<float> good = lines(3, random);
  TaskBatch<float> bad = good;
  bad.query_y[1] = std::numeric_limits<float>::quiet_NaN();
  ASSERT_TRUE(learner.step(good));
  const std::vector<float> before = copy_of(learner.learned());
  for (int i = 0; i < 2; ++i) {
    const Result<StepReport> report = learner.step(bad);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report.value().skipped);
    EXPECT_EQ(report.value().reason, "query loss");
  }
  EXPECT_EQ(copy_of(learner.learned()), before);
  ASSERT_TRUE(learner.step(good)) << "a good one ends the row";
  const std::vector<float> last_good = copy_of(learner.learned());
  bad = good;
  bad.support_x[0] = std::numeric_limits<float>::infinity();
  ASSERT_TRUE(learner.step(bad));
  ASSERT_TRUE(learner.step(bad));
  const Result<StepReport> third = learner.step(bad);
  ASSERT_TRUE(third.has_error());
  EXPECT_NE(third.error().context.find("support loss"), std::string::npos);
  EXPECT_EQ(copy_of(learner.learned()), last_good);
  EXPECT_EQ(learner.skipped(), 5U);
}

TEST(Learner, ClipsTheGradientsNorm) {
  std::vector<float> gradient{3.0F, 4.0F};
  EXPECT_DOUBLE_EQ(clip_norm(std::span(gradient), 10.0), 5.0);
  EXPECT_EQ(gradient[0], 3.0F);
  EXPECT_DOUBLE_EQ(clip_norm(std::span(gradient), 1.0), 5.0);
  EXPECT_FLOAT_EQ(gradient[0], 0.6F);
  EXPECT_FLOAT_EQ(gradient[1], 0.8F);
}

TEST(Adam, TakesTheFirstStepAtItsRateWhateverTheGradient) {
  Adam<double> adam(2);
  std::vector<double> x{1.0, 1.0};
  const std::vector<double> gradient{1e-3, -50.0};
  adam.step(x, gradient, 0.01);
  EXPECT_NEAR(x[0], 1.0 - 0.01, 1e-6);
  EXPECT_NEAR(x[1], 1.0 + 0.01, 1e-6);
}

}  // namespace
}  // namespace proteus::maml
