#include "models/maml/mlp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/maml/arithmetic.hpp"

namespace proteus::maml {
namespace {

constexpr std::size_t kLayersMax = 8;
constexpr std::size_t kParametersMax = std::size_t{1} << 24;
/// Rows that go through the network together: their values stay in the nearest cache.
constexpr std::size_t kPart = 64;

template <class T>
T* at_least(std::vector<T>& values, std::size_t size) {
  if (values.size() < size) values.resize(size);
  return values.data();
}

/// c[in, out] += a^T b, with a[rows, in] and b[rows, out]. `spare`: [in, out].
template <class T>
void add_outer(const Layer& layer, std::size_t rows, const T* a, const T* b, T* c, T* spare) {
  constexpr std::size_t kNarrow = 4;
  const auto& math = arithmetic<T>();
  if (layer.out == 1) {  // A column is a row in memory, and rows are what runs fast.
    math.multiply(true, 1, rows, layer.in, b, 1, 1, a, c);
  } else if (layer.out < kNarrow) {
    math.multiply(false, layer.out, rows, layer.in, b, 1, layer.out, a, spare);
    for (std::size_t i = 0; i < layer.in; ++i)
      for (std::size_t o = 0; o < layer.out; ++o) c[i * layer.out + o] += spare[o * layer.in + i];
  } else {
    math.multiply(true, layer.in, rows, layer.out, a, 1, layer.in, b, c);
  }
}

}  // namespace

template <class T>
double SquaredError<T>::slope(std::size_t first, std::size_t rows, const T* outputs, const T*,
                              T* slope, T*) const {
  const T* targets = targets_ + first * outputs_;
  double sum = 0.0;
  for (std::size_t i = 0; i < rows * outputs_; ++i) {
    const T gap = outputs[i] - targets[i];
    slope[i] = T{2} * share_ * gap;
    sum += static_cast<double>(gap) * static_cast<double>(gap);
  }
  return sum * static_cast<double>(share_);
}

template <class T>
void SquaredError<T>::slope_along(std::size_t, std::size_t rows, const T*, const T* outputs_moved,
                                  const T*, const T*, T* slope_moved, T*) const {
  for (std::size_t i = 0; i < rows * outputs_; ++i)
    slope_moved[i] = T{2} * share_ * outputs_moved[i];
}

Result<Mlp> Mlp::create(std::size_t inputs, std::vector<std::size_t> hidden, std::size_t outputs,
                        Activation activation, std::size_t free) {
  hidden.push_back(outputs);
  if (inputs == 0 || hidden.size() > kLayersMax || std::ranges::count(hidden, std::size_t{0}) > 0)
    return error(ErrorCode::OutOfRange,
                 fmt::format("a network of {} inputs, {} layers and {} outputs: it needs an input, "
                             "an output and widths above 0 in at most {} layers",
                             inputs, hidden.size(), outputs, kLayersMax));
  std::vector<Layer> layers;
  std::size_t offset = 0;
  std::size_t in = inputs;
  for (const std::size_t out : hidden) {
    if (in > kParametersMax || out > kParametersMax || offset > kParametersMax)
      return error(ErrorCode::OutOfRange, fmt::format("a network with a layer of {} by {}: more "
                                                      "than {} parameters are not offered",
                                                      in, out, kParametersMax));
    layers.push_back({in, out, offset, offset + in * out});
    offset += (in + 1) * out;
    in = out;
  }
  if (offset + free > kParametersMax)
    return error(ErrorCode::OutOfRange,
                 fmt::format("a network of {} parameters: at most {} are offered", offset + free,
                             kParametersMax));
  return Mlp(std::move(layers), activation, free);
}

Mlp::Mlp(std::vector<Layer> layers, Activation activation, std::size_t free)
    : layers_(std::move(layers)), activation_(activation), free_(free) {
  const Layer& last = layers_.back();
  parameters_ = last.biases + last.out + free_;
  for (const Layer& layer : layers_) widest_ = std::max({widest_, layer.in, layer.out});
}

std::size_t Mlp::tape_width() const {
  std::size_t width = 0;
  for (const Layer& layer : layers_) width += layer.out;
  return activation_ == Activation::Tanh ? 3 * width : 2 * width;
}

template <class T>
std::vector<T> Mlp::initial(market::Random& random) const {
  std::vector<T> parameters(parameters_, T{0});
  for (const Layer& layer : layers_) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(layer.in));
    for (std::size_t i = 0; i < (layer.in + 1) * layer.out; ++i)  // The biases lie behind.
      parameters[layer.weights + i] = static_cast<T>(bound * (2.0 * random.uniform() - 1.0));
  }
  return parameters;
}

/// A part of the rows on a tape: the outputs of every layer, then the loss's derivatives by what
/// each layer put out before its activation, then, with tanh, by what came after it.
template <class T>
struct Mlp::Pass {
  const Mlp& net;
  const Arithmetic<T>& math = arithmetic<T>();
  std::size_t first;
  std::size_t rows;
  T* base;

  Pass(const Mlp& n, std::size_t f, std::size_t r, T* tape)
      : net(n), first(f), rows(r), base(tape + f * n.tape_width()) {}

  [[nodiscard]] std::size_t before(std::size_t l) const {
    std::size_t width = 0;
    for (std::size_t i = 0; i < l; ++i) width += net.layers_[i].out;
    return width * rows;
  }
  [[nodiscard]] T* value(std::size_t l) const { return base + before(l); }
  [[nodiscard]] T* slope(std::size_t l) const {
    return base + before(net.layers_.size()) + before(l);
  }
  [[nodiscard]] T* outer(std::size_t l) const {
    return base + 2 * before(net.layers_.size()) + before(l);
  }
  [[nodiscard]] std::size_t size(std::size_t l) const { return rows * net.layers_[l].out; }

  void activate(std::size_t l, T* z) const {
    if (net.activation_ == Activation::Relu)
      math.rectify(size(l), z);
    else
      for (std::size_t i = 0; i < size(l); ++i) z[i] = std::tanh(z[i]);
  }
  void forward(const T* parameters, const T* x) const {
    const T* in = x + first * net.inputs();
    for (std::size_t l = 0; l < net.layers_.size(); ++l) {
      const Layer& layer = net.layers_[l];
      T* z = value(l);
      math.fill_rows(rows, layer.out, parameters + layer.biases, z);
      math.multiply(true, rows, layer.in, layer.out, in, layer.in, 1, parameters + layer.weights,
                    z);
      if (l + 1 < net.layers_.size()) activate(l, z);
      in = z;
    }
  }
  void backward(const T* transposed, const T* x, T* gradient, T* narrow) const {
    for (std::size_t l = net.layers_.size(); l-- > 0;) {
      const Layer& layer = net.layers_[l];
      const T* in = l > 0 ? value(l - 1) : x + first * net.inputs();
      add_outer(layer, rows, in, slope(l), gradient + layer.weights, narrow);
      math.add_rows(rows, layer.out, slope(l), gradient + layer.biases);
      if (l == 0) return;
      T* below = slope(l - 1);
      math.multiply(false, rows, layer.out, layer.in, slope(l), layer.out, 1,
                    transposed + layer.weights, below);
      const T* h = value(l - 1);
      if (net.activation_ == Activation::Relu) {
        math.mask(size(l - 1), h, below);
        continue;
      }
      std::copy_n(below, size(l - 1), outer(l - 1));
      for (std::size_t i = 0; i < size(l - 1); ++i) below[i] *= T{1} - h[i] * h[i];
    }
  }
  /// `moved`: as many values as layers put out, how they move along the direction.
  void forward_along(const T* parameters, const T* direction, const T* x, T* moved) const {
    const T* in = x + first * net.inputs();
    const T* in_moved = nullptr;
    for (std::size_t l = 0; l < net.layers_.size(); ++l) {
      const Layer& layer = net.layers_[l];
      T* z = moved + before(l);
      math.fill_rows(rows, layer.out, direction + layer.biases, z);
      math.multiply(true, rows, layer.in, layer.out, in, layer.in, 1, direction + layer.weights, z);
      if (l > 0)
        math.multiply(true, rows, layer.in, layer.out, in_moved, layer.in, 1,
                      parameters + layer.weights, z);
      in = value(l);
      in_moved = z;
      if (l + 1 == net.layers_.size()) return;
      if (net.activation_ == Activation::Relu)
        math.mask(size(l), in, z);
      else
        for (std::size_t i = 0; i < size(l); ++i) z[i] *= T{1} - in[i] * in[i];
    }
  }
  /// `slope_moved`: of the outputs; `spare`: as large as the widest layer's.
  void backward_along(const T* transposed, const T* transposed_direction, const T* x,
                      const T* moved, T* slope_moved, T* spare, T* narrow, T* product) const {
    for (std::size_t l = net.layers_.size(); l-- > 0;) {
      const Layer& layer = net.layers_[l];
      const T* in = l > 0 ? value(l - 1) : x + first * net.inputs();
      add_outer(layer, rows, in, slope_moved, product + layer.weights, narrow);
      math.add_rows(rows, layer.out, slope_moved, product + layer.biases);
      if (l == 0) return;
      const T* in_moved = moved + before(l - 1);
      add_outer(layer, rows, in_moved, slope(l), product + layer.weights, narrow);
      math.multiply(false, rows, layer.out, layer.in, slope_moved, layer.out, 1,
                    transposed + layer.weights, spare);
      math.multiply(true, rows, layer.out, layer.in, slope(l), layer.out, 1,
                    transposed_direction + layer.weights, spare);
      if (net.activation_ == Activation::Relu) {
        math.mask(size(l - 1), in, spare);
      } else {
        const T* u = outer(l - 1);
        for (std::size_t i = 0; i < size(l - 1); ++i)
          spare[i] = spare[i] * (T{1} - in[i] * in[i]) - T{2} * u[i] * in[i] * in_moved[i];
      }
      std::swap(slope_moved, spare);
    }
  }
};

namespace {

template <class T>
void transpose_all(std::span<const Layer> layers, const T* parameters, T* out) {
  for (std::size_t l = 1; l < layers.size(); ++l)  // Nothing is passed back to the inputs.
    arithmetic<T>().transpose(layers[l].in, layers[l].out, parameters + layers[l].weights,
                              out + layers[l].weights);
}

}  // namespace

template <class T>
void Mlp::forward(const T* parameters, const T* x, std::size_t rows, T* out,
                  Scratch<T>& scratch) const {
  T* values = at_least(scratch.first, std::min(rows, kPart) * tape_width());
  for (std::size_t first = 0; first < rows; first += kPart) {
    const Pass<T> pass(*this, 0, std::min(kPart, rows - first), values);
    pass.forward(parameters, x + first * inputs());
    std::copy_n(pass.value(layers_.size() - 1), pass.rows * outputs(), out + first * outputs());
  }
}

template <class T>
double Mlp::gradient(const T* parameters, const T* x, std::size_t rows, const OutputLoss<T>& loss,
                     T* gradient, Tape<T>& tape, Scratch<T>& scratch) const {
  T* transposed = at_least(scratch.transposed, parameters_);
  transpose_all(std::span(layers_), parameters, transposed);
  T* values = at_least(tape.values, rows * tape_width());
  tape.rows = rows;
  T* narrow = at_least(scratch.narrow, 4 * widest_);
  std::fill_n(gradient, parameters_, T{0});
  const T* free = parameters + free_offset();
  double sum = 0.0;
  for (std::size_t first = 0; first < rows; first += kPart) {
    const Pass<T> pass(*this, first, std::min(kPart, rows - first), values);
    pass.forward(parameters, x);
    const std::size_t last = layers_.size() - 1;
    sum += loss.slope(first, pass.rows, pass.value(last), free, pass.slope(last),
                      gradient + free_offset());
    pass.backward(transposed, x, gradient, narrow);
  }
  return sum;
}

template <class T>
void Mlp::curvature(const T* parameters, const T* direction, const T* x, const OutputLoss<T>& loss,
                    const Tape<T>& tape, T* product, Scratch<T>& scratch) const {
  T* transposed = at_least(scratch.transposed, parameters_);
  T* transposed_direction = at_least(scratch.direction, parameters_);
  transpose_all(std::span(layers_), parameters, transposed);
  transpose_all(std::span(layers_), direction, transposed_direction);
  const std::size_t part = std::min(kPart, tape.rows);
  T* moved = at_least(scratch.first, part * tape_width());
  T* slope_moved = at_least(scratch.second, part * widest_);
  T* spare = at_least(scratch.third, part * widest_);
  T* narrow = at_least(scratch.narrow, 4 * widest_);
  std::fill_n(product, parameters_, T{0});
  const T* free = parameters + free_offset();
  const T* free_moved = direction + free_offset();
  for (std::size_t first = 0; first < tape.rows; first += kPart) {
    // The tape is only read: a pass that goes along a direction writes nothing to it.
    const Pass<T> pass(*this, first, std::min(kPart, tape.rows - first),
                       const_cast<T*>(tape.values.data()));
    pass.forward_along(parameters, direction, x, moved);
    const std::size_t last = layers_.size() - 1;
    loss.slope_along(first, pass.rows, pass.value(last), moved + pass.before(last), free,
                     free_moved, slope_moved, product + free_offset());
    pass.backward_along(transposed, transposed_direction, x, moved, slope_moved, spare, narrow,
                        product);
  }
}

#define PROTEUS_INSTANTIATE(T)                                                                     \
  template class SquaredError<T>;                                                                  \
  template std::vector<T> Mlp::initial(market::Random&) const;                                     \
  template void Mlp::forward(const T*, const T*, std::size_t, T*, Scratch<T>&) const;              \
  template double Mlp::gradient(const T*, const T*, std::size_t, const OutputLoss<T>&, T*,         \
                                Tape<T>&, Scratch<T>&) const;                                      \
  template void Mlp::curvature(const T*, const T*, const T*, const OutputLoss<T>&, const Tape<T>&, \
                               T*, Scratch<T>&) const;
PROTEUS_INSTANTIATE(float)
PROTEUS_INSTANTIATE(double)

}  // namespace proteus::maml
