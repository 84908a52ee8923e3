// The meta-gradient that models/maml writes out by hand, against LibTorch's, which differentiates
// the inner steps' own graph (create_graph).
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/maml/learner.hpp"

namespace proteus::maml {
namespace {

struct Variant {
  Method method;
  Activation activation;
  std::int64_t steps;
  bool learned_rates;
  bool multi_step;
};

constexpr std::size_t kInputs = 3;
constexpr std::size_t kOutputs = 2;

TaskBatch<double> random_tasks() {
  market::Random random(5, "tasks");
  TaskBatch<double> batch{3, 7, 6, {}, {}, {}, {}};
  const auto fill = [&](std::vector<double>& values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values.push_back(random.normal());
  };
  fill(batch.support_x, batch.tasks * batch.support_rows * kInputs);
  fill(batch.support_y, batch.tasks * batch.support_rows * kOutputs);
  fill(batch.query_x, batch.tasks * batch.query_rows * kInputs);
  fill(batch.query_y, batch.tasks * batch.query_rows * kOutputs);
  return batch;
}

torch::Tensor tensor_of(std::span<const double> values) {
  return torch::tensor(std::vector<double>(values.begin(), values.end()), torch::kFloat64);
}

torch::Tensor rows_of(const std::vector<double>& values, std::size_t tasks, std::size_t task,
                      std::size_t columns) {
  const std::size_t size = values.size() / tasks;
  return tensor_of(std::span(values).subspan(task * size, size))
      .reshape({-1, static_cast<std::int64_t>(columns)});
}

torch::Tensor forward(const Mlp& net, const torch::Tensor& theta, torch::Tensor x) {
  for (const Layer& layer : net.layers()) {
    const auto in = static_cast<std::int64_t>(layer.in);
    const auto out = static_cast<std::int64_t>(layer.out);
    const auto weights = theta.narrow(0, static_cast<std::int64_t>(layer.weights), in * out);
    x = torch::matmul(x, weights.reshape({in, out})) +
        theta.narrow(0, static_cast<std::int64_t>(layer.biases), out);
    if (&layer == &net.layers().back()) return x;
    x = net.activation() == Activation::Relu ? torch::relu(x) : torch::tanh(x);
  }
  return x;
}

/// Gradient by `leaf` (base, and rates where they are learned) of the mean query loss.
torch::Tensor gradient_by_autograd(const Learner<double>& learner, const TaskBatch<double>& batch) {
  const LearnerSettings& s = learner.settings();
  const auto n = static_cast<std::int64_t>(learner.net().parameters());
  torch::Tensor leaf = tensor_of(learner.learned()).requires_grad_(true);
  torch::Tensor total = torch::zeros({}, torch::kFloat64);
  for (std::size_t t = 0; t < batch.tasks; ++t) {
    const auto loss = [&](const torch::Tensor& theta, const std::vector<double>& x,
                          const std::vector<double>& y) {
      return torch::mse_loss(forward(learner.net(), theta, rows_of(x, batch.tasks, t, kInputs)),
                             rows_of(y, batch.tasks, t, kOutputs));
    };
    torch::Tensor theta = leaf.narrow(0, 0, n);
    const torch::Tensor rates =
        s.learned_rates ? leaf.narrow(0, n, n) : torch::full({n}, s.inner_rate, torch::kFloat64);
    for (std::int64_t k = 0; k < s.inner_steps; ++k) {
      torch::Tensor slope =
          torch::autograd::grad({loss(theta, batch.support_x, batch.support_y)}, {theta}, {},
                                /*retain_graph=*/true, /*create_graph=*/true)[0];
      if (s.method == Method::FirstOrder) slope = slope.detach();
      theta = theta - rates * slope;
      if (s.multi_step || k + 1 == s.inner_steps)
        total = total + loss(theta, batch.query_x, batch.query_y) /
                            static_cast<double>(s.multi_step ? s.inner_steps : 1);
    }
  }
  return torch::autograd::grad({total / static_cast<double>(batch.tasks)}, {leaf})[0];
}

TEST(MetaGradient, EqualsThatOfAutogradThroughTheInnerSteps) {
  const TaskBatch<double> batch = random_tasks();
  const std::vector<Variant> variants{
      {Method::SecondOrder, Activation::Tanh, 1, false, false},
      {Method::SecondOrder, Activation::Relu, 1, false, false},
      {Method::SecondOrder, Activation::Tanh, 5, false, false},
      {Method::SecondOrder, Activation::Relu, 5, false, false},
      {Method::SecondOrder, Activation::Tanh, 3, true, false},
      {Method::SecondOrder, Activation::Relu, 3, false, true},
      {Method::FirstOrder, Activation::Tanh, 3, false, false},
      {Method::FirstOrder, Activation::Relu, 3, false, false},
      {Method::FirstOrder, Activation::Tanh, 3, true, true},
  };
  for (const Variant& v : variants) {
    SCOPED_TRACE(::testing::Message()
                 << (v.method == Method::FirstOrder ? "first order, " : "second order, ")
                 << (v.activation == Activation::Relu ? "relu, " : "tanh, ") << v.steps
                 << " steps, learned rates " << v.learned_rates << ", multi-step " << v.multi_step);
    LearnerSettings settings;
    settings.method = v.method;
    settings.inner_steps = v.steps;
    settings.inner_rate = 0.1;
    settings.learned_rates = v.learned_rates;
    settings.multi_step = v.multi_step;
    Result<Learner<double>> learner = Learner<double>::create(
        settings, Mlp::create(kInputs, {9, 6}, kOutputs, v.activation).value(), 17);
    ASSERT_TRUE(learner);
    MetaGradient<double> by_hand;
    learner.value().meta_gradient(batch, by_hand);
    by_hand.base.insert(by_hand.base.end(), by_hand.rates.begin(), by_hand.rates.end());
    const torch::Tensor known = gradient_by_autograd(learner.value(), batch);
    const torch::Tensor got = tensor_of(by_hand.base);
    ASSERT_EQ(got.numel(), known.numel());
    ASSERT_GT(known.norm().item<double>(), 1e-3);
    EXPECT_LT((got - known).norm().item<double>(), 1e-12 * known.norm().item<double>());
  }
}

}  // namespace
}  // namespace proteus::maml
