#include "models/policy/s5_core.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/policy/actor_critic.hpp"
#include "models/policy/s5_scan.hpp"
#include "tests/unit/policy/support.hpp"

namespace proteus::policy {
namespace {

using torch::Tensor;

constexpr std::int64_t kSequenceSteps = 11;
constexpr std::int64_t kHidden = 10;

Tensor sequence_resets() { return resets_at(kSequenceSteps, {{3, 1}, {3, 2}, {7, 1}, {10, 0}}); }

S5Core core_of(std::int64_t layers, std::int64_t hidden = kHidden) {
  market::Random random{7};
  return {kInputs, hidden, layers, random};
}

/// The layers' equations once more, in double with complex tensors, differentiated by Torch.
class Printed {
 public:
  explicit Printed(const S5Core& core) {
    for (const auto& p : core.named_parameters())
      parameters_[p.key()] = p.value().detach().to(torch::kDouble).requires_grad_();
  }
  Tensor operator()(const Tensor& x, const Tensor& start, const Tensor& resets,
                    std::int64_t layers) {
    Tensor out = torch::matmul(x.to(torch::kDouble), get("input_weight").t()) + get("input_bias");
    for (std::int64_t i = 0; i < layers; ++i) out = layer(out, start, resets, i);
    return out;
  }
  Tensor& get(const std::string& name) { return parameters_.at(name); }

 private:
  Tensor layer(const Tensor& x, const Tensor& start, const Tensor& resets, std::int64_t i) {
    const auto of = [&](const char* name) { return get(name + ("_l" + std::to_string(i))); };
    const auto split = [](const Tensor& t, std::int64_t d) {
      const std::int64_t n = t.size(d) / 2;
      return torch::complex(t.narrow(d, 0, n).contiguous(), t.narrow(d, n, n).contiguous());
    };
    const Tensor mean = x.mean(-1, true);
    const Tensor u =
        (x - mean) / torch::sqrt((x - mean).pow(2).mean(-1, true) + 1e-5) * of("norm_weight") +
        of("norm_bias");
    const Tensor lambda = torch::complex(-of("log_decay").exp(), of("frequency"));
    const Tensor a = torch::exp(lambda * of("log_step").exp());
    const Tensor f = (a - 1.0) / lambda;
    const std::int64_t width = 2 * a.size(0);
    Tensor state = split(start.to(torch::kDouble).narrow(1, i * width, width), 1);
    std::vector<Tensor> states;
    for (std::int64_t t = 0; t < x.size(0); ++t) {
      state = state * (1.0 - resets[t].to(torch::kDouble)).unsqueeze(1);
      state = a * state + f * split(torch::matmul(u[t], of("input_weight").t()), 1);
      states.push_back(torch::cat({torch::real(state), torch::imag(state)}, 1));
    }
    const Tensor y =
        torch::matmul(torch::stack(states), of("output_weight").t()) + of("through") * u;
    const Tensor g = 0.5 * y * (1.0 + torch::erf(y / std::sqrt(2.0)));
    return x + g * torch::sigmoid(torch::matmul(g, of("gate_weight").t()) + of("gate_bias"));
  }
  std::map<std::string, Tensor> parameters_;
};

TEST(S5Core, StepByStepEqualsTheWholeSequence) {
  for (const auto& [layers, hidden] : {std::pair{1, 10}, {2, 10}, {2, 7}}) {
    const S5Core core = core_of(layers, hidden);
    const Tensor x = numbers({kSequenceSteps, kRows, kInputs}, 1);
    const Tensor resets = sequence_resets();
    const Tensor start = numbers({kRows, core.state_size()}, 2);
    const Tensor whole = core.sequence(x, start, resets).detach();
    const c10::InferenceMode inference;  // The state that a step leaves behind is of this kind.
    Tensor state = start.clone();
    for (std::int64_t t = 0; t < kSequenceSteps; ++t) {
      for (std::int64_t i = 0; i < kRows; ++i)
        if (resets[t][i].item().toInt() != 0) state[i].zero_();
      EXPECT_LT(largest(core.step(x[t], state) - whole[t]), 1e-5) << "step " << t;
    }
  }
}

TEST(S5Core, AndItsGradientsAreThoseOfThePrintedEquations) {
  const S5Core core = core_of(2);
  Printed printed{core};
  const Tensor x = numbers({kSequenceSteps, kRows, kInputs}, 3).requires_grad_();
  const Tensor x_again = x.detach().to(torch::kDouble).requires_grad_();
  const Tensor start = numbers({kRows, core.state_size()}, 4);
  const Tensor weight = numbers({kSequenceSteps, kRows, kHidden}, 5);
  const Tensor out = core.sequence(x, start, sequence_resets());
  const Tensor expected = printed(x_again, start, sequence_resets(), 2);
  EXPECT_LT(largest(out - expected), 1e-5);
  out.backward(weight);
  expected.backward(weight.to(torch::kDouble));
  EXPECT_LT(largest(x.grad() - x_again.grad()) / largest(x_again.grad()), 1e-5);
  for (const auto& p : core.named_parameters()) {
    const Tensor exact = printed.get(p.key()).grad();
    EXPECT_LT(largest(p.value().grad() - exact) / largest(exact), 1e-5) << p.key();
  }
}

TEST(S5Core, RemembersNothingFromBeforeAReset) {
  const S5Core core = core_of(2);
  const Tensor x = numbers({kSequenceSteps, kRows, kInputs}, 3);
  Tensor resets = torch::zeros({kSequenceSteps, kRows}, torch::kUInt8);
  resets[4].fill_(1);
  const Tensor whole = core.sequence(x, numbers({kRows, core.state_size()}, 4), resets);
  const Tensor fresh = core.sequence(x.narrow(0, 4, kSequenceSteps - 4),
                                     torch::zeros({kRows, core.state_size()}), {});
  const Tensor other = core.sequence(x, numbers({kRows, core.state_size()}, 5), resets);
  EXPECT_GT(largest(whole.narrow(0, 0, 4) - other.narrow(0, 0, 4)), 1e-3);
  EXPECT_EQ(
      largest(whole.narrow(0, 4, kSequenceSteps - 4) - other.narrow(0, 4, kSequenceSteps - 4)),
      0.0);
  // Products of fewer rows are rounded differently on some processors.
  EXPECT_LT(largest(whole.narrow(0, 4, kSequenceSteps - 4) - fresh), 1e-6);
}

TEST(S5Core, StatesAreTheContinuousSystemsUnderAHeldInput) {
  // s' = lambda s + v with v held from 0 on: s(t) = (exp(lambda t) - 1) / lambda v.
  const std::vector<float> log_decay{std::log(0.5F), std::log(2.0F)}, frequency{3.0F, 0.7F},
      log_step{std::log(0.01F), std::log(0.1F)};
  const S5Factors factors{{log_decay, frequency, log_step}};
  const std::vector<float> input{1.0F, 0.5F, 0.0F, -2.0F};
  std::vector<float> state(4, 0.0F), next(4);
  for (int t = 0; t < 50; ++t) {
    s5_step(factors, {1, input.data(), state.data(), nullptr, next.data()});
    state.swap(next);
  }
  const std::complex<double> lambda[]{{-0.5, 3.0}, {-2.0, 0.7}}, v[]{{1.0, 0.0}, {0.5, -2.0}};
  const double time[]{0.5, 5.0};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto exact = (std::exp(lambda[i] * time[i]) - 1.0) / lambda[i] * v[i];
    EXPECT_NEAR(static_cast<double>(state[i]), exact.real(), 2e-6);
    EXPECT_NEAR(static_cast<double>(state[2 + i]), exact.imag(), 2e-6);
  }
}

TEST(S5Core, BeginsAtTheEigenvaluesOfHippo) {
  // Two states: the skew part is (0, s; -s, 0) with s = sqrt(3) / 2.
  EXPECT_NEAR(hippo_frequencies(1)[0], std::sqrt(3.0) / 2.0, 1e-12);
  // The squares of all of them are the squares of the skew part's numbers.
  double squares = 0.0;
  for (const double w : hippo_frequencies(8)) squares += 2.0 * w * w;
  double expected = 0.0;
  for (int n = 0; n < 16; ++n)
    for (int k = 0; k < n; ++k) expected += 0.5 * (2 * n + 1) * (2 * k + 1);
  EXPECT_NEAR(squares / expected, 1.0, 1e-12);
}

TEST(S5Core, IsTheCoreThatSettingsCallS5) {
  EXPECT_EQ(EnumNames<CoreKind>::names[static_cast<std::size_t>(CoreKind::S5)], "s5");
  const ActorCritic agent({.encoder = 16, .core = {CoreKind::S5, kHidden, 2}}, kInputs, 3, 1);
  EXPECT_EQ(agent.state_size(), 2 * kHidden);
  const auto named = agent.named_parameters();
  EXPECT_NE(named.find("core.log_decay_l1"), nullptr);
}

TEST(S5Core, TheSeedDecidesTheWeights) {
  const ActorCriticSettings settings{.encoder = 16, .core = {CoreKind::S5, kHidden, 2}};
  const ActorCritic one(settings, 5, 2, 1), same(settings, 5, 2, 1), other(settings, 5, 2, 2);
  EXPECT_EQ(parameter_hash(one.values()), parameter_hash(same.values()));
  EXPECT_NE(parameter_hash(one.values()), parameter_hash(other.values()));
}

}  // namespace
}  // namespace proteus::policy
