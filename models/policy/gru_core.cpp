#include "models/policy/gru_core.hpp"

#include <algorithm>
#include <string>

#include "models/inference/kernels.hpp"
#include "models/policy/initialise.hpp"

namespace proteus::policy {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::size_t size_of(std::int64_t n) { return static_cast<std::size_t>(n); }

/// Rows of `state`, `width` wide, where `resets` says 1 become zero.
void clear_rows(float* state, const Tensor& resets, std::size_t step, std::size_t width) {
  const std::size_t rows = size_of(resets.size(1));
  const auto* reset = resets.data_ptr<std::uint8_t>() + step * rows;
  for (std::size_t row = 0; row < rows; ++row)
    if (reset[row] != 0) std::fill_n(state + row * width, width, 0.0F);
}

/// Where no trial begins, an empty tensor stands: a Function takes no undefined one.
bool has(const Tensor& resets) { return resets.numel() > 0; }

bool any_in(const Tensor& resets, std::int64_t step) {
  const auto* row = resets.data_ptr<std::uint8_t>() + step * resets.size(1);
  return std::any_of(row, row + resets.size(1), [](std::uint8_t r) { return r != 0; });
}

/// Steps that are worked on together: about a hundred rows keep the products busy and their numbers
/// in the cache.
std::size_t steps_together(std::size_t rows) { return std::max<std::size_t>(1, 128 / rows); }

/// A layer's sizes and places of a whole sequence, as plain arrays.
struct Sizes {
  std::size_t steps, rows, inputs, hidden;
  explicit Sizes(const Tensor& x, const Tensor& hidden_weight)
      : steps(size_of(x.size(0))),
        rows(size_of(x.size(1))),
        inputs(size_of(x.size(2))),
        hidden(size_of(hidden_weight.size(1))) {}
  [[nodiscard]] std::size_t gates() const { return 3 * hidden; }
  [[nodiscard]] std::size_t step() const { return rows * hidden; }  ///< numbers of a state
};

std::vector<float> packed(const Tensor& weight) {
  const auto inner = size_of(weight.size(0));
  const auto columns = size_of(weight.size(1));
  std::vector<float> panels(inference::packed_size(inner, columns));
  inference::pack(weight.data_ptr<float>(), inner, columns, columns, panels.data());
  return panels;
}

/// sum[columns] += the rows of x.
void add_rows(const float* x, std::size_t rows, std::size_t columns, float* sum) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) sum[j] += x[i * columns + j];
}

/// A layer over whole sequences. Saved for the way back: what each step's gates were and what the
/// layer remembered before it.
class GruSequence : public torch::autograd::Function<GruSequence> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const Tensor& start,
                        const Tensor& resets, const Tensor& wi, const Tensor& wh, const Tensor& bi,
                        const Tensor& bh) {
    const Tensor x = input.contiguous();
    const Sizes n(x, wh);
    const auto shape = [&](std::size_t steps, std::size_t width) {
      return std::vector<std::int64_t>{static_cast<std::int64_t>(steps), x.size(1),
                                       static_cast<std::int64_t>(width)};
    };
    Tensor gates = at::empty(shape(n.steps, n.gates()), x.options());
    Tensor states = at::empty(shape(n.steps + 1, n.hidden), x.options());
    Tensor candidates = at::empty(shape(n.steps, n.hidden), x.options());
    // Only with resets does what a step starts from differ from what the one before it gave.
    const Tensor before = has(resets) ? at::empty(shape(n.steps, n.hidden), x.options())
                                      : states.narrow(0, 0, x.size(0));
    states[0].copy_(start);
    Packed input_panels, hidden_panels;
    const float* input_weight = input_panels.turned(wi);
    const float* hidden_weight = hidden_panels.turned(wh);
    std::vector<float> hidden_gates(n.rows * n.gates());
    const std::size_t together = steps_together(n.rows);
    for (std::size_t t = 0; t < n.steps; ++t) {
      float* own = gates.data_ptr<float>() + t * n.rows * n.gates();
      if (t % together == 0)
        inference::kernels().multiply({.rows = std::min(together, n.steps - t) * n.rows,
                                       .inner = n.inputs,
                                       .columns = n.gates(),
                                       .a = x.data_ptr<float>() + t * n.rows * n.inputs,
                                       .a_row = n.inputs,
                                       .panels = input_weight,
                                       .c = own});
      float* h = before.data_ptr<float>() + t * n.step();
      float* after = states.data_ptr<float>() + (t + 1) * n.step();
      if (has(resets)) {
        std::copy_n(after - n.step(), n.step(), h);
        clear_rows(h, resets, t, n.hidden);
      }
      inference::kernels().multiply({.rows = n.rows,
                                     .inner = n.hidden,
                                     .columns = n.gates(),
                                     .a = h,
                                     .a_row = n.hidden,
                                     .panels = hidden_weight,
                                     .c = hidden_gates.data()});
      inference::kernels().gru({n.rows, n.hidden, own, hidden_gates.data(), bi.data_ptr<float>(),
                                bh.data_ptr<float>(), h, after,
                                candidates.data_ptr<float>() + t * n.step()});
    }
    ctx->saved_data["resets"] = resets;
    ctx->save_for_backward({x, gates, candidates, before, wi, wh});
    return states.narrow(0, 1, x.size(0));
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& losses) {
    const variable_list saved = ctx->get_saved_variables();
    Way way(saved, ctx->saved_data["resets"].toTensor(), losses[0].contiguous(),
            ctx->needs_input_grad(0));
    for (std::size_t end = way.n.steps; end > 0;) {
      const std::size_t count = std::min(way.together, end);
      way.back(end - count, count);
      end -= count;
    }
    return {way.dx,         Tensor(),       Tensor(), way.input_weight, way.hidden_weight,
            way.input_bias, way.hidden_bias};
  }

 private:
  /// The way back, some steps at a time.
  struct Way {
    const Tensor &x, &gates, &candidates, &before;
    const Tensor resets, loss;
    const Sizes n;
    const std::size_t together;
    const std::vector<float> hidden_panels, input_panels;
    Tensor dx, input_weight, hidden_weight, input_bias, hidden_bias;  ///< gradients
    std::vector<float> input_gates, hidden_gates;  ///< of the steps that are worked on
    std::vector<float> carried, through, right;
    bool last = true;

    Way(const variable_list& saved, const Tensor& where, const Tensor& from_above, bool need_x)
        : x(saved[0]),
          gates(saved[1]),
          candidates(saved[2]),
          before(saved[3]),
          resets(where),
          loss(from_above),
          n(saved[0], saved[5]),
          together(steps_together(n.rows)),
          hidden_panels(packed(saved[5])),
          input_panels(need_x ? packed(saved[4]) : std::vector<float>{}),
          dx(need_x ? at::empty_like(x) : Tensor()),
          input_weight(at::zeros_like(saved[4])),
          hidden_weight(at::zeros_like(saved[5])),
          input_bias(at::zeros({static_cast<std::int64_t>(n.gates())}, x.options())),
          hidden_bias(at::zeros_like(input_bias)),
          input_gates(together * n.rows * n.gates()),
          hidden_gates(input_gates.size()),
          carried(n.step()),
          through(n.step()),
          right(inference::packed_size(together * n.rows, std::max(n.inputs, n.hidden))) {}

    void back(std::size_t first, std::size_t count) {
      for (std::size_t t = first + count; t-- > first;) {
        const std::size_t place = (t - first) * n.rows * n.gates();
        step(t, input_gates.data() + place, hidden_gates.data() + place);
      }
      const std::size_t rows = count * n.rows;
      add_outer(input_gates.data(), x.data_ptr<float>() + first * n.rows * n.inputs, rows, n.inputs,
                input_weight);
      add_outer(hidden_gates.data(), before.data_ptr<float>() + first * n.step(), rows, n.hidden,
                hidden_weight);
      add_rows(input_gates.data(), rows, n.gates(), input_bias.data_ptr<float>());
      add_rows(hidden_gates.data(), rows, n.gates(), hidden_bias.data_ptr<float>());
      if (dx.defined())
        inference::kernels().multiply({.rows = rows,
                                       .inner = n.gates(),
                                       .columns = n.inputs,
                                       .a = input_gates.data(),
                                       .a_row = n.gates(),
                                       .panels = input_panels.data(),
                                       .c = dx.data_ptr<float>() + first * n.rows * n.inputs});
    }

    void step(std::size_t t, float* di, float* dh) {
      inference::kernels().gru_back(
          {n.rows, n.hidden, gates.data_ptr<float>() + t * n.rows * n.gates(),
           candidates.data_ptr<float>() + t * n.step(), before.data_ptr<float>() + t * n.step(),
           loss.data_ptr<float>() + t * n.step(), last ? nullptr : carried.data(), di, dh,
           through.data()});
      last = false;
      carried.swap(through);
      inference::kernels().multiply({.rows = n.rows,
                                     .inner = n.gates(),
                                     .columns = n.hidden,
                                     .a = dh,
                                     .a_row = n.gates(),
                                     .panels = hidden_panels.data(),
                                     .c = carried.data(),
                                     .add = true});
      if (has(resets)) clear_rows(carried.data(), resets, t, n.hidden);
    }

    /// gradient[gates, width] += left' right, both of `rows` rows.
    void add_outer(const float* left, const float* other, std::size_t rows, std::size_t width,
                   const Tensor& gradient) {
      inference::pack(other, rows, width, width, right.data());
      inference::kernels().multiply({.rows = n.gates(),
                                     .inner = rows,
                                     .columns = width,
                                     .a = left,
                                     .a_row = 1,
                                     .a_column = n.gates(),
                                     .panels = right.data(),
                                     .c = gradient.data_ptr<float>(),
                                     .add = true});
    }
  };
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
  packed_.resize(layers_.size());
}

Tensor GruCore::step(const Tensor& x, Tensor& state) const {
  const c10::InferenceMode inference;
  if (!x.is_cpu()) {
    Tensor out = x;
    std::vector<Tensor> after;
    for (std::size_t i = 0; i < layers_.size(); ++i)
      after.push_back(out = gru_step(out, state_of(state, i), layers_[i]));
    state = at::cat(after, 1);
    return out;
  }
  const std::size_t rows = size_of(x.size(0));
  const std::size_t hidden = size_of(hidden_);
  const auto product = [&](const Tensor& a, Packed& weights, const Tensor& weight, float* c) {
    const auto inner = size_of(a.size(1));
    inference::kernels().multiply({.rows = rows,
                                   .inner = inner,
                                   .columns = 3 * hidden,
                                   .a = a.data_ptr<float>(),
                                   .a_row = inner,
                                   .panels = weights.turned(weight),
                                   .c = c});
  };
  input_gates_.resize(rows * 3 * hidden);
  hidden_gates_.resize(rows * 3 * hidden);
  Tensor out = x.contiguous();
  Tensor next = at::empty_like(state);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const bool only = layers_.size() == 1;
    const Tensor before =
        only ? state.contiguous()
             : state.narrow(1, static_cast<std::int64_t>(i) * hidden_, hidden_).contiguous();
    product(out, packed_[i].input, layer.input_weight, input_gates_.data());
    product(before, packed_[i].hidden, layer.hidden_weight, hidden_gates_.data());
    const Tensor after = only ? next : at::empty({x.size(0), hidden_}, x.options());
    inference::kernels().gru({rows, hidden, input_gates_.data(), hidden_gates_.data(),
                              layer.input_bias.data_ptr<float>(),
                              layer.hidden_bias.data_ptr<float>(), before.data_ptr<float>(),
                              after.data_ptr<float>(), nullptr});
    if (!only) next.narrow(1, static_cast<std::int64_t>(i) * hidden_, hidden_).copy_(after);
    out = after;
  }
  state = next;
  return out;
}

void GruCore::weights_changed() {
  for (PackedLayer& layer : packed_) {
    layer.input.forget();
    layer.hidden.forget();
  }
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
