// Environments put down in mid-trial and taken up again.
#include "engine/core/archive.hpp"
#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

class Archived : public ::testing::TestWithParam<Sizing> {};

MarketEnv env_of(const std::shared_ptr<const Series>& series, Sizing sizing) {
  MarketEnv::Settings settings;
  settings.env.sizing = sizing;
  settings.actions.set = ActionSet::Weight;
  settings.reward.kind = RewardKind::DifferentialSharpe;
  return make_env(*series, settings, 2);
}

void act(MarketEnv& env, market::Random& random) {
  const std::array actions{random_action(ActionSet::Weight, random),
                           random_action(ActionSet::Weight, random)};
  env.step(actions);
}

TEST_P(Archived, AnEnvironmentGoesOnWithTheSameBits) {
  const std::array series{random_series(900, 7), random_series(900, 8)};
  MarketEnv told = env_of(series[0], GetParam());
  ASSERT_TRUE(told.reset(0, task_of(series[0], 60, 3)));
  ASSERT_TRUE(told.reset(1, task_of(series[1], 45, 4)));
  market::Random random{3};
  for (int i = 0; i < 100; ++i) act(told, random);

  ByteBuffer bytes;
  Archive writer = Archive::writer(bytes);
  told.archive(writer, series);
  ASSERT_TRUE(writer.finish());
  MarketEnv read = env_of(series[0], GetParam());
  Archive reader = Archive::reader(bytes.view());
  read.archive(reader, series);
  ASSERT_TRUE(reader.finish()) << reader.place();

  market::Random same = random;
  for (int i = 0; i < 79; ++i) {
    act(told, random);
    act(read, same);
    for (std::size_t k = 0; k < 2; ++k) {
      EXPECT_EQ(told.rewards()[k], read.rewards()[k]) << "step " << i << " of environment " << k;
      EXPECT_EQ(told.infos()[k].capital, read.infos()[k].capital);
      EXPECT_EQ(told.trial_over()[k], read.trial_over()[k]);
    }
    EXPECT_TRUE(std::ranges::equal(told.observations(), read.observations()));
  }
}

TEST_P(Archived, AnArchiveOfOtherSeriesIsRefused) {
  const std::array series{random_series(900, 7)};
  const std::array shorter{random_series(150, 7)};
  MarketEnv told = env_of(series[0], GetParam());
  ASSERT_TRUE(told.reset(0, task_of(series[0], 400)));
  ASSERT_TRUE(told.reset(1, task_of(series[0], 400)));
  market::Random random{3};
  for (int i = 0; i < 300; ++i) act(told, random);
  ByteBuffer bytes;
  Archive writer = Archive::writer(bytes);
  told.archive(writer, series);
  ASSERT_TRUE(writer.finish());
  MarketEnv read = env_of(series[0], GetParam());
  Archive reader = Archive::reader(bytes.view());
  read.archive(reader, shorter);
  EXPECT_FALSE(reader.finish());
}

INSTANTIATE_TEST_SUITE_P(Sizings, Archived, ::testing::Values(Sizing::None, Sizing::Engine),
                         [](const auto& which) {
                           return which.param == Sizing::None ? "None" : "Engine";
                         });

}  // namespace
}  // namespace proteus::training
