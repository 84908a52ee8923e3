#include "models/policy/belief.hpp"

#include <cmath>

#include "models/policy/affine.hpp"
#include "models/policy/initialise.hpp"

namespace proteus::policy {

using torch::Tensor;

BeliefHead::BeliefHead(const Shape& shape, market::Random& random) : columns_(shape.columns) {
  const auto add = [this](const char* name, torch::IntArrayRef sizes) {
    return register_parameter(name, torch::zeros(sizes));
  };
  belief_weight_ = add("belief_weight", {shape.units, shape.features});
  belief_bias_ = add("belief_bias", {shape.units});
  decoder_weight_ =
      add("decoder_weight", {shape.decoder, shape.units + shape.columns + shape.actions});
  decoder_bias_ = add("decoder_bias", {shape.decoder});
  told_weight_ = add("told_weight", {1 + shape.columns, shape.decoder});
  told_bias_ = add("told_bias", {1 + shape.columns});
  orthogonal(belief_weight_.detach(), 1.0, random);
  orthogonal(decoder_weight_.detach(), std::sqrt(2.0), random);
  orthogonal(told_weight_.detach(), 0.1, random);
}

Tensor BeliefHead::believe(const Tensor& features) const {
  return affine(belief_bias_, features, belief_weight_).tanh();
}

Tensor BeliefHead::foretell(const Tensor& belief, const Tensor& asked) const {
  const Tensor hidden = affine(decoder_bias_, at::cat({belief, asked}, 1), decoder_weight_).relu();
  return affine(told_bias_, hidden, told_weight_);
}

}  // namespace proteus::policy
