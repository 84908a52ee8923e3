#include "models/policy/gru_core.hpp"

#include <string>

#include "models/policy/initialise.hpp"
#include "models/policy/kernels.hpp"

namespace proteus::policy {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::size_t size_of(std::int64_t n) { return static_cast<std::size_t>(n); }

/// Rows of `state` where `resets` says 1 become zero.
void clear_rows(Tensor& state, const Tensor& resets, std::int64_t step) {
  const std::int64_t rows = state.size(0);
  const std::int64_t width = state.size(1);
  const auto* reset = resets.data_ptr<std::uint8_t>() + step * rows;
  for (std::int64_t row = 0; row < rows; ++row)
    if (reset[row] != 0) std::fill_n(state.data_ptr<float>() + row * width, width, 0.0F);
}

/// Where no trial begins, an empty tensor stands: a Function takes no undefined one.
bool has(const Tensor& resets) { return resets.numel() > 0; }

bool any_in(const Tensor& resets, std::int64_t step) {
  const auto* row = resets.data_ptr<std::uint8_t>() + step * resets.size(1);
  return std::any_of(row, row + resets.size(1), [](std::uint8_t r) { return r != 0; });
}

/// A layer over whole sequences. Saved for the way back: what each step's gates were and what the
/// layer remembered before it.
class GruSequence : public torch::autograd::Function<GruSequence> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& start,
                        const Tensor& resets, const Tensor& wi, const Tensor& wh, const Tensor& bi,
                        const Tensor& bh) {
    const std::int64_t steps = x.size(0);
    const std::int64_t rows = x.size(1);
    const std::int64_t hidden = wh.size(1);
    Tensor gates =
        at::mm(x.reshape({steps * rows, x.size(2)}), wi.t()).view({steps, rows, 3 * hidden});
    Tensor states = at::empty({steps + 1, rows, hidden}, x.options());
    Tensor candidates = at::empty({steps, rows, hidden}, x.options());
    Tensor hidden_gates = at::empty({rows, 3 * hidden}, x.options());
    // Only with resets does what a step starts from differ from what the one before it gave.
    const Tensor before =
        has(resets) ? at::empty({steps, rows, hidden}, x.options()) : states.narrow(0, 0, steps);
    states[0].copy_(start);
    const Tensor weight = wh.t();
    for (std::int64_t t = 0; t < steps; ++t) {
      Tensor h = before[t];
      if (has(resets)) {
        h.copy_(states[t]);
        clear_rows(h, resets, t);
      }
      at::mm_out(hidden_gates, h, weight);
      kernels().gru({size_of(rows), size_of(hidden),
                     gates.data_ptr<float>() + t * rows * 3 * hidden,
                     hidden_gates.data_ptr<float>(), bi.data_ptr<float>(), bh.data_ptr<float>(),
                     h.data_ptr<float>(), states.data_ptr<float>() + (t + 1) * rows * hidden,
                     candidates.data_ptr<float>() + t * rows * hidden});
    }
    ctx->saved_data["resets"] = resets;
    ctx->save_for_backward({x, gates, candidates, before, wi, wh});
    return states.narrow(0, 1, steps);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& losses) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &gates = saved[1], &candidates = saved[2], &before = saved[3];
    const Tensor &wi = saved[4], &wh = saved[5];
    const Tensor resets = ctx->saved_data["resets"].toTensor();
    const Tensor loss = losses[0].contiguous();
    const std::int64_t steps = x.size(0);
    const std::int64_t rows = x.size(1);
    const std::int64_t hidden = wh.size(1);
    const std::int64_t one = rows * hidden;
    Tensor input_gates = at::empty_like(gates);
    Tensor hidden_gates = at::empty_like(gates);
    Tensor carried = at::empty({rows, hidden}, x.options());
    Tensor through = at::empty({rows, hidden}, x.options());
    for (std::int64_t t = steps; t-- > 0;) {
      kernels().gru_back({size_of(rows), size_of(hidden), gates.data_ptr<float>() + t * 3 * one,
                          candidates.data_ptr<float>() + t * one,
                          before.data_ptr<float>() + t * one, loss.data_ptr<float>() + t * one,
                          t + 1 < steps ? carried.data_ptr<float>() : nullptr,
                          input_gates.data_ptr<float>() + t * 3 * one,
                          hidden_gates.data_ptr<float>() + t * 3 * one, through.data_ptr<float>()});
      at::addmm_out(carried, through, hidden_gates[t], wh);
      if (has(resets)) clear_rows(carried, resets, t);
    }
    const Tensor di = input_gates.view({steps * rows, 3 * hidden});
    const Tensor dh = hidden_gates.view({steps * rows, 3 * hidden});
    const Tensor flat = x.reshape({steps * rows, x.size(2)});
    return {ctx->needs_input_grad(0) ? at::mm(di, wi).view_as(x) : Tensor(),
            Tensor(),
            Tensor(),
            at::mm(di.t(), flat),
            at::mm(dh.t(), before.reshape({steps * rows, hidden})),
            di.sum(0),
            dh.sum(0)};
  }
};

}  // namespace

GruCore::GruCore(std::int64_t inputs, std::int64_t hidden, std::int64_t layers,
                 market::Random& random)
    : hidden_(hidden) {
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string end = "_l" + std::to_string(i);
    const auto add = [&](const std::string& name, torch::IntArrayRef shape) {
      return register_parameter(name + end, torch::zeros(shape));
    };
    Layer layer{add("weight_ih", {3 * hidden, i == 0 ? inputs : hidden}),
                add("weight_hh", {3 * hidden, hidden}), add("bias_ih", {3 * hidden}),
                add("bias_hh", {3 * hidden})};
    orthogonal_blocks(layer.input_weight, 3, 1.0, random);
    orthogonal_blocks(layer.hidden_weight, 3, 1.0, random);
    layers_.push_back(std::move(layer));
  }
}

Tensor GruCore::step(const Tensor& x, Tensor& state) const {
  const c10::InferenceMode inference;
  const std::int64_t rows = x.size(0);
  Tensor out = x;
  if (!x.is_cpu()) {
    std::vector<Tensor> after;
    for (std::size_t i = 0; i < layers_.size(); ++i)
      after.push_back(out = gru_step(out, state_of(state, i), layers_[i]));
    state = at::cat(after, 1);
    return out;
  }
  Tensor next = at::empty_like(state);
  Tensor last;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const bool only = layers_.size() == 1;
    const Tensor before =
        only ? state.contiguous()
             : state.narrow(1, static_cast<std::int64_t>(i) * hidden_, hidden_).contiguous();
    Tensor gates = at::mm(out, layer.input_weight.t());
    const Tensor hidden_gates = at::mm(before, layer.hidden_weight.t());
    Tensor after = only ? next : at::empty({rows, hidden_}, x.options());
    kernels().gru({size_of(rows), size_of(hidden_), gates.data_ptr<float>(),
                   hidden_gates.data_ptr<float>(), layer.input_bias.data_ptr<float>(),
                   layer.hidden_bias.data_ptr<float>(), before.data_ptr<float>(),
                   after.data_ptr<float>(), nullptr});
    if (!only) next.narrow(1, static_cast<std::int64_t>(i) * hidden_, hidden_).copy_(after);
    out = after;
  }
  state = next;
  return out;
}

Tensor GruCore::sequence(const Tensor& x, const Tensor& state, const Tensor& resets) const {
  Tensor out = x;
  if (!x.is_cpu()) {
    for (std::size_t i = 0; i < layers_.size(); ++i)
      out = gru_sequence(out, state_of(state, i), resets, layers_[i]);
    return out;
  }
  bool any = false;
  if (resets.defined())
    for (std::int64_t t = 0; t < resets.size(0) && !any; ++t) any = any_in(resets, t);
  const Tensor needed = any ? resets : at::empty({0}, torch::kUInt8);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    out = GruSequence::apply(out, state.narrow(1, static_cast<std::int64_t>(i) * hidden_, hidden_),
                             needed, layer.input_weight, layer.hidden_weight, layer.input_bias,
                             layer.hidden_bias);
  }
  return out;
}

}  // namespace proteus::policy
