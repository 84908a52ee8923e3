// What runs where there is an accelerator: Torch's own operations. Their numbers are held against
// the CPU's kernels on the CPU; that another device is followed is shown by the one that needs no
// hardware, "meta", which has shapes and no numbers.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/policy/actor_critic.hpp"
#include "models/policy/gru_core.hpp"
#include "models/policy/gru_torch.hpp"

namespace proteus::policy {
namespace {

using torch::Tensor;

GruWeights weights_of(const GruCore& core) {
  const auto named = core.named_parameters();
  return {named["weight_ih_l0"], named["weight_hh_l0"], named["bias_ih_l0"], named["bias_hh_l0"]};
}

struct GruCase {
  static constexpr std::int64_t kSteps = 20;
  static constexpr std::int64_t kRows = 5;
  static constexpr std::int64_t kInputs = 7;
  static constexpr std::int64_t kHidden = 12;

  market::Random random{3};
  GruCore core{kInputs, kHidden, 1, random};
  Tensor x, start, resets;
  GruCase() {
    torch::manual_seed(1);
    x = torch::randn({kSteps, kRows, kInputs});
    start = torch::randn({kRows, kHidden});
    resets = torch::zeros({kSteps, kRows}, torch::kUInt8);
    resets[0][1] = 1;
    resets[7][3] = 1;
    const torch::NoGradGuard no_grad;
    for (auto& p : core.parameters()) p.add_(0.1 * torch::randn_like(p));
  }
};

TEST(GruTorch, SequencesAndGradientsAreThoseOfTheKernels) {
  GruCase c;
  const Tensor weight = torch::randn({GruCase::kSteps, GruCase::kRows, GruCase::kHidden});
  const auto gradients = [&](const Tensor& out) {
    for (auto& p : c.core.parameters()) p.mutable_grad() = Tensor();
    (out * weight).sum().backward();
    std::vector<Tensor> all;
    for (auto& p : c.core.parameters()) all.push_back(p.grad().clone());
    return all;
  };
  const Tensor kernels = c.core.sequence(c.x, c.start, c.resets);
  const auto by_kernels = gradients(kernels);
  const Tensor torchs = gru_sequence(c.x, c.start, c.resets, weights_of(c.core));
  const auto by_torch = gradients(torchs);
  EXPECT_LT((kernels - torchs).abs().max().item<float>(), 1e-5F);
  for (std::size_t i = 0; i < by_torch.size(); ++i) {
    const float size = by_torch[i].abs().max().item<float>();
    EXPECT_LT((by_kernels[i] - by_torch[i]).abs().max().item<float>(), 1e-5F * (1.0F + size)) << i;
  }
}

TEST(GruTorch, StepsAreThoseOfTheKernels) {
  const GruCase c;
  Tensor state = c.start.clone();
  Tensor other = c.start.clone();
  const torch::NoGradGuard no_grad;
  for (std::int64_t t = 0; t < GruCase::kSteps; ++t) {
    c.core.step(c.x[t], state);
    other = gru_step(c.x[t], other, weights_of(c.core));
    EXPECT_LT((state - other).abs().max().item<float>(), 1e-5F) << t;
  }
}

TEST(ActorCritic, ComputesWhereItsInputsLie) {
  for (const auto kind : {CoreKind::Gru, CoreKind::Memoryless}) {
    const ActorCritic policy({.encoder = 8, .core = {.kind = kind, .hidden = 6, .layers = 2}}, 4, 3,
                             1);
    const auto meta = torch::TensorOptions().device(torch::kMeta);
    Tensor state = torch::empty({GruCase::kRows, policy.state_size()}, meta);
    const Tensor out = policy.step(torch::empty({GruCase::kRows, 4}, meta), state);
    EXPECT_TRUE(out.is_meta());
    EXPECT_TRUE(state.is_meta());
    EXPECT_EQ(state.size(1), policy.state_size());
    const Tensor all =
        policy.sequence(torch::empty({GruCase::kSteps, GruCase::kRows, 4}, meta),
                        torch::empty({GruCase::kRows, policy.state_size()}, meta),
                        torch::empty({GruCase::kSteps, GruCase::kRows}, meta.dtype(torch::kUInt8)));
    EXPECT_TRUE(all.is_meta());
    EXPECT_EQ(all.sizes(), (torch::IntArrayRef{GruCase::kSteps, GruCase::kRows, 4}));
  }
}

}  // namespace
}  // namespace proteus::policy
