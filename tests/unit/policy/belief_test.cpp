#include "models/policy/belief.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/policy/actor_critic.hpp"
#include "tests/unit/policy/support.hpp"

namespace proteus::policy {
namespace {

using torch::Tensor;

constexpr std::int64_t kColumns = 2;

ActorCritic agent_with_belief(std::int64_t units, bool read) {
  return {{.encoder = 8,
           .core = {.hidden = 10},
           .belief = units,
           .belief_decoder = 7,
           .belief_read = read},
          kInputs,
          kActions,
          5,
          kColumns};
}

TEST(BeliefHead, LeavesAPolicyThatDoesNotReadItAsItWas) {
  const ActorCritic plain = agent_with_belief(0, false), with = agent_with_belief(4, false);
  EXPECT_EQ(plain.belief(), nullptr);
  ASSERT_NE(with.belief(), nullptr);
  EXPECT_EQ(with.belief()->columns(), kColumns);
  const auto first = plain.values();
  EXPECT_TRUE(std::equal(first.begin(), first.end(), with.values().begin()));
  EXPECT_GT(with.values().size(), first.size());
}

TEST(BeliefHead, IsReadByThePolicyThatHasToActOnIt) {
  ActorCritic agent = agent_with_belief(4, true);
  const Tensor x = numbers({1, 5, kInputs}, 1);
  const Tensor start = torch::zeros({5, agent.state_size()});
  const Tensor before = agent.sequence(x, start, {}).detach();
  Tensor weight = agent.named_parameters()["head_belief"];
  {
    const torch::NoGradGuard no_grad;
    weight.fill_(1.0F);
  }
  const Tensor moved = agent.sequence(x, start, {}).detach() - before;
  // Each output moves by the sum of the belief.
  const Tensor belief = agent.belief()->believe(agent.features(x, start, {})).detach();
  EXPECT_LT((moved.view({5, -1}) - belief.sum(1, true)).abs().max().item().toFloat(), 1e-5F);
  EXPECT_GT(moved.abs().max().item().toFloat(), 0.01F);
  const c10::InferenceMode inference;
  Tensor state = start.clone();
  EXPECT_LT((agent.step(x[0], state) - before[0] - moved[0]).abs().max().item().toFloat(), 1e-5F);
}

TEST(BeliefHead, ForetellsFromBeliefAndQuestion) {
  const ActorCritic agent = agent_with_belief(4, false);
  const Tensor features = numbers({5, 10}, 2);
  const Tensor asked = numbers({5, kColumns + kActions}, 3);
  const auto named = agent.belief()->named_parameters();
  const Tensor belief =
      torch::tanh(features.matmul(named["belief_weight"].t()) + named["belief_bias"]);
  const Tensor hidden = torch::relu(
      torch::cat({belief, asked}, 1).matmul(named["decoder_weight"].t()) + named["decoder_bias"]);
  const Tensor expected = hidden.matmul(named["told_weight"].t()) + named["told_bias"];
  const Tensor got = agent.belief()->foretell(agent.belief()->believe(features), asked);
  EXPECT_EQ(got.size(1), 1 + kColumns);
  EXPECT_LT((got - expected).abs().max().item().toFloat(), 1e-6F);
}

}  // namespace
}  // namespace proteus::policy
