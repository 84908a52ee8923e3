#include "models/policy/actor_critic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/policy/initialise.hpp"
#include "tests/unit/policy/support.hpp"

namespace proteus::policy {
namespace {

using torch::Tensor;

constexpr std::int64_t kRolloutSteps = 9;

ActorCritic agent_of(CoreKind kind, std::int64_t layers, std::int64_t encoder = 16) {
  return ActorCritic({.encoder = encoder, .core = {kind, 20, layers}}, kInputs, kActions, 5);
}

Tensor rollout_resets() { return resets_at(kRolloutSteps, {{3, 1}, {3, 2}, {8, 0}}); }

TEST(ActorCritic, HasTheParametersOfTheChapterAtItsDefaults) {
  // 14 columns of the observation, 3 actions one-hot, reward, done.
  const ActorCritic agent({}, 19, 3, 1);
  EXPECT_EQ(agent.parameter_count(), 102'148);
}

TEST(ActorCritic, StepByStepEqualsTheWholeSequence) {
  for (const auto& [kind, layers] :
       {std::pair{CoreKind::Gru, 1}, {CoreKind::Gru, 2}, {CoreKind::Memoryless, 2}}) {
    const ActorCritic agent = agent_of(kind, layers);
    const Tensor x = numbers({kRolloutSteps, kRows, kInputs}, 1);
    const Tensor resets = rollout_resets();
    const Tensor start = numbers({kRows, agent.state_size()}, 2);
    const Tensor whole = agent.sequence(x, start, resets).detach();
    const c10::InferenceMode inference;  // The state that a step leaves behind is of this kind.
    Tensor state = start.clone();
    for (std::int64_t t = 0; t < kRolloutSteps; ++t) {
      for (std::int64_t i = 0; i < kRows; ++i)
        if (resets[t][i].item().toInt() != 0) state[i].zero_();
      const Tensor out = agent.step(x[t], state);
      EXPECT_LT(largest(out - whole[t]), 1e-5) << "step " << t;
    }
  }
}

TEST(ActorCritic, IsTorchsOwnGru) {
  const ActorCritic agent = agent_of(CoreKind::Gru, 1, 0);
  const auto named = agent.named_parameters();
  torch::nn::GRU reference(kInputs, 20);
  {
    const torch::NoGradGuard no_grad;
    for (const char* name : {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"})
      reference->named_parameters()[name].copy_(named[std::string("core.") + name]);
  }
  const Tensor x = numbers({kRolloutSteps, kRows, kInputs}, 3);
  const Tensor start = numbers({kRows, 20}, 4);
  const Tensor hidden = std::get<0>(reference->forward(x, start.unsqueeze(0)));
  const Tensor expected =
      torch::addmm(named["head_bias"], hidden.view({-1, 20}), named["head_weight"].t());
  const Tensor got = agent.sequence(x, start, torch::zeros({kRolloutSteps, kRows}, torch::kUInt8));
  EXPECT_LT(largest(got.view({-1, kActions + 1}) - expected), 1e-5);
}

/// Largest difference of a parameter's gradient from that by Torch's own differentiation of the
/// cell's equations, as a share of the largest gradient; with resets at three places.
double gradient_error(std::int64_t rows) {
  ActorCritic agent = agent_of(CoreKind::Gru, 1, 0);
  const Tensor x = numbers({kRolloutSteps, rows, kInputs}, 5);
  const Tensor start = numbers({rows, 20}, 6);
  const Tensor weight = numbers({kRolloutSteps, rows, kActions + 1}, 7);
  Tensor resets = torch::zeros({kRolloutSteps, rows}, torch::kUInt8);
  resets.narrow(1, 0, kRows).copy_(rollout_resets());
  agent.sequence(x, start, resets).backward(weight);
  auto named = agent.named_parameters();
  std::vector<Tensor> own;
  for (const auto& p : named) own.push_back(p.value().grad().clone());
  for (float& g : agent.gradients()) g = 0.0F;

  Tensor h = start;
  Tensor loss = torch::zeros({});
  for (std::int64_t t = 0; t < kRolloutSteps; ++t) {
    h = h * (1 - resets[t].to(torch::kFloat)).unsqueeze(1);
    h = torch::gru_cell(x[t], h, named["core.weight_ih_l0"], named["core.weight_hh_l0"],
                        named["core.bias_ih_l0"], named["core.bias_hh_l0"]);
    loss = loss + (torch::addmm(named["head_bias"], h, named["head_weight"].t()) * weight[t]).sum();
  }
  loss.backward();
  double worst = 0.0;
  std::size_t i = 0;
  for (const auto& p : named) {
    const double scale = largest(p.value().grad());
    worst = std::max(worst, largest(own[i++] - p.value().grad()) / scale);
  }
  return worst;
}

TEST(GruCore, GradientsAreThoseOfAutograd) { EXPECT_LT(gradient_error(kRows), 2e-6); }

/// So many that the steps are worked on in several parts, the last of which is shorter.
TEST(GruCore, GradientsOfManyEnvironmentsAreThoseOfAutograd) {
  EXPECT_LT(gradient_error(50), 4e-6);
}

TEST(ActorCritic, AStepHasTheWeightsOfNow) {
  ActorCritic agent = agent_of(CoreKind::Gru, 2);
  const Tensor x = numbers({1, kRows, kInputs}, 1);
  const Tensor start = numbers({kRows, agent.state_size()}, 2);
  const auto steps_as_sequence = [&] {
    Tensor state = start.clone();
    const Tensor whole = agent.sequence(x, start, Tensor()).detach();
    return largest(agent.step(x[0], state) - whole[0]) < 1e-5;
  };
  ASSERT_TRUE(steps_as_sequence());
  for (float& v : agent.values()) v *= 1.5F;
  EXPECT_TRUE(steps_as_sequence()) << "after bare memory was written to";
  {
    const torch::NoGradGuard no_grad;
    for (Tensor& p : agent.parameters()) p.add_(0.125F);
  }
  EXPECT_TRUE(steps_as_sequence()) << "after an operation of Torch";
}

TEST(ActorCritic, GradientsOfAllLayersLieInOneArray) {
  ActorCritic agent = agent_of(CoreKind::Gru, 2);
  const Tensor x = numbers({kRolloutSteps, kRows, kInputs}, 5);
  agent.sequence(x, torch::zeros({kRows, agent.state_size()}), rollout_resets())
      .pow(2)
      .sum()
      .backward();
  std::size_t begin = 0;
  for (const auto& p : agent.named_parameters()) {
    const auto part = agent.gradients().subspan(begin, static_cast<std::size_t>(p.value().numel()));
    EXPECT_EQ(p.value().grad().data_ptr<float>(), part.data()) << p.key();
    EXPECT_GT(largest(p.value().grad()), 0.0) << p.key();
    begin += part.size();
  }
  EXPECT_EQ(begin, agent.values().size());
}

TEST(ActorCritic, StartsAlmostUndecided) {
  const ActorCritic agent = agent_of(CoreKind::Gru, 1);
  Tensor state = torch::zeros({kRows, 20});
  const Tensor out = agent.step(numbers({kRows, kInputs}, 8), state);
  EXPECT_LT(largest(out.narrow(1, 0, kActions)), 0.05);
}

TEST(ActorCritic, TheSeedDecidesTheWeights) {
  const ActorCritic one({}, 5, 2, 1), same({}, 5, 2, 1), other({}, 5, 2, 2);
  EXPECT_EQ(parameter_hash(one.values()), parameter_hash(same.values()));
  EXPECT_NE(parameter_hash(one.values()), parameter_hash(other.values()));
}

TEST(Orthogonal, RowsOrColumnsAreOrthonormal) {
  for (const auto& [rows, columns] : {std::pair{5, 9}, {9, 5}}) {
    Tensor m = torch::zeros({rows, columns});
    market::Random random{3};
    orthogonal(m, 2.0, random);
    const Tensor product = rows < columns ? m.mm(m.t()) : m.t().mm(m);
    EXPECT_LT(largest(product - 4.0 * torch::eye(std::min(rows, columns))), 1e-5);
  }
}

TEST(Orthogonal, GatesOfAGruAreOrthogonalEachForItself) {
  Tensor m = torch::zeros({12, 4});
  market::Random random{3};
  orthogonal_blocks(m, 3, 1.0, random);
  for (int gate = 0; gate < 3; ++gate) {
    const Tensor block = m.narrow(0, 4 * gate, 4);
    EXPECT_LT(largest(block.mm(block.t()) - torch::eye(4)), 1e-5);
  }
}

}  // namespace
}  // namespace proteus::policy
