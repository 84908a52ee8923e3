// The packed policy and its gradients against LibTorch's own operations and autograd.
#include "models/inference/packed_policy.hpp"

#include <gtest/gtest.h>

#include <torch/torch.h>

#include <cmath>
#include <cstdio>

#include "models/online/sequence.hpp"
#include "tests/support/policies.hpp"
#include "tests/unit/online/support.hpp"

namespace proteus::policy {
namespace {

using inference::Architecture;
using inference::PackedPolicy;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kRandomSteps = 20'000;
#else
constexpr std::size_t kRandomSteps = 1'000'000;
#endif
constexpr std::size_t kRowsTogether = 50;

torch::Tensor view(std::span<const float> values, std::vector<std::int64_t> shape) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat32);
}

/// The network by at::addmm and at::gru_cell, over the same flat weights.
class ByTorch {
 public:
  ByTorch(const Architecture& a, const std::vector<float>& weights, std::int64_t rows)
      : state_(torch::zeros({rows, static_cast<std::int64_t>(a.hidden)})) {
    for (const auto& place : inference::weight_places(a))
      weights_.push_back(view(std::span(weights).subspan(place.begin, place.size),
                              {place.shape.begin(), place.shape.end()}));
  }
  torch::Tensor step(const torch::Tensor& x) {
    const c10::InferenceMode inference;
    const torch::Tensor encoded = at::addmm(weights_[1], x, weights_[0].t()).relu_();
    state_ = at::gru_cell(encoded, state_, weights_[4], weights_[5], weights_[6], weights_[7]);
    return at::addmm(weights_[3], state_, weights_[2].t());
  }
  [[nodiscard]] const torch::Tensor& state() const { return state_; }

 private:
  torch::Tensor state_;
  std::vector<torch::Tensor> weights_;
};

double farthest(std::span<const float> a, const torch::Tensor& b) {
  double most = 0.0;
  const auto* other = b.data_ptr<float>();
  for (std::size_t i = 0; i < a.size(); ++i)
    most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(other[i])));
  return most;
}

/// Steps of all rows together are kRandomSteps; memories are carried on through all of them.
void expect_equal_to_torch(const Architecture& a) {
  const auto weights = test::random_weights(a, 17);
  const auto policy = PackedPolicy::create(a, weights).value();
  ByTorch torch_policy(a, weights, kRowsTogether);
  market::Random random{23, "inputs"};
  std::vector<float> inputs(kRowsTogether * a.inputs), states(kRowsTogether * a.hidden),
      features(states.size());
  std::vector<float> outputs(kRowsTogether * a.outputs()), scratch(policy->scratch(kRowsTogether));
  double most = 0.0;
  double size = 0.0;
  for (std::size_t t = 0; t < kRandomSteps / kRowsTogether; ++t) {
    for (float& x : inputs) x = static_cast<float>(4.0 * random.uniform() - 2.0);
    policy->trunk(kRowsTogether, inputs.data(), states.data(), features.data(), scratch);
    policy->head(kRowsTogether, features.data(), outputs.data());
    const auto out =
        torch_policy.step(view(inputs, {kRowsTogether, static_cast<std::int64_t>(a.inputs)}));
    most = std::max({most, farthest(outputs, out), farthest(states, torch_policy.state())});
    for (const float x : outputs) size = std::max(size, std::abs(static_cast<double>(x)));
  }
  EXPECT_LE(most, 1e-5);
  EXPECT_GT(size, 1.0) << "outputs that hardly differ from zero would prove nothing";
  ::testing::Test::RecordProperty("largest_difference", std::to_string(most));
  std::printf("%zu parameters: largest difference over %zu steps %.2e, largest output %.2f\n",
              weights.size(), kRandomSteps, most, size);
}

TEST(PackedPolicyBesideTorch, OfDefaultSizeIsWithin1e5OverAMillionStepsFewerWithSanitizers) {
  expect_equal_to_torch(test::default_architecture());
}

TEST(PackedPolicyBesideTorch, OfASmallSizeIsWithin1e5OverAMillionStepsFewerWithSanitizers) {
  expect_equal_to_torch(test::small_architecture());
}

/// The loss of return_loss.hpp by Torch's operations. logits: [bars, 4].
torch::Tensor torch_loss(const online::ReturnRows& rows, const torch::Tensor& outputs) {
  const auto chances = outputs.narrow(1, 0, 3).softmax(1).to(torch::kFloat64);
  torch::Tensor held = torch::full({}, rows.exposure, torch::kFloat64);
  torch::Tensor sum = torch::zeros({}, torch::kFloat64);
  for (std::size_t t = 0; t < rows.rows.size(); ++t) {
    const auto& row = rows.rows[t];
    const auto p = chances[static_cast<std::int64_t>(t)];
    const torch::Tensor now = row.decides ? (p[2] - p[0]) * row.scale : held;
    sum = sum + now * row.next_return - now.abs() * row.next_assumed;
    if (row.decides) sum = sum - rows.cost * (now - held).abs();
    held = now;
  }
  return -sum / (static_cast<double>(rows.rows.size()) * rows.unit);
}

/// |a - b| / |b| of a whole tensor.
double relative(std::span<const float> a, std::span<const float> b) {
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    size += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / size);
}

/// Loss and gradient of all weights through `bars` bars, by hand and by autograd over plain
/// operations.
void expect_gradient_of_autograd(const Architecture& a, std::size_t bars) {
  const auto weights = test::random_weights(a, 17);
  const auto packed = PackedPolicy::create(a, weights).value();
  const auto stretch = online::testing::stretch_of(packed->shape(), bars, 5);
  online::Sequence sequence(a, packed->kernels(), stretch.inputs, stretch.state);
  std::vector<float> by_outputs(bars * a.outputs()), gradient(weights.size());
  sequence.forward(weights, bars);
  const double loss =
      online::return_loss<float>(stretch.returns, sequence.outputs(), std::span(by_outputs))
          .value();
  sequence.backward(weights, by_outputs, gradient);

  const auto rows = static_cast<std::int64_t>(bars);
  const auto places = inference::weight_places(a);
  std::vector<torch::Tensor> w;
  for (const auto& place : places)
    w.push_back(view(std::span(weights).subspan(place.begin, place.size),
                     {place.shape.begin(), place.shape.end()})
                    .clone()
                    .requires_grad_());
  std::size_t at = 0;
  torch::Tensor x = view(stretch.inputs, {rows, static_cast<std::int64_t>(a.inputs)});
  if (a.encoder > 0) {
    x = at::addmm(w[1], x, w[0].t()).relu();
    at = 2;
  }
  const std::size_t head = at;
  at += 2;
  const auto hidden = static_cast<std::int64_t>(a.hidden);
  for (std::size_t i = 0; i < a.layers; ++i) {
    if (!a.remembers()) {
      x = at::addmm(w[at + 1], x, w[at].t()).relu();
      at += 2;
      continue;
    }
    torch::Tensor h =
        view(std::span(stretch.state).subspan(i * a.hidden, a.hidden), {1, hidden}).clone();
    std::vector<torch::Tensor> after;
    for (std::int64_t t = 0; t < rows; ++t)
      after.push_back(
          h = at::gru_cell(x.narrow(0, t, 1), h, w[at], w[at + 1], w[at + 2], w[at + 3]));
    x = at::cat(after, 0);
    at += 4;
  }
  const torch::Tensor expected =
      torch_loss(stretch.returns, at::addmm(w[head + 1], x, w[head].t()));
  expected.backward();
  EXPECT_NEAR(loss, expected.item<double>(), 1e-6);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const torch::Tensor g = w[i].grad().contiguous();
    EXPECT_LT(relative(std::span(gradient).subspan(places[i].begin, places[i].size),
                       {g.data_ptr<float>(), places[i].size}),
              1e-4)
        << places[i].name << " of " << a.layers << " layers";
  }
}

TEST(SequenceBesideTorch, HasTheGradientOfAutogradForTheDefaultAgent) {
  expect_gradient_of_autograd(test::default_architecture(), 200);
}

TEST(SequenceBesideTorch, HasTheGradientOfAutogradForEveryCore) {
  Architecture a = test::small_architecture();
  expect_gradient_of_autograd(a, 40);
  a.layers = 3;
  a.encoder = 40;
  expect_gradient_of_autograd(a, 40);
  a.encoder = 0;
  expect_gradient_of_autograd(a, 40);
  a = test::small_architecture();
  a.core = inference::CoreKind::Memoryless;
  a.layers = 2;
  expect_gradient_of_autograd(a, 40);
}

}  // namespace
}  // namespace proteus::policy
