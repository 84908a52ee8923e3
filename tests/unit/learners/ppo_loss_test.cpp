// The closed gradient against Torch's differentiation of the loss as it is printed.
#include "models/learners/ppo_loss.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

#include "engine/market/random.hpp"

namespace proteus::learners {
namespace {

constexpr std::size_t kChoiceRows = 301;  // more than one block
constexpr std::size_t kChoices = 4;

struct ChoiceBatch {
  std::vector<float> outputs, log_chances, advantages, returns;
  std::vector<std::int32_t> chosen;
  ChoiceBatch() {
    market::Random random{11};
    const auto next = [&] { return static_cast<float>(random.normal()); };
    for (std::size_t i = 0; i < kChoiceRows * (kChoices + 1); ++i) outputs.push_back(next());
    for (std::size_t i = 0; i < kChoiceRows; ++i) {
      chosen.push_back(static_cast<std::int32_t>(random.bits() % kChoices));
      log_chances.push_back(-1.4F + 0.5F * next());  // ratios on both sides of the clip
      advantages.push_back(next());
      returns.push_back(next());
    }
  }
  [[nodiscard]] PpoRows rows() const {
    return {kChoices, outputs, chosen, log_chances, advantages, returns};
  }
};

torch::Tensor tensor(const std::vector<float>& values) { return torch::tensor(values); }

TEST(PpoLoss, AndItsGradientAreThoseOfThePrintedFormula) {
  const ChoiceBatch b;
  const PpoLossSettings settings{0.2F, 0.5F, 0.03F};
  std::vector<float> gradient(b.outputs.size());
  const PpoLoss loss = ppo_loss(b.rows(), settings, gradient);

  torch::Tensor outputs = tensor(b.outputs).view({kChoiceRows, kChoices + 1}).requires_grad_();
  const torch::Tensor logp = torch::log_softmax(outputs.narrow(1, 0, kChoices), 1);
  const torch::Tensor chosen =
      logp.gather(1, torch::tensor(b.chosen).to(torch::kLong).unsqueeze(1)).squeeze(1);
  const torch::Tensor ratio = (chosen - tensor(b.log_chances)).exp();
  const torch::Tensor advantage = tensor(b.advantages);
  const torch::Tensor policy =
      -torch::min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean();
  const torch::Tensor value = 0.5 * (outputs.select(1, kChoices) - tensor(b.returns)).pow(2).mean();
  const torch::Tensor entropy = -(logp.exp() * logp).sum(1).mean();
  const torch::Tensor total = policy + 0.5 * value - 0.03 * entropy;
  total.backward();

  EXPECT_NEAR(loss.policy, policy.item().toDouble(), 1e-5);
  EXPECT_NEAR(loss.value, value.item().toDouble(), 1e-5);
  EXPECT_NEAR(loss.entropy, entropy.item().toDouble(), 1e-5);
  EXPECT_NEAR(loss.total, total.item().toDouble(), 1e-5);
  const double clipped = (ratio.lt(0.8) | ratio.gt(1.2)).to(torch::kFloat).mean().item().toDouble();
  EXPECT_NEAR(loss.clipped, clipped, 1e-6);
  EXPECT_GT(clipped, 0.1);
  const torch::Tensor away = (tensor(gradient) - outputs.grad().flatten()).abs();
  EXPECT_LT(away.max().item().toFloat(), 1e-7F);
}

TEST(PpoLoss, KnowsNoDistanceFromThePolicyThatChose) {
  ChoiceBatch b;
  std::vector<float> gradient(b.outputs.size());
  const torch::Tensor logp = torch::log_softmax(
      tensor(b.outputs).view({kChoiceRows, kChoices + 1}).narrow(1, 0, kChoices), 1);
  for (std::size_t i = 0; i < kChoiceRows; ++i)
    b.log_chances[i] = logp[static_cast<std::int64_t>(i)][b.chosen[i]].item().toFloat();
  const PpoLoss loss = ppo_loss(b.rows(), {}, gradient);
  EXPECT_NEAR(loss.kl, 0.0, 1e-6);
  EXPECT_EQ(loss.clipped, 0.0);
}

}  // namespace
}  // namespace proteus::learners
