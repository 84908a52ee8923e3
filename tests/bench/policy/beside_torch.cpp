#include <torch/torch.h>

#include "tests/bench/measure.hpp"
#include "tests/bench/policy/parts.hpp"
#include "tests/support/policies.hpp"

namespace proteus::bench {
namespace {

using torch::Tensor;

std::vector<Tensor> tensors_of(std::span<const float> weights) {
  at::set_num_threads(1);
  std::vector<Tensor> out;
  for (const auto& place : inference::weight_places(test::default_architecture()))
    out.push_back(
        torch::from_blob(const_cast<float*>(weights.data() + place.begin),
                         std::vector<std::int64_t>{place.shape.begin(), place.shape.end()})
            .clone());
  return out;
}

Tensor step(const std::vector<Tensor>& w, const Tensor& x, Tensor& state) {
  const Tensor encoded = at::addmm(w[1], x, w[0].t()).relu_();
  state = at::gru_cell(encoded, state, w[4], w[5], w[6], w[7]);
  return at::addmm(w[3], state, w[2].t());
}

std::vector<double> times(std::span<const float> weights, std::int64_t rows, int calls) {
  const c10::InferenceMode inference;
  const auto w = tensors_of(weights);
  Tensor state = torch::zeros({rows, 128});
  const Tensor x = torch::randn({rows, 19});
  std::vector<double> took;
  for (int call = 0; call < calls; ++call) took.push_back(wall_of([&] { step(w, x, state); }));
  return took;
}

}  // namespace

std::vector<double> torch_steps(std::span<const float> weights, int calls) {
  return times(weights, 1, calls);
}

double torch_batch(std::span<const float> weights, std::size_t rows, int calls) {
  return median(times(weights, static_cast<std::int64_t>(rows), calls));
}

double torch_gradients(std::span<const float> weights, std::size_t bars) {
  auto w = tensors_of(weights);
  for (Tensor& t : w) t.requires_grad_();
  const auto steps = static_cast<std::int64_t>(bars);
  const Tensor x = torch::randn({steps, 19});
  const auto run = [&] {
    for (int k = 0; k < 5; ++k) {
      const Tensor encoded = at::addmm(w[1], x, w[0].t()).relu();
      const auto [after, last] =
          at::gru(encoded.unsqueeze(1), torch::zeros({1, 1, 128}), {w[4], w[5], w[6], w[7]}, true,
                  1, 0.0, false, false, false);
      at::addmm(w[3], after.squeeze(1), w[2].t()).sum().backward();
    }
  };
  return time_of(run).thread;
}

}  // namespace proteus::bench
