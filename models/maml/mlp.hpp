// A multi-layer perceptron as a function of its parameters: nothing is stored in it but the shape,
// so that one network runs under the base's weights, under a task's adapted weights and under those
// of any inner step. Gradients are written out by hand, and so is the product of the Hessian with a
// direction (Pearlmutter 1994, "Fast exact multiplication by the Hessian"): all that a gradient
// through inner steps needs.
//
// Parameters are one flat array: of each layer the weights [in, out], row-major, then the biases
// [out]; at the end the `free` ones, which are outputs by themselves, the same for every row (the
// log deviations of a Gaussian policy).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/settings.hpp"
#include "engine/market/random.hpp"

namespace proteus::maml {

enum class Activation : std::uint8_t { Relu, Tanh };

struct Layer {
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t weights = 0;  ///< offset of the first weight in the parameters
  std::size_t biases = 0;
};

/// What is made of the outputs. Rows are independent; the loss is the sum over them, with any
/// weights or divisors inside. Rows come in parts: `first` says which row a part begins with.
template <class T>
class OutputLoss {
 public:
  virtual ~OutputLoss() = default;
  /// `outputs`: [rows, outputs]. Writes the derivative of the loss by each of them to `slope`, adds
  /// that by the free parameters to `free_slope`, and returns these rows' part of the loss.
  virtual double slope(std::size_t first, std::size_t rows, const T* outputs, const T* free,
                       T* slope, T* free_slope) const = 0;
  /// How `slope` changes where outputs and free parameters move along the given directions. Writes
  /// `slope_moved`, adds to `free_slope_moved`.
  virtual void slope_along(std::size_t first, std::size_t rows, const T* outputs,
                           const T* outputs_moved, const T* free, const T* free_moved,
                           T* slope_moved, T* free_slope_moved) const = 0;
};

/// (sum over rows and outputs of (y - target)^2) / (rows x outputs). `targets`: [rows, outputs].
template <class T>
class SquaredError final : public OutputLoss<T> {
 public:
  SquaredError(const T* targets, std::size_t rows, std::size_t outputs)
      : targets_(targets), outputs_(outputs), share_(T{1} / static_cast<T>(rows * outputs)) {}
  double slope(std::size_t first, std::size_t rows, const T* outputs, const T* free, T* slope,
               T* free_slope) const override;
  void slope_along(std::size_t first, std::size_t rows, const T* outputs, const T* outputs_moved,
                   const T* free, const T* free_moved, T* slope_moved,
                   T* free_slope_moved) const override;

 private:
  const T* targets_;
  std::size_t outputs_;
  T share_;
};

/// What one pass through the network left behind: the layers' outputs and the loss's derivative by
/// them, for the pass along a direction. Reused; it grows to the largest number of rows.
template <class T>
struct Tape {
  std::size_t rows = 0;
  std::vector<T> values;
};

/// Scratch of one thread.
template <class T>
struct Scratch {
  std::vector<T> transposed;  ///< the weights, each layer [out, in]
  std::vector<T> direction;   ///< likewise, of the direction
  std::vector<T> first;
  std::vector<T> second;
  std::vector<T> third;
  std::vector<T> narrow;
};

class Mlp {
 public:
  /// Errors: OutOfRange (no input or output, a width of 0, more than 8 layers or 2^24 parameters).
  static Result<Mlp> create(std::size_t inputs, std::vector<std::size_t> hidden,
                            std::size_t outputs, Activation activation, std::size_t free = 0);

  [[nodiscard]] std::size_t inputs() const { return layers_.front().in; }
  [[nodiscard]] std::size_t outputs() const { return layers_.back().out; }
  [[nodiscard]] std::size_t free() const { return free_; }
  [[nodiscard]] std::size_t parameters() const { return parameters_; }
  [[nodiscard]] std::span<const Layer> layers() const { return layers_; }
  [[nodiscard]] Activation activation() const { return activation_; }
  /// Offset of the free parameters, which are the last.
  [[nodiscard]] std::size_t free_offset() const { return parameters_ - free_; }

  /// Weights and biases uniform in ±1 / sqrt(in), as LibTorch's linear layers begin; free ones 0.
  /// Wider ones (Glorot) learn sinusoids as well in one step and then diverge in ten.
  template <class T>
  std::vector<T> initial(market::Random& random) const;

  /// `x`: [rows, inputs]; `out`: [rows, outputs].
  template <class T>
  void forward(const T* parameters, const T* x, std::size_t rows, T* out,
               Scratch<T>& scratch) const;
  /// Writes the loss's gradient to `gradient` [parameters] and returns the loss. `tape` keeps what
  /// curvature() needs.
  template <class T>
  double gradient(const T* parameters, const T* x, std::size_t rows, const OutputLoss<T>& loss,
                  T* gradient, Tape<T>& tape, Scratch<T>& scratch) const;
  /// Writes the loss's Hessian times `direction` to `product` [parameters]; parameters, x, loss and
  /// tape as gradient() had them. A rectifier counts as straight on both sides of 0.
  template <class T>
  void curvature(const T* parameters, const T* direction, const T* x, const OutputLoss<T>& loss,
                 const Tape<T>& tape, T* product, Scratch<T>& scratch) const;

 private:
  template <class T>
  struct Pass;  // one call, in parts of rows

  Mlp(std::vector<Layer> layers, Activation activation, std::size_t free);
  [[nodiscard]] std::size_t widest() const { return widest_; }
  /// Values that a row leaves on a tape.
  [[nodiscard]] std::size_t tape_width() const;

  std::vector<Layer> layers_;
  Activation activation_;
  std::size_t free_;
  std::size_t parameters_ = 0;
  std::size_t widest_ = 0;
};

}  // namespace proteus::maml

template <>
struct proteus::EnumNames<proteus::maml::Activation> {
  static constexpr std::array<std::string_view, 2> names{"relu", "tanh"};
};
