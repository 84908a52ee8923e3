// A checkpoint of a market policy becomes what a strategy trades, or a sentence that says why not.
#include "models/inference/policy_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "models/inference/architecture.hpp"
#include "models/inference/setting_lines.hpp"
#include "tests/unit/inference/support.hpp"

namespace proteus::inference {
namespace {

using test::Folder;

constexpr std::size_t kFeatures = 15;  // trend

Checkpoint a_market_policy() {
  Architecture a;
  a.inputs = kFeatures + strategies::kOwnInputs;
  a.encoder = 4;
  a.hidden = 5;
  Checkpoint c;
  c.kind = kMarketPolicyKind;
  c.schema = market_policy_schema(features::Kind::Trend, Interval::H1).value();
  c.action_map = "expected weight";
  c.normaliser = {std::vector<double>(kFeatures, 0.5), std::vector<double>(kFeatures, 2.0), 4.0};
  strategies::MarketSettings market;
  market.trial_bars = 333;
  c.config = setting_lines(market) +
             "encoder = 4\ncore = gru\nhidden = 5\nlayers = 1\nbelief = 0\nbelief_read = false\n"
             "inner_steps = 3\ninner_rate = 0.25\nfeatures = trend\ninterval = 1h\n";
  const std::vector<double> low(kFeatures, -3.0);
  const std::vector<double> high(kFeatures, 3.0);
  c.tensors.push_back(Tensor::of("seen_min", {kFeatures}, std::span(low)));
  c.tensors.push_back(Tensor::of("seen_max", {kFeatures}, std::span(high)));
  float next = -0.3F;
  for (const WeightPlace& place : weight_places(a)) {
    std::vector<float> values(place.size);
    for (float& x : values) x = next = next > 0.3F ? -0.3F : next + 0.007F;
    c.tensors.push_back(Tensor::of(place.name, place.shape, std::span<const float>(values)));
  }
  return c;
}

std::string complaint(const Checkpoint& c) {
  const auto made = policy_of(c, "x.safetensors");
  return made ? std::string() : made.error().context;
}

TEST(PolicyFile, GivesBackWhatWasTrained) {
  const Folder folder;
  const auto path = folder / "x.safetensors";
  const auto hash = save_checkpoint(path, a_market_policy());
  ASSERT_TRUE(hash.has_value()) << hash.error().context;
  const auto made = read_policy_file(path);
  ASSERT_TRUE(made.has_value()) << made.error().context;
  const strategies::PolicySpec& spec = made.value().spec;
  EXPECT_EQ(spec.hash, hash.value());
  EXPECT_EQ(spec.name, path.string());
  EXPECT_EQ(spec.market.trial_bars, 333);
  EXPECT_EQ(spec.features, features::Kind::Trend);
  EXPECT_EQ(spec.interval, Interval::H1);
  EXPECT_EQ(spec.offset, std::vector<double>(kFeatures, 0.5));
  EXPECT_EQ(spec.factor, std::vector<double>(kFeatures, 2.0));
  EXPECT_EQ(spec.limit, 4.0);
  EXPECT_EQ(spec.seen_max, std::vector<double>(kFeatures, 3.0));
  EXPECT_EQ(spec.inner_steps, 3);
  EXPECT_EQ(spec.inner_rate, 0.25);
  EXPECT_EQ(made.value().policy->shape().state, 5U);
}

TEST(PolicyFile, RefusesAnotherKindOfModel) {
  Checkpoint c = a_market_policy();
  c.kind = "maml_predictor";
  EXPECT_EQ(complaint(c),
            "x.safetensors: the checkpoint holds a maml_predictor, and what trades is a "
            "market_policy (proteus train with train.model = \"market_policy\")");
}

TEST(PolicyFile, RefusesAnotherSchemaWithTheLineThatDiffers) {
  Checkpoint c = a_market_policy();
  const std::size_t at = c.schema.find("scaled_return_4 ");
  ASSERT_NE(at, std::string::npos);
  c.schema.replace(at, 15, "scaled_return_5");
  EXPECT_NE(complaint(c).find("scaled_return_5"), std::string::npos) << complaint(c);
  c = a_market_policy();
  c.schema = c.schema.substr(0, c.schema.find("unit account"));
  EXPECT_NE(complaint(c), "");
}

TEST(PolicyFile, NamesWhatIsMissing) {
  Checkpoint c = a_market_policy();
  std::erase_if(c.tensors, [](const Tensor& t) { return t.name == "seen_max"; });
  EXPECT_EQ(complaint(c), "x.safetensors: the checkpoint's tensor seen_max is missing");
  c = a_market_policy();
  std::erase_if(c.tensors, [](const Tensor& t) { return t.name == "head_weight"; });
  EXPECT_EQ(complaint(c), "x.safetensors: the checkpoint's tensor head_weight is missing");
  c = a_market_policy();
  c.config.replace(c.config.find("interval = 1h"), 13, "interval = 7h");
  EXPECT_EQ(complaint(c),
            "x.safetensors: the checkpoint's setting interval is missing or cannot be read");
  c = a_market_policy();
  c.config.replace(c.config.find("trial_bars = 333"), 16, "trial_bars = -33");
  EXPECT_EQ(complaint(c),
            "x.safetensors: the checkpoint's setting trial_bars is missing, out of range or cannot "
            "be read");
  c = a_market_policy();
  c.normaliser.offset.pop_back();
  c.normaliser.factor.pop_back();
  EXPECT_NE(complaint(c), "");
}

TEST(PolicyFile, EveryFileCutShortAndEveryForeignOneIsASentence) {
  const Folder folder;
  const auto path = folder / "x.safetensors";
  ASSERT_TRUE(save_checkpoint(path, a_market_policy()).has_value());
  const std::string whole = test::read_all(path);
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(whole.data(), static_cast<long>(size));
    const auto made = read_policy_file(path);
    ASSERT_FALSE(made.has_value()) << size;
    EXPECT_EQ(made.error().code, ErrorCode::Corrupt);
    EXPECT_NE(made.error().context.find("x.safetensors"), std::string::npos);
  }
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "PK\003\004 a zip, say";
  EXPECT_EQ(read_policy_file(path).error().code, ErrorCode::Corrupt);
  EXPECT_EQ(read_policy_file(folder / "none.safetensors").error().code, ErrorCode::NotFound);
}

TEST(PolicyFile, KernelsOfThisMachineGiveOneAnswer) {
  const auto outputs = [](KernelChoice kernel) {
    const auto model = policy_of(a_market_policy(), "x", kernel).value();
    const Policy& policy = *model.policy;
    std::vector<float> x(policy.shape().inputs, 0.3F);
    std::vector<float> state(policy.shape().state, 0.1F);
    std::vector<float> features(policy.shape().features);
    std::vector<float> scratch(policy.scratch(1));
    std::vector<float> out(4);
    policy.trunk(1, x.data(), state.data(), features.data(), scratch);
    policy.head(1, features.data(), out.data());
    return out;
  };
  EXPECT_EQ(outputs(KernelChoice::Plain), outputs(KernelChoice::Auto));
}

}  // namespace
}  // namespace proteus::inference
