#include "models/policy/actor_critic.hpp"

#include <cmath>
#include <cstring>

#include "models/policy/affine.hpp"
#include "models/policy/initialise.hpp"

namespace proteus::policy {

using torch::Tensor;

ActorCritic::ActorCritic(const ActorCriticSettings& settings, std::int64_t inputs,
                         std::int64_t actions, std::uint64_t seed, std::int64_t columns)
    : settings_(settings), inputs_(inputs), actions_(actions) {
  market::Random random{seed, "weights"};
  std::int64_t width = inputs;
  if (settings.encoder > 0) {
    encoder_weight_ =
        register_parameter("encoder_weight", torch::zeros({settings.encoder, inputs}));
    encoder_bias_ = register_parameter("encoder_bias", torch::zeros({settings.encoder}));
    orthogonal(encoder_weight_, std::sqrt(2.0), random);
    width = settings.encoder;
  }
  core_ = register_module("core", make_core(settings.core, width, random));
  head_weight_ = register_parameter("head_weight", torch::zeros({actions + 1, core_->outputs()}));
  head_bias_ = register_parameter("head_bias", torch::zeros({actions + 1}));
  orthogonal(head_weight_.detach().narrow(0, 0, actions), 0.01, random);
  orthogonal(head_weight_.detach().narrow(0, actions, 1), 1.0, random);
  if (settings.belief > 0) {
    market::Random own{seed, "belief"};
    const BeliefHead::Shape shape{settings.belief, settings.belief_decoder, core_->outputs(),
                                  columns, actions};
    belief_ = register_module("belief", std::make_shared<BeliefHead>(shape, own));
    if (settings.belief_read)
      head_belief_ =
          register_parameter("head_belief", torch::zeros({actions + 1, settings.belief}));
  }
  flatten();
}

void ActorCritic::flatten() {
  const torch::NoGradGuard no_grad;
  std::int64_t count = 0;
  for (const Tensor& p : parameters()) count += p.numel();
  flat_ = torch::zeros({count});
  flat_gradient_ = torch::zeros({count});
  std::int64_t begin = 0;
  for (Tensor& p : parameters()) {
    const Tensor place = flat_.narrow(0, begin, p.numel()).view(p.sizes());
    place.copy_(p);
    p.set_data(place);
    p.mutable_grad() = flat_gradient_.narrow(0, begin, p.numel()).view(p.sizes());
    begin += p.numel();
  }
}

Tensor ActorCritic::encode(const Tensor& x) const {
  return encoder_weight_.defined() ? affine(encoder_bias_, x, encoder_weight_).relu_() : x;
}

Tensor ActorCritic::head(const Tensor& features) const {
  const Tensor out = affine(head_bias_, features, head_weight_);
  return head_belief_.defined()
             ? out + at::mm(belief_->believe(features), head_belief_.to(out.device()).t())
             : out;
}

/// A layer without gradients: x weight' + bias.
Tensor ActorCritic::layer(const Tensor& x, const Tensor& weight, const Tensor& bias, Packed& packed,
                          bool rectify) {
  const Tensor in = x.contiguous();
  const auto rows = static_cast<std::size_t>(x.size(0));
  const auto inner = static_cast<std::size_t>(x.size(1));
  const auto columns = static_cast<std::size_t>(weight.size(0));
  Tensor out = at::empty({x.size(0), weight.size(0)}, x.options());
  inference::kernels().multiply({.rows = rows,
                                 .inner = inner,
                                 .columns = columns,
                                 .a = in.data_ptr<float>(),
                                 .a_row = inner,
                                 .panels = packed.turned(weight),
                                 .c = out.data_ptr<float>()});
  inference::kernels().end_layer(
      {rows, columns, bias.data_ptr<float>(), out.data_ptr<float>(), rectify});
  return out;
}

Tensor ActorCritic::step(const Tensor& x, Tensor& state) const {
  const c10::InferenceMode inference;
  if (!x.is_cpu()) return head(core_->step(encode(x), state));
  const Tensor encoded = encoder_weight_.defined()
                             ? layer(x, encoder_weight_, encoder_bias_, encoder_packed_, true)
                             : x;
  const Tensor features = core_->step(encoded, state);
  const Tensor out = layer(features, head_weight_, head_bias_, head_packed_, false);
  return head_belief_.defined() ? out + at::mm(belief_->believe(features), head_belief_.t()) : out;
}

Tensor ActorCritic::features(const Tensor& x, const Tensor& state, const Tensor& resets) const {
  const std::int64_t rows = x.size(0) * x.size(1);
  const Tensor encoded = encode(x.reshape({rows, x.size(2)})).view({x.size(0), x.size(1), -1});
  return core_->sequence(encoded, state, resets).reshape({rows, core_->outputs()});
}

Tensor ActorCritic::sequence(const Tensor& x, const Tensor& state, const Tensor& resets) const {
  return head(features(x, state, resets)).view({x.size(0), x.size(1), actions_ + 1});
}

std::span<float> ActorCritic::values() {
  encoder_packed_.forget();
  head_packed_.forget();
  core_->weights_changed();
  return {flat_.data_ptr<float>(), static_cast<std::size_t>(flat_.numel())};
}
std::span<const float> ActorCritic::values() const {
  return {flat_.data_ptr<float>(), static_cast<std::size_t>(flat_.numel())};
}
std::span<float> ActorCritic::gradients() {
  return {flat_gradient_.data_ptr<float>(), static_cast<std::size_t>(flat_gradient_.numel())};
}

std::uint64_t parameter_hash(std::span<const float> values) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const float value : values) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; ++i) hash = (hash ^ (bits >> (8 * i) & 0xffU)) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace proteus::policy
