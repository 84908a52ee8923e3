#include "tools/evaluate/judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "models/inference/architecture.hpp"
#include "models/inference/policy_file.hpp"
#include "models/inference/setting_lines.hpp"
#include "tests/unit/evaluate/support.hpp"

namespace proteus::app::evaluate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A market policy of small weights that nobody trained; `start` tells two apart.
inference::Checkpoint a_market_policy(float start, const std::string& data) {
  constexpr std::size_t kFeatures = 15;  // trend
  inference::Architecture shape;
  shape.inputs = kFeatures + strategies::kOwnInputs;
  shape.encoder = 4;
  shape.hidden = 5;
  inference::Checkpoint c;
  c.kind = inference::kMarketPolicyKind;
  c.schema = inference::market_policy_schema(features::Kind::Trend, Interval::H1).value();
  c.action_map = "expected weight";
  c.code_version = "test";
  c.run_config = "[data]\n" + data;
  c.normaliser = {std::vector<double>(kFeatures, 0.0), std::vector<double>(kFeatures, 1.0), 4.0};
  strategies::MarketSettings market;
  market.trial_bars = 300;
  market.rebuild_bars = 60;
  c.config = inference::setting_lines(market) +
             "encoder = 4\ncore = gru\nhidden = 5\nlayers = 1\nbelief = 0\nbelief_read = false\n"
             "inner_steps = 3\ninner_rate = 0.25\nfeatures = trend\ninterval = 1h\n";
  const std::vector<double> low(kFeatures, -9.0);
  const std::vector<double> high(kFeatures, 9.0);
  c.tensors.push_back(inference::Tensor::of("seen_min", {kFeatures}, std::span(low)));
  c.tensors.push_back(inference::Tensor::of("seen_max", {kFeatures}, std::span(high)));
  float next = start;
  for (const inference::WeightPlace& place : inference::weight_places(shape)) {
    std::vector<float> values(place.size);
    for (float& x : values) x = next = next > 0.9F ? -0.9F : next + 0.023F;
    c.tensors.push_back(
        inference::Tensor::of(place.name, place.shape, std::span<const float>(values)));
  }
  return c;
}

class JudgedPolicy : public ::testing::Test {
 protected:
  void save(const std::string& until) {
    for (int seed = 1; seed <= 2; ++seed) {
      const auto saved = inference::save_checkpoint(
          folder_ / fmt::format("fold1-seed{}.safetensors", seed),
          a_market_policy(0.1F * static_cast<float>(seed),
                          fmt::format("files = [\"x\"]\nto = \"{}\"\n", until)));
      ASSERT_TRUE(saved) << saved.error().context;
    }
  }
  Result<Report> judge() {
    const std::string klines = write_klines(folder_, "BTCUSDT", 3'000, 61.0);
    const std::string file = (folder_ / "evaluate.toml").string();
    std::ofstream(file) << fmt::format(
        "[evaluate]\nfolder = \"{0}/runs\"\nregistry = \"{0}/registry.jsonl\"\n"
        "warm_up_bars = 2200\ndraws = 200\nnoise_markets = 1\nbaselines = [\"flat\"]\n"
        "set = [\"risk.sizing.kelly_floor=1\"]\n"
        "adaptation = [\"off: policy.adapt=off\", \"recurrent: policy.adapt=recurrent\", "
        "\"2 steps: policy.adapt=both, policy.adapt_steps=2, policy.adapt_every=60, "
        "policy.adapt_bars=100\"]\n"
        "[data]\nfiles = [\"{1}\"]\n"
        "[folds]\ntests = [\"2024-04-10/2024-05-01\"]\n"
        "[candidate.policy]\nset = [\"strategy.name=policy\"]\nseeds = 2\n"
        "checkpoints = [\"{0}/fold{{fold}}-seed{{seed}}.safetensors\"]\n",
        folder_.path().string(), klines);
    BOOST_OUTCOME_TRY(Plan plan, read_plan(file, {}));
    return Judge(std::move(plan), {"/nowhere", [](const std::string&) {}, [] { return false; },
                                   [] { return Timestamp{}; }})
        .run();
  }
  test::Folder folder_;
};

TEST_F(JudgedPolicy, StandsBesideItselfWithoutAdaptingAndBesideItsSeeds) {
  save("2024-04-01");
  const auto report = judge();
  ASSERT_TRUE(report) << report.error().context;
  const Report& r = report.value();
  std::vector<std::string> names;
  for (const Account& account : r.accounts) names.push_back(account.name);
  EXPECT_THAT(names, ElementsAre("policy", "flat", "policy_not_adapting"));
  EXPECT_GT(r.judged().figures.fills, 0);
  ASSERT_EQ(r.seeds.size(), 2U);
  EXPECT_NE(r.seeds[0].figures.total_return, r.seeds[1].figures.total_return);
  ASSERT_EQ(r.checkpoints.size(), 4U);  // Two seeds of two candidates.
  EXPECT_EQ(r.checkpoints[0].hash.size(), 64U);
}

TEST_F(JudgedPolicy, TellsTheGainOfEachWayToAdaptWithItsOwnRun) {
  save("2024-04-01");
  const auto report = judge();
  ASSERT_TRUE(report) << report.error().context;
  const auto& ways = report.value().adaptation;
  ASSERT_EQ(ways.size(), 3U);
  EXPECT_EQ(ways[0].figures.total_return, report.value().accounts[2].figures.total_return);
  EXPECT_EQ(ways[1].figures.total_return, report.value().judged().figures.total_return);
  EXPECT_NE(ways[0].figures.total_return, ways[1].figures.total_return);
  // Three accounts, and three ways, of which two are configurations that are there already.
  EXPECT_EQ(report.value().tried.lines, 6);
}

/// What is missing of a plan whose candidate is trained by `recipe`.
std::vector<std::string> missing(const test::Folder& folder, const std::string& recipe) {
  const std::string train = (folder / "train.toml").string();
  std::ofstream(train) << recipe;
  const auto plan =
      read_plan(write_plan(folder),
                {"candidate.rule.train=" + train, "candidate.rule.set=strategy.name=policy",
                 "candidate.rule.seeds=2", "data.files=" + write_klines(folder, "BTCUSDT", 1'000)});
  EXPECT_TRUE(plan) << plan.error().context;
  const Needs needs = Judge(plan.value(), {(folder / "proteus").string(), {}, {}, {}}).needs();
  EXPECT_EQ(needs.trainings_left, 4U);  // two folds, two seeds
  return needs.missing;
}

TEST(JudgeNeeds, TheProgramThatTrainsOnlyWhereTheModelAsksForIt) {
  const test::Folder folder;
  const std::string data = "[data]\nsynthetic = [\"bull\"]\nsynthetic_bars = 20000\n";
  EXPECT_THAT(missing(folder, "[train]\nmodel = \"rl2\"\n" + data),
              ElementsAre(AllOf(HasSubstr("candidate.rule.train: "),
                                HasSubstr("needs LibTorch, which proteus-learn has"))));
  EXPECT_THAT(missing(folder, "[train]\nmodel = \"maml_forecast\"\n" + data), ElementsAre());
  std::ofstream(folder / "proteus-learn") << "#!/bin/sh\n";
  std::filesystem::permissions(folder / "proteus-learn", std::filesystem::perms::owner_all);
  EXPECT_THAT(missing(folder, "[train]\nmodel = \"rl2\"\n" + data), ElementsAre());
}

TEST(JudgeNeeds, TheDataOfTheRecipe) {
  const test::Folder folder;
  EXPECT_THAT(missing(folder, "[train]\nmodel = \"maml_forecast\"\n[data]\nfolder = \"/nope\"\n"),
              ElementsAre(HasSubstr("train.toml: data.folder: /nope: no such folder")));
}

TEST_F(JudgedPolicy, IsRefusedWhereItHasSeenTheBlock) {
  save("2024-04-10T01:00:00Z");
  const auto report = judge();
  ASSERT_TRUE(report.has_error());
  EXPECT_EQ(report.error().code, ErrorCode::Refused);
  EXPECT_THAT(report.error().context, HasSubstr("fold1-seed1.safetensors"));
}

TEST_F(JudgedPolicy, IsAnotherConfigurationWhereTheContentOfItsCheckpointsIsAnother) {
  const auto hash = [&](float start) {
    for (int seed = 1; seed <= 2; ++seed)
      EXPECT_TRUE(
          inference::save_checkpoint(folder_ / fmt::format("fold1-seed{}.safetensors", seed),
                                     a_market_policy(start * static_cast<float>(seed),
                                                     "files = [\"x\"]\nto = \"2024-04-01\"\n")));
    const auto report = judge();
    EXPECT_TRUE(report) << report.error().context;
    return report.value().judged().config;
  };
  const std::string first = hash(0.1F);
  EXPECT_NE(hash(0.2F), first);
  EXPECT_EQ(hash(0.1F), first);
}

TEST_F(JudgedPolicy, HasACardAndPagesOfItsReport) {
  save("2024-04-01");
  const auto report = judge();
  ASSERT_TRUE(report) << report.error().context;
  boost::system::error_code failed;
  boost::json::parse(report_json(report.value()), failed);
  EXPECT_FALSE(failed);
  EXPECT_THAT(
      model_card(report.value()),
      ::testing::AllOf(HasSubstr("mean weight of 2 seeds"), HasSubstr("refitted"),
                       HasSubstr("## Where it does not work"),
                       // Of given checkpoints: what they say, not what the plan would train.
                       HasSubstr("| 1 | 2024-04-01 | nothing | 2024-04-10 to 2024-05-01")));
  EXPECT_THAT(report_html(report.value()), HasSubstr("Gain from adaptation"));
}

}  // namespace
}  // namespace proteus::app::evaluate
