// A whole policy over the bars of one instrument, forwards and backwards through time, with the
// kernels that it trades with: forwards it gives the very bits that it trades by. Gradients are
// written out by hand and hold for the state before the first bar as it is given.
// Thread: one owner.
#pragma once

#include <span>
#include <vector>

#include "models/inference/aligned.hpp"
#include "models/inference/architecture.hpp"
#include "models/inference/kernels.hpp"

namespace proteus::online {

class Sequence {
 public:
  /// inputs: [bars, inputs]; state: [state], before the first bar. Both are copied.
  Sequence(const inference::Architecture& architecture, const inference::Kernels& kernels,
           std::span<const float> inputs, std::span<const float> state);

  /// Runs the first `bars` through these weights, in the flat order.
  void forward(std::span<const float> weights, std::size_t bars);
  /// Of the bars that ran: [bars, outputs].
  [[nodiscard]] std::span<const float> outputs() const {
    return {outputs_.data(), bars_ * architecture_.outputs()};
  }
  /// The gradient by all weights, in the flat order, for the weights and bars of the last
  /// forward(). by_outputs: [bars, outputs].
  void backward(std::span<const float> weights, std::span<const float> by_outputs,
                std::span<float> gradient);

 private:
  using Floats = inference::AlignedFloats;
  struct Layer {
    Floats gates;       ///< [bars, 3 hidden]: reset, update, candidate; of a GRU
    Floats candidates;  ///< [bars, hidden]: the hidden product of the candidate with its bias
    Floats states;      ///< [1 + bars, hidden]: before the first bar, then after each
    [[nodiscard]] float* after(std::size_t hidden) { return states.data() + hidden; }
  };

  /// c[rows, columns] = a b', b: [columns, inner] at `weight`.
  void through(const float* a, std::size_t rows, std::size_t inner, const float* weight,
               std::size_t columns, float* c, bool rectified);
  /// c[rows, inner] = loss b, b: [columns, inner] at `weight`: the same product's way back.
  void back_through(const float* loss, std::size_t rows, std::size_t columns, const float* weight,
                    std::size_t inner, float* c);
  /// gradient[columns, inner] = loss' a; bias[columns] = sums of loss.
  void add_outer(const float* loss, std::size_t columns, const float* a, std::size_t inner,
                 float* gradient, float* bias);
  void gru_forward(std::size_t i, const float* weights, const float* below);
  void gru_backward(std::size_t i, const float* weights, const float* below, float* gradient);
  void plain_forward(std::size_t i, const float* weights, const float* below);
  void plain_backward(std::size_t i, const float* weights, const float* below, float* gradient);
  [[nodiscard]] const float* below(std::size_t i) const;
  [[nodiscard]] bool rectified_below(std::size_t i) const;

  inference::Architecture architecture_;
  const inference::Kernels& kernels_;
  inference::WeightOffsets at_;
  std::size_t bars_ = 0;
  Floats inputs_;
  Floats encoded_;  ///< [bars, encoder]
  std::vector<Layer> layers_;
  Floats outputs_;
  Floats panels_;        ///< of the matrix at hand
  Floats hidden_gates_;  ///< of one bar, forwards; of all, backwards
  Floats input_gates_;   ///< backwards
  Floats by_above_;      ///< gradient by what a layer gave: [bars, its width]
  Floats by_below_;      ///< by what it was given
  Floats carried_;       ///< [hidden], from the bar after
  Floats passed_;
};

}  // namespace proteus::online
