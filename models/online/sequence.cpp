#include "models/online/sequence.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"

namespace proteus::online {
namespace {

using inference::pack;
using inference::pack_turned;
using inference::packed_size;

/// What a rectified layer cut off learns nothing.
void cut_back(const float* __restrict after, std::size_t size, float* __restrict loss) {
  for (std::size_t i = 0; i < size; ++i) loss[i] = after[i] > 0.0F ? loss[i] : 0.0F;
}

void add_row(const float* __restrict row, std::size_t size, float* __restrict sum) {
  for (std::size_t i = 0; i < size; ++i) sum[i] += row[i];
}

}  // namespace

Sequence::Sequence(const inference::Architecture& architecture, const inference::Kernels& kernels,
                   std::span<const float> inputs, std::span<const float> state)
    : architecture_(architecture),
      kernels_(kernels),
      at_(inference::weight_offsets(architecture)),
      inputs_(inputs.begin(), inputs.end()) {
  const inference::Architecture& a = architecture_;
  const std::size_t bars = inputs.size() / a.inputs;
  PROTEUS_ASSERT(inputs.size() == bars * a.inputs && state.size() == a.shape().state);
  const std::size_t width = a.remembers() ? 3 * a.hidden : a.hidden;
  encoded_.resize(bars * a.encoder);
  outputs_.resize(bars * a.outputs());
  by_above_.resize(bars * std::max(a.hidden, a.encoder));  // The two change places.
  by_below_.resize(by_above_.size());
  std::size_t panels = packed_size(a.inputs, a.encoder);
  panels = std::max(panels, packed_size(a.hidden, a.outputs()));
  panels = std::max(panels, packed_size(a.outputs(), a.hidden));
  panels = std::max(panels, packed_size(bars, std::max({a.inputs, a.encoder, a.hidden})));
  for (std::size_t i = 0; i < a.layers; ++i) {
    Layer& layer = layers_.emplace_back();
    layer.states.resize((bars + 1) * a.hidden);
    if (a.remembers()) {
      std::copy_n(state.data() + i * a.hidden, a.hidden, layer.states.data());
      layer.gates.resize(bars * width);
      layer.candidates.resize(bars * a.hidden);
    }
    for (const std::size_t inner : {a.below(i), a.hidden})
      panels = std::max({panels, packed_size(inner, width), packed_size(width, inner)});
  }
  panels_.resize(panels);
  if (a.remembers()) {
    hidden_gates_.resize(bars * width);
    input_gates_.resize(bars * width);
    carried_.resize(a.hidden);
    passed_.resize(a.hidden);
  }
}

void Sequence::through(const float* a, std::size_t rows, std::size_t inner, const float* weight,
                       std::size_t columns, float* c, bool rectified) {
  pack_turned(weight, inner, columns, panels_.data());
  kernels_.multiply({.rows = rows,
                     .inner = inner,
                     .columns = columns,
                     .a = a,
                     .a_row = inner,
                     .panels = panels_.data(),
                     .c = c,
                     .skip_zeros = rectified});
}

void Sequence::back_through(const float* loss, std::size_t rows, std::size_t columns,
                            const float* weight, std::size_t inner, float* c) {
  pack(weight, columns, inner, inner, panels_.data());
  kernels_.multiply({.rows = rows,
                     .inner = columns,
                     .columns = inner,
                     .a = loss,
                     .a_row = columns,
                     .panels = panels_.data(),
                     .c = c});
}

void Sequence::outer(const float* loss, std::size_t columns, const float* a, std::size_t inner,
                     float* gradient, float* bias) {
  pack(a, bars_, inner, inner, panels_.data());
  kernels_.multiply({.rows = columns,
                     .inner = bars_,
                     .columns = inner,
                     .a = loss,
                     .a_row = 1,
                     .a_column = columns,
                     .panels = panels_.data(),
                     .c = gradient});
  std::fill_n(bias, columns, 0.0F);
  for (std::size_t t = 0; t < bars_; ++t) add_row(loss + t * columns, columns, bias);
}

const float* Sequence::below(std::size_t i) const {
  if (i > 0) return layers_[i - 1].states.data() + architecture_.hidden;
  return architecture_.encoder > 0 ? encoded_.data() : inputs_.data();
}

bool Sequence::rectified_below(std::size_t i) const {
  return i == 0 ? architecture_.encoder > 0 : !architecture_.remembers();
}

void Sequence::forward(std::span<const float> weights, std::size_t bars) {
  const inference::Architecture& a = architecture_;
  PROTEUS_ASSERT(bars * a.inputs <= inputs_.size());
  bars_ = bars;
  const float* w = weights.data();
  if (a.encoder > 0) {
    through(inputs_.data(), bars_, a.inputs, w + at_.encoder_weight, a.encoder, encoded_.data(),
            false);
    kernels_.end_layer({bars_, a.encoder, w + at_.encoder_bias, encoded_.data(), true});
  }
  for (std::size_t i = 0; i < a.layers; ++i)
    a.remembers() ? gru_forward(i, w, below(i)) : plain_forward(i, w, below(i));
  through(below(a.layers), bars_, a.hidden, w + at_.head_weight, a.outputs(), outputs_.data(),
          false);
  kernels_.end_layer({bars_, a.outputs(), w + at_.head_bias, outputs_.data(), false});
}

void Sequence::gru_forward(std::size_t i, const float* weights, const float* below) {
  const std::size_t n = architecture_.hidden;
  const auto& at = at_.layers[i];
  Layer& layer = layers_[i];
  through(below, bars_, architecture_.below(i), weights + at.input_weight, 3 * n,
          layer.gates.data(), rectified_below(i));
  pack_turned(weights + at.hidden_weight, n, 3 * n, panels_.data());
  for (std::size_t t = 0; t < bars_; ++t) {
    const float* before = layer.states.data() + t * n;
    kernels_.multiply({.rows = 1,
                       .inner = n,
                       .columns = 3 * n,
                       .a = before,
                       .a_row = n,
                       .panels = panels_.data(),
                       .c = hidden_gates_.data()});
    kernels_.gru({1, n, layer.gates.data() + t * 3 * n, hidden_gates_.data(),
                  weights + at.input_bias, weights + at.hidden_bias, before,
                  layer.states.data() + (t + 1) * n, layer.candidates.data() + t * n});
  }
}

void Sequence::plain_forward(std::size_t i, const float* weights, const float* below) {
  const std::size_t n = architecture_.hidden;
  float* after = layers_[i].after(n);
  through(below, bars_, architecture_.below(i), weights + at_.layers[i].input_weight, n, after,
          rectified_below(i));
  kernels_.end_layer({bars_, n, weights + at_.layers[i].input_bias, after, true});
}

void Sequence::backward(std::span<const float> weights, std::span<const float> by_outputs,
                        std::span<float> gradient) {
  const inference::Architecture& a = architecture_;
  PROTEUS_ASSERT(by_outputs.size() <= bars_ * a.outputs() && gradient.size() == weights.size());
  bars_ = by_outputs.size() / a.outputs();
  const float* w = weights.data();
  float* g = gradient.data();
  outer(by_outputs.data(), a.outputs(), below(a.layers), a.hidden, g + at_.head_weight,
        g + at_.head_bias);
  back_through(by_outputs.data(), bars_, a.outputs(), w + at_.head_weight, a.hidden,
               by_above_.data());
  for (std::size_t i = a.layers; i-- > 0;) {
    a.remembers() ? gru_backward(i, w, below(i), g) : plain_backward(i, w, below(i), g);
    by_above_.swap(by_below_);
  }
  if (a.encoder == 0) return;
  cut_back(encoded_.data(), bars_ * a.encoder, by_above_.data());
  outer(by_above_.data(), a.encoder, inputs_.data(), a.inputs, g + at_.encoder_weight,
        g + at_.encoder_bias);
}

void Sequence::gru_backward(std::size_t i, const float* weights, const float* below,
                            float* gradient) {
  const std::size_t n = architecture_.hidden;
  const std::size_t inner = architecture_.below(i);
  const auto& at = at_.layers[i];
  Layer& layer = layers_[i];
  pack(weights + at.hidden_weight, 3 * n, n, n, panels_.data());
  for (std::size_t t = bars_; t-- > 0;) {
    float* to_hidden = hidden_gates_.data() + t * 3 * n;
    kernels_.gru_back({1, n, layer.gates.data() + t * 3 * n, layer.candidates.data() + t * n,
                       layer.states.data() + t * n, by_above_.data() + t * n,
                       t + 1 == bars_ ? nullptr : carried_.data(), input_gates_.data() + t * 3 * n,
                       to_hidden, passed_.data()});
    carried_.swap(passed_);
    if (t == 0) break;  // The state before the first bar is given.
    kernels_.multiply({.rows = 1,
                       .inner = 3 * n,
                       .columns = n,
                       .a = to_hidden,
                       .a_row = 3 * n,
                       .panels = panels_.data(),
                       .c = carried_.data(),
                       .add = true});
  }
  outer(hidden_gates_.data(), 3 * n, layer.states.data(), n, gradient + at.hidden_weight,
        gradient + at.hidden_bias);
  outer(input_gates_.data(), 3 * n, below, inner, gradient + at.input_weight,
        gradient + at.input_bias);
  if (i > 0 || architecture_.encoder > 0)
    back_through(input_gates_.data(), bars_, 3 * n, weights + at.input_weight, inner,
                 by_below_.data());
}

void Sequence::plain_backward(std::size_t i, const float* weights, const float* below,
                              float* gradient) {
  const std::size_t n = architecture_.hidden;
  const std::size_t inner = architecture_.below(i);
  const auto& at = at_.layers[i];
  cut_back(layers_[i].after(n), bars_ * n, by_above_.data());
  outer(by_above_.data(), n, below, inner, gradient + at.input_weight, gradient + at.input_bias);
  if (i > 0 || architecture_.encoder > 0)
    back_through(by_above_.data(), bars_, n, weights + at.input_weight, inner, by_below_.data());
}

}  // namespace proteus::online
