#include "models/learners/agent_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "models/learners/market_score.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

using ::testing::HasSubstr;

/// A trainer after three iterations, so that moments and weights are no longer those of the start.
std::unique_ptr<runs::Trainer> trained(const Rl2Settings& settings, const runs::Data& data) {
  auto trainer = std::move(make_rl2_trainer(settings, data, 7).value());
  for (int i = 0; i < 3; ++i) {
    runs::Scalars out;
    EXPECT_FALSE(trainer->iterate(out).has_error());
  }
  return trainer;
}

inference::Checkpoint through_a_file(const inference::Checkpoint& checkpoint) {
  return inference::decode_checkpoint(inference::encode_checkpoint(checkpoint).value(), "agent")
      .value();
}

/// Each core; and weights said by a policy that reads a belief.
std::vector<Rl2Settings> all_kinds() {
  std::vector<Rl2Settings> all;
  for (const auto core :
       {policy::CoreKind::Gru, policy::CoreKind::Memoryless, policy::CoreKind::S5}) {
    all.push_back(small_settings());
    all.back().policy.core.kind = core;
  }
  all.push_back(small_settings());
  all.back().actions.set = training::ActionSet::Weight;
  all.back().policy.belief = 4;
  all.back().policy.belief_read = true;
  all.back().ppo.belief_share = 0.5;
  return all;
}

TEST(AgentFile, DecidesBitForBitAsTheOneThatWasSaved) {
  for (const Rl2Settings& settings : all_kinds()) {
    const auto data = market_data();
    const auto trainer = trained(settings, data);
    const auto saved = trainer->model();
    const auto agent = load_agent(through_a_file(saved), data.series.front()->schema()).value();

    // The validation tells it in the trainer's own words; the rest is the saved agent's text.
    Rl2Settings now = settings;
    now.validate_every = 1;
    const auto told = std::move(make_rl2_trainer(now, data, 7).value());
    runs::Scalars out;
    for (int i = 0; i < 3; ++i) {
      out.clear();
      ASSERT_FALSE(told->iterate(out).has_error());
    }
    const auto score = std::ranges::find(out.all(), "validation/return", &runs::Scalar::name);
    ASSERT_NE(score, out.all().end());
    auto env =
        training::MarketEnv::create(
            {settings.env, settings.venue, settings.actions, settings.reward}, agent.observation, 6)
            .value();
    auto sampler =
        training::TaskSampler::create(data.series, settings.sampler, data.validation, "", 0)
            .value();
    const auto markets = std::move(
        MarketVectorEnv::create(std::move(env), settings.actions, std::move(sampler)).value());
    const MarketScore again = market_score(*agent.policy, *markets, agent.inputs, 8,
                                           0x7661'6c69'6461'7465U, Choice::Greedy)
                                  .value();
    EXPECT_EQ(again.episode_return, score->value);
    const auto copy =
        agent_checkpoint(*agent.policy, agent.inputs, agent.observation, agent.settings);
    EXPECT_EQ(inference::encode_checkpoint(copy).value(),
              inference::encode_checkpoint(saved).value());
  }
}

TEST(AgentFile, SaysTrialLengthStateSizeAndWhatActionsMean) {
  const auto data = market_data();
  const auto saved = std::move(make_rl2_trainer(small_settings(), data, 1).value())->model();
  EXPECT_EQ(saved.kind, "rl2_agent");
  EXPECT_THAT(saved.action_map, HasSubstr("0 long, 1 short"));
  EXPECT_THAT(saved.config, HasSubstr("\ntrial_steps = 12\n"));
  EXPECT_THAT(saved.config, HasSubstr("\nstate_size = 8\n"));
  EXPECT_EQ(saved.normaliser.factor.size(), 15U) << "14 columns and the reward";
  const auto agent = load_agent(saved, data.series.front()->schema()).value();
  EXPECT_EQ(agent.trial_steps(), 12U);
  EXPECT_EQ(agent.state_size(), 8);
  EXPECT_EQ(agent.settings.sampler.episodes, 2);
}

TEST(AgentFile, NamesEverySettingOnce) {
  const auto saved =
      std::move(make_rl2_trainer(small_settings(), market_data(), 1).value())->model();
  std::set<std::string> names;
  std::size_t lines = 0;
  std::string_view text = saved.config;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    names.emplace(line.substr(0, line.find(" = ")));
    ++lines;
  }
  EXPECT_EQ(names.size(), lines);
}

TEST(AgentFile, OfOtherFeaturesOrAnotherKindIsRefusedWithWhatDiffers) {
  const auto data = market_data();
  auto saved = std::move(make_rl2_trainer(small_settings(), data, 1).value())->model();
  features::Schema other = data.series.front()->schema();
  other.features.pop_back();
  const auto refused = load_agent(saved, other);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::Refused);
  EXPECT_THAT(refused.error().context, HasSubstr("another observation: its line"));
  saved.kind = "maml_forecast";
  const auto another = load_agent(saved, data.series.front()->schema());
  ASSERT_TRUE(another.has_error());
  EXPECT_EQ(another.error().context,
            "the checkpoint holds a maml_forecast, and a rl2_agent is wanted");
}

TEST(AgentFile, ThatIsCutOffIsRefused) {
  const auto saved =
      std::move(make_rl2_trainer(small_settings(), market_data(), 1).value())->model();
  const std::string bytes = inference::encode_checkpoint(saved).value();
  for (const std::size_t length : {std::size_t{0}, std::size_t{100}, bytes.size() - 1})
    EXPECT_EQ(inference::decode_checkpoint(bytes.substr(0, length), "agent").error().code,
              ErrorCode::Corrupt)
        << length;
}

TEST(AgentFile, WhoseTensorsAndSettingsDisagreeIsRefusedByName) {
  const auto data = market_data();
  const auto& schema = data.series.front()->schema();
  const auto saved = std::move(make_rl2_trainer(small_settings(), data, 1).value())->model();
  const auto words = [&](auto change) {
    inference::Checkpoint c = saved;
    change(c);
    const auto loaded = load_agent(c, schema);
    EXPECT_TRUE(loaded.has_error());
    return loaded.has_error() ? loaded.error().context : std::string();
  };
  const auto replace = [](std::string& text, const std::string& from, const std::string& to) {
    ASSERT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
  };
  EXPECT_THAT(words([](auto& c) { c.tensors.pop_back(); }), HasSubstr("has no tensor"));
  EXPECT_THAT(words([](auto& c) { std::swap(c.tensors[0].shape[0], c.tensors[0].shape[1]); }),
              HasSubstr("has the shape ["));
  EXPECT_THAT(words([](auto& c) { c.tensors.push_back(c.tensors[0]); }), HasSubstr("tensors are"));
  EXPECT_THAT(words([&](auto& c) { replace(c.config, "trial_steps = 12", "trial_steps = 13"); }),
              HasSubstr("trial_steps is 13, and its settings make 12"));
  EXPECT_THAT(words([&](auto& c) { replace(c.config, "core = gru", "core = abacus"); }),
              HasSubstr("setting core"));
  EXPECT_THAT(words([&](auto& c) { replace(c.config, "\nlayers = 1", "\nlayers = 900"); }),
              HasSubstr("setting layers"));
  EXPECT_THAT(words([](auto& c) { c.normaliser.factor.pop_back(); }), HasSubstr("normaliser"));
}

}  // namespace
}  // namespace proteus::learners
