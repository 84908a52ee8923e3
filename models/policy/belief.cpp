#include "models/policy/belief.hpp"

#include <cmath>

#include "models/policy/initialise.hpp"

namespace proteus::policy {

using torch::Tensor;

BeliefHead::BeliefHead(const BeliefSettings& settings, std::int64_t features, std::int64_t columns,
                       std::int64_t actions, market::Random& random)
    : columns_(columns) {
  const auto add = [this](const char* name, torch::IntArrayRef shape) {
    return register_parameter(name, torch::zeros(shape));
  };
  belief_weight_ = add("belief_weight", {settings.units, features});
  belief_bias_ = add("belief_bias", {settings.units});
  decoder_weight_ = add("decoder_weight", {settings.decoder, settings.units + columns + actions});
  decoder_bias_ = add("decoder_bias", {settings.decoder});
  told_weight_ = add("told_weight", {1 + columns, settings.decoder});
  told_bias_ = add("told_bias", {1 + columns});
  orthogonal(belief_weight_.detach(), 1.0, random);
  orthogonal(decoder_weight_.detach(), std::sqrt(2.0), random);
  orthogonal(told_weight_.detach(), 0.1, random);
}

Tensor BeliefHead::believe(const Tensor& features) const {
  return at::addmm(belief_bias_, features, belief_weight_.t()).tanh();
}

Tensor BeliefHead::foretell(const Tensor& belief, const Tensor& asked) const {
  const Tensor hidden =
      at::addmm(decoder_bias_, at::cat({belief, asked}, 1), decoder_weight_.t()).relu();
  return at::addmm(told_bias_, hidden, told_weight_.t());
}

}  // namespace proteus::policy
