// A forecaster that is judged: its weights are put where the forecast strategy reads them, and it
// stands beside itself with fewer steps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/maml/model_file.hpp"
#include "strategies/features/feature_set.hpp"
#include "tests/unit/evaluate/support.hpp"
#include "tools/evaluate/given.hpp"
#include "tools/evaluate/judge.hpp"

namespace proteus::app::evaluate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One that nobody trained.
inference::Checkpoint a_forecaster(std::uint64_t seed, const std::string& data) {
  const auto schema =
      features::make_feature_set(features::Kind::Chapter, Instrument{}, Interval::H1)
          .value()
          ->schema();
  maml::LearnerSettings settings;
  settings.inner_rate = 0.05;
  const auto learner =
      maml::Learner<float>::create(
          settings,
          maml::Mlp::create(schema.features.size(), {8}, 1, maml::Activation::Tanh).value(), seed)
          .value();
  inference::Checkpoint c = maml::forecast_checkpoint(learner, schema, {}, {}, Interval::H1);
  c.code_version = "test";
  c.run_config = "[data]\n" + data;
  return c;
}

class JudgedForecaster : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int seed = 1; seed <= 2; ++seed) {
      const auto saved = inference::save_checkpoint(
          folder_ / fmt::format("fold1-seed{}.safetensors", seed),
          a_forecaster(static_cast<std::uint64_t>(seed), "files = [\"x\"]\nto = \"2024-02-20\"\n"));
      ASSERT_TRUE(saved) << saved.error().context;
    }
    klines_ = write_klines(folder_, "BTCUSDT", 1'500, 61.0);
    file_ = (folder_ / "evaluate.toml").string();
    std::ofstream(file_) << fmt::format(
        "[evaluate]\njudged = \"maml\"\nfolder = \"{0}/runs\"\nregistry = \"{0}/registry.jsonl\"\n"
        "warm_up_bars = 10\ndraws = 200\nnoise_markets = 1\nbaselines = [\"flat\"]\n"
        "set = [\"risk.sizing.kelly_floor=1\"]\n[data]\nfiles = [\"{1}\"]\n"
        "[folds]\ntests = [\"2024-02-20/2024-03-01\"]\n"
        "[candidate.maml]\nset = [\"strategy.name=forecast\", \"forecast.threshold=0.01\"]\n"
        "seeds = 2\ncheckpoints = [\"{0}/fold{{fold}}-seed{{seed}}.safetensors\"]\n",
        folder_.path().string(), klines_);
  }
  test::Folder folder_;
  std::string klines_;
  std::string file_;
};

TEST_F(JudgedForecaster, StandsBesideItselfWithFewerSteps) {
  auto plan = read_plan(file_, {});
  ASSERT_TRUE(plan) << plan.error().context;
  EXPECT_EQ(plan.value().candidates[0].weights_key(), "forecast.checkpoints");
  const auto report =
      Judge(std::move(plan).value(), {"/nowhere", [](const std::string&) {}, [] { return false; },
                                      [] { return Timestamp{}; }})
          .run();
  ASSERT_TRUE(report) << report.error().context;
  const Report& r = report.value();
  std::vector<std::string> names;
  for (const Account& account : r.accounts) names.push_back(account.name);
  EXPECT_THAT(names, ElementsAre("maml", "flat", "maml_not_adapting"));
  // It trades in a block of 240 bars: it was given the 624 that its windows need before that.
  EXPECT_GT(r.judged().figures.fills, 0);
  EXPECT_EQ(r.checkpoints.size(), 4U);
  ASSERT_EQ(r.adaptation.size(), 3U);
  EXPECT_EQ(r.adaptation[0].figures.total_return, r.accounts[2].figures.total_return);
  EXPECT_EQ(r.adaptation[2].figures.total_return, r.judged().figures.total_return);
  EXPECT_NE(r.adaptation[0].figures.total_return, r.adaptation[2].figures.total_return);
  EXPECT_THAT(model_card(r), AllOf(HasSubstr("mean forecast of 2 seeds"), HasSubstr("| 5 steps |"),
                                   HasSubstr("less 0 steps")));
}

TEST_F(JudgedForecaster, NamedAloneIsTradedAsWhatItIs) {
  const std::string a = (folder_ / "a.safetensors").string();
  ASSERT_TRUE(inference::save_checkpoint(
      a, a_forecaster(1, fmt::format("files = [\"{}\"]\nto = \"2024-02-20\"\n", klines_))));
  const auto plan = plan_for_checkpoints({a}, "", {"evaluate.warm_up_bars=700"});
  ASSERT_TRUE(plan) << plan.error().context;
  EXPECT_TRUE(plan.value().candidates[0].forecasts());
  EXPECT_EQ(plan.value().adaptations[0].name, "0 steps");
}

}  // namespace
}  // namespace proteus::app::evaluate
