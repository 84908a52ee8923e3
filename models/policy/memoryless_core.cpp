#include "models/policy/memoryless_core.hpp"

#include <cmath>
#include <string>

#include "models/policy/gru_core.hpp"
#include "models/policy/initialise.hpp"
#include "models/policy/s5_core.hpp"

namespace proteus::policy {

using torch::Tensor;

MemorylessCore::MemorylessCore(std::int64_t inputs, std::int64_t hidden, std::int64_t layers,
                               market::Random& random)
    : hidden_(hidden) {
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string end = "_l" + std::to_string(i);
    Layer layer{
        register_parameter("weight" + end, torch::zeros({hidden, i == 0 ? inputs : hidden})),
        register_parameter("bias" + end, torch::zeros({hidden}))};
    orthogonal(layer.weight, std::sqrt(2.0), random);
    layers_.push_back(std::move(layer));
  }
}

Tensor MemorylessCore::through(Tensor x) const {
  for (const Layer& layer : layers_)
    x = at::addmm(layer.bias.to(x.device()), x, layer.weight.to(x.device()).t()).relu_();
  return x;
}

Tensor MemorylessCore::step(const Tensor& x, Tensor&) const {
  const c10::InferenceMode inference;
  return through(x);
}

Tensor MemorylessCore::sequence(const Tensor& x, const Tensor&, const Tensor&) const {
  return through(x.reshape({x.size(0) * x.size(1), x.size(2)}))
      .view({x.size(0), x.size(1), hidden_});
}

std::shared_ptr<Core> make_core(const CoreSettings& settings, std::int64_t inputs,
                                market::Random& random) {
  if (settings.kind == CoreKind::Memoryless)
    return std::make_shared<MemorylessCore>(inputs, settings.hidden, settings.layers, random);
  if (settings.kind == CoreKind::S5)
    return std::make_shared<S5Core>(inputs, settings.hidden, settings.layers, random);
  return std::make_shared<GruCore>(inputs, settings.hidden, settings.layers, random);
}

}  // namespace proteus::policy
