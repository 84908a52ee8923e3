#include "models/learners/rl2_trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

double figure(const std::vector<runs::Scalar>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &runs::Scalar::name);
  EXPECT_NE(found, all.end()) << name;
  return found == all.end() ? 0.0 : found->value;
}

TEST(Rl2Trainer, TellsTheSameFiguresInTheSameOrderEveryTime) {
  const auto trainer = std::move(make_rl2_trainer(small_settings(), market_data(), 1).value());
  EXPECT_EQ(trainer->unit(), "steps");
  EXPECT_EQ(trainer->total_steps(), 6 * 15 * 12);
  std::vector<std::string> names;
  for (int i = 1; i <= 3; ++i) {
    const auto all = iterate(*trainer);
    EXPECT_EQ(trainer->steps(), 6 * 15 * i);
    std::vector<std::string> now;
    for (const auto& s : all) now.push_back(s.name);
    if (i > 1) {
      EXPECT_EQ(now, names);
    }
    names = now;
    EXPECT_NEAR(figure(all, "entropy"), std::log(3.0), 0.01);
    EXPECT_GT(figure(all, "gradient_norm"), 0.0);
    EXPECT_EQ(figure(all, "skipped"), 0.0);
    EXPECT_NEAR(figure(all, "rate"), 3e-3 * (13 - i) / 12.0, 1e-9);
    EXPECT_EQ(std::isnan(figure(all, "validation/return")), i != 3) << i;
  }
  EXPECT_THAT(names, ::testing::ElementsAre(
                         "loss/policy", "loss/value", "loss/total", "loss/belief", "entropy", "kl",
                         "clip_fraction", "explained_variance", "gradient_norm", "reward",
                         "trial_return", "turnover", "busiest", "collapse/entropy",
                         "collapse/turnover", "collapse/exposure", "skipped", "rate",
                         "validation/return", "validation/standard_error"));
}

TEST(Rl2Trainer, ValidationChangesNothingOfTraining) {
  auto settings = small_settings();
  const auto data = market_data();
  const auto seldom = std::move(make_rl2_trainer(settings, data, 1).value());
  settings.validate_every = 1;
  const auto often = std::move(make_rl2_trainer(settings, data, 1).value());
  iterate(*seldom, 4);
  iterate(*often, 4);
  EXPECT_EQ(bytes_of(*seldom), bytes_of(*often));
}

TEST(Rl2Trainer, WithoutAValidationPeriodHasNoSuchFigure) {
  auto data = market_data();
  data.validation = {};
  const auto trainer = std::move(make_rl2_trainer(small_settings(), data, 1).value());
  EXPECT_TRUE(std::isnan(figure(iterate(*trainer, 3), "validation/return")));
}

TEST(Rl2Trainer, LearnsToHoldWhatOnlyRises) {
  // Bars that rise by 0.4 % each: being long earns that, net of one entry an episode.
  const auto source = series_of(3);
  std::vector<Bar> bars(source->bars().begin(), source->bars().end());
  double price = bars.front().open.to_double();
  for (Bar& bar : bars) {
    const auto at = [](double x) { return Price::from_raw(to_fixed_raw(x)); };
    bar.open = bar.low = at(price);
    price *= 1.004;
    bar.close = bar.high = at(price);
  }
  runs::Data data;
  data.series = {training::Series::create({.name = "rising",
                                           .instrument = source->instrument(),
                                           .interval = source->interval(),
                                           .bars = bars})
                     .value()};
  data.training.to = data.validation.from = bars[300].open_time;
  auto settings = small_settings();
  settings.actions.set = training::ActionSet::Target;
  settings.environments = 16;
  settings.ppo.rollout_steps = 12;
  settings.ppo.rate = 1e-2;
  settings.ppo.kl_stop = 0.5;
  settings.steps = 16 * 12 * 40;
  settings.validate_every = 40;
  const auto trainer = std::move(make_rl2_trainer(settings, data, 1).value());
  const auto last = iterate(*trainer, 40);
  // Six bars, the first entered at its open: exposure 0.95 of 2.4 % less about 6.5 bp of costs.
  EXPECT_GT(figure(last, "validation/return"), 0.018);
  EXPECT_LT(figure(last, "validation/return"), 0.024);
}

TEST(Rl2Trainer, RefusesADeviceThatIsNotThere) {
  if (torch::cuda::is_available()) GTEST_SKIP() << "there is one";
  auto settings = small_settings();
  settings.device = Device::Cuda;
  const auto refused = make_rl2_trainer(settings, market_data(), 1);
  ASSERT_TRUE(refused.has_error());
  EXPECT_THAT(refused.error().context, ::testing::HasSubstr("device is cuda"));
  settings.device = Device::Auto;
  EXPECT_FALSE(make_rl2_trainer(settings, market_data(), 1).has_error());
}

TEST(Rl2Trainer, RefusesWhatCannotBeTrainedOn) {
  const auto refused = [](const Rl2Settings& s, const runs::Data& d) {
    const auto made = make_rl2_trainer(s, d, 1);
    EXPECT_TRUE(made.has_error());
    return made.has_error() ? made.error().code : ErrorCode::Busy;
  };
  EXPECT_EQ(refused(small_settings(), {}), ErrorCode::NotFound);
  auto long_trials = small_settings();
  long_trials.sampler.episode_bars = 1'000;
  EXPECT_EQ(refused(long_trials, market_data()), ErrorCode::NotFound);
  auto parts = small_settings();
  parts.ppo.minibatches = 7;
  EXPECT_EQ(refused(parts, market_data()), ErrorCode::OutOfRange);
}

TEST(Rl2Trainer, WithAMemorylessCoreIsThePlainBaseline) {
  auto settings = small_settings();
  settings.policy.core.kind = policy::CoreKind::Memoryless;
  const auto trainer = std::move(make_rl2_trainer(settings, market_data(), 1).value());
  const auto all = iterate(*trainer, 2);
  EXPECT_GT(figure(all, "gradient_norm"), 0.0);
  EXPECT_THAT(trainer->model().config, ::testing::HasSubstr("\nstate_size = 0\n"));
}

}  // namespace
}  // namespace proteus::learners
