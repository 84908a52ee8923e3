#include "models/policy/s5_core.hpp"

#include <cmath>
#include <string>

#include "models/policy/initialise.hpp"
#include "models/policy/s5_scan.hpp"

namespace proteus::policy {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::span<const float> values_of(const Tensor& t) {
  return {t.data_ptr<float>(), static_cast<std::size_t>(t.numel())};
}
std::span<float> place_of(Tensor& t) {
  return {t.data_ptr<float>(), static_cast<std::size_t>(t.numel())};
}

/// Where no trial begins, an empty tensor stands: a Function takes no undefined one.
const std::uint8_t* resets_of(const Tensor& resets, std::int64_t step) {
  return resets.numel() == 0 ? nullptr : resets.data_ptr<std::uint8_t>() + step * resets.size(1);
}

/// The states over whole sequences. v: [steps, rows, 2 states]; start: [rows, 2 states]. Returns
/// those after each step.
class S5Sequence : public torch::autograd::Function<S5Sequence> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& v, const Tensor& start,
                        const Tensor& resets, const Tensor& log_decay, const Tensor& frequency,
                        const Tensor& log_step) {
    const std::int64_t one = v.size(1) * v.size(2);
    const S5Factors factors{{values_of(log_decay), values_of(frequency), values_of(log_step)}};
    Tensor states = at::empty({v.size(0) + 1, v.size(1), v.size(2)}, v.options());
    states[0].copy_(start);
    auto* all = states.data_ptr<float>();
    for (std::int64_t t = 0; t < v.size(0); ++t)
      s5_step(factors, {static_cast<std::size_t>(v.size(1)), v.data_ptr<float>() + t * one,
                        all + t * one, resets_of(resets, t), all + (t + 1) * one});
    ctx->saved_data["resets"] = resets;
    ctx->save_for_backward({v, states, log_decay, frequency, log_step});
    return states.narrow(0, 1, v.size(0));
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& losses) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &v = saved[0], &states = saved[1];
    const S5Poles poles{values_of(saved[2]), values_of(saved[3]), values_of(saved[4])};
    const Tensor resets = ctx->saved_data["resets"].toTensor();
    const Tensor loss = losses[0].contiguous();
    const std::int64_t one = v.size(1) * v.size(2);
    const S5Factors factors{poles};
    S5Backward back{factors};
    Tensor input_gradient = at::empty_like(v);
    Tensor carried = at::zeros({v.size(1), v.size(2)}, v.options());
    for (std::int64_t t = v.size(0); t-- > 0;)
      back.step({static_cast<std::size_t>(v.size(1)), v.data_ptr<float>() + t * one,
                 states.data_ptr<float>() + t * one, resets_of(resets, t),
                 loss.data_ptr<float>() + t * one, carried.data_ptr<float>(),
                 input_gradient.data_ptr<float>() + t * one});
    Tensor decay = at::empty_like(saved[2]);
    Tensor frequency = at::empty_like(saved[3]);
    Tensor step = at::empty_like(saved[4]);
    back.finish(poles, place_of(decay), place_of(frequency), place_of(step));
    return {input_gradient, Tensor(), Tensor(), decay, frequency, step};
  }
};

void fill_normal(Tensor tensor, double deviation, market::Random& random) {
  const torch::NoGradGuard no_grad;
  for (float& x : place_of(tensor)) x = static_cast<float>(deviation * random.normal());
}

}  // namespace

std::vector<double> hippo_frequencies(std::int64_t count) {
  // HiPPO-LegS less its low-rank part: -1/2 on the diagonal, and what is skew. Times -i the latter
  // is Hermitian, and its eigenvalues are the frequencies, in pairs of either sign.
  const std::int64_t n = 2 * count;
  Tensor skew = at::zeros({n, n}, torch::kComplexDouble);
  auto out = skew.accessor<c10::complex<double>, 2>();
  for (std::int64_t r = 0; r < n; ++r)
    for (std::int64_t c = 0; c < n; ++c) {
      const double size =
          0.5 * std::sqrt(static_cast<double>(2 * r + 1) * static_cast<double>(2 * c + 1));
      if (r != c) out[r][c] = {0.0, r > c ? size : -size};
    }
  const Tensor values = at::linalg_eigvalsh(skew);
  const double* first = values.data_ptr<double>() + count;
  return {first, first + count};
}

S5Core::S5Core(std::int64_t inputs, std::int64_t hidden, std::int64_t layers,
               market::Random& random)
    : hidden_(hidden), states_((hidden + 1) / 2) {
  input_weight_ = register_parameter("input_weight", torch::zeros({hidden, inputs}));
  input_bias_ = register_parameter("input_bias", torch::zeros({hidden}));
  orthogonal(input_weight_.detach(), 1.0, random);
  for (std::int64_t i = 0; i < layers; ++i) layers_.push_back(make_layer(i, random));
}

S5Core::Layer S5Core::make_layer(std::int64_t index, market::Random& random) {
  constexpr double kStepMin = 0.001;
  constexpr double kStepMax = 0.1;
  const auto add = [&](const char* name, const Tensor& value) {
    return register_parameter(name + ("_l" + std::to_string(index)), value);
  };
  const auto zeros = [](torch::IntArrayRef shape) { return torch::zeros(shape); };
  Layer layer{add("norm_weight", torch::ones({hidden_})),
              add("norm_bias", zeros({hidden_})),
              add("log_decay", torch::full({states_}, std::log(0.5))),
              add("frequency", zeros({states_})),
              add("log_step", zeros({states_})),
              add("input_weight", zeros({2 * states_, hidden_})),
              add("output_weight", zeros({hidden_, 2 * states_})),
              add("through", zeros({hidden_})),
              add("gate_weight", zeros({hidden_, hidden_})),
              add("gate_bias", zeros({hidden_}))};
  const torch::NoGradGuard no_grad;
  const auto frequencies = hippo_frequencies(states_);
  for (std::int64_t i = 0; i < states_; ++i) {
    layer.frequency.data_ptr<float>()[i] =
        static_cast<float>(frequencies[static_cast<std::size_t>(i)]);
    layer.log_step.data_ptr<float>()[i] = static_cast<float>(
        std::log(kStepMin) + random.uniform() * (std::log(kStepMax) - std::log(kStepMin)));
  }
  // Real normal matrices of variance 1 / columns, seen from the eigenvectors of HiPPO-N: those lie
  // in pairs of conjugates, so real and imaginary part are independent, with half the variance.
  fill_normal(layer.input_weight, std::sqrt(0.5 / static_cast<double>(hidden_)), random);
  fill_normal(layer.output_weight, std::sqrt(1.0 / static_cast<double>(states_)), random);
  fill_normal(layer.through, 1.0, random);
  orthogonal(layer.gate_weight.detach(), 1.0, random);
  return layer;
}

Tensor S5Core::normalised(const Layer& layer, const Tensor& x) const {
  return at::layer_norm(x, {hidden_}, layer.norm_weight, layer.norm_bias);
}

Tensor S5Core::finish(const Layer& layer, const Tensor& x, const Tensor& u, const Tensor& states) {
  const Tensor y = at::addcmul(at::mm(states, layer.output_weight.t()), layer.through, u);
  const Tensor g = at::gelu(y);
  return at::addcmul(x, g, at::addmm(layer.gate_bias, g, layer.gate_weight.t()).sigmoid());
}

Tensor S5Core::step(const Tensor& x, Tensor& state) const {
  const c10::InferenceMode inference;
  if (!x.is_cpu()) {
    Tensor here = state.cpu();
    const Tensor out = step(x.cpu(), here);
    state = here.to(x.device());
    return out.to(x.device());
  }
  const std::int64_t rows = x.size(0);
  const std::int64_t width = 2 * states_;
  Tensor out = at::addmm(input_bias_, x, input_weight_.t());
  Tensor next = at::empty_like(state);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const std::int64_t begin = static_cast<std::int64_t>(i) * width;
    const S5Factors factors{
        {values_of(layer.log_decay), values_of(layer.frequency), values_of(layer.log_step)}};
    const Tensor before = state.narrow(1, begin, width).contiguous();
    const Tensor u = normalised(layer, out);
    const Tensor v = at::mm(u, layer.input_weight.t());
    Tensor after = at::empty({rows, width}, x.options());
    s5_step(factors, {static_cast<std::size_t>(rows), v.data_ptr<float>(), before.data_ptr<float>(),
                      nullptr, after.data_ptr<float>()});
    next.narrow(1, begin, width).copy_(after);
    out = finish(layer, out, u, after);
  }
  state = next;
  return out;
}

Tensor S5Core::sequence(const Tensor& x, const Tensor& state, const Tensor& resets) const {
  if (!x.is_cpu())
    return sequence(x.cpu(), state.cpu(), resets.defined() ? resets.cpu() : resets).to(x.device());
  const std::int64_t steps = x.size(0);
  const std::int64_t rows = x.size(1);
  const std::int64_t width = 2 * states_;
  const Tensor where = resets.defined() ? resets : at::empty({0}, torch::kUInt8);
  Tensor out = at::addmm(input_bias_, x.reshape({steps * rows, x.size(2)}), input_weight_.t());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const Tensor u = normalised(layer, out);
    const Tensor v = at::mm(u, layer.input_weight.t()).view({steps, rows, width});
    const Tensor states =
        S5Sequence::apply(v, state.narrow(1, static_cast<std::int64_t>(i) * width, width), where,
                          layer.log_decay, layer.frequency, layer.log_step);
    out = finish(layer, out, u, states.reshape({steps * rows, width}));
  }
  return out.view({steps, rows, hidden_});
}

}  // namespace proteus::policy
