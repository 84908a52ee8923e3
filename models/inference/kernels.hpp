// The arithmetic of a recurrent policy over plain arrays. Each loop is compiled for the vector
// units of the machine (AVX-512, AVX2, plain) and chosen by what the processor can, or by a
// setting; none adds across lanes, and multiplications are fused with additions in the matrix
// product alone, there always, so that all three give the same bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/settings.hpp"

namespace proteus::inference {

/// What a layer does to its product: x[rows, columns] += bias, and with `rectify` what is below 0
/// becomes 0; a NaN stays one.
struct LayerEnd {
  std::size_t rows = 0;
  std::size_t columns = 0;
  const float* bias = nullptr;  ///< [columns]
  float* x = nullptr;
  bool rectify = false;
};

/// One step of a GRU for `rows` environments of `hidden` units each (Cho et al. 2014, with the
/// reset gate inside the candidate's product, as cuDNN and Torch have it):
///   r = sigmoid(xr + hr), z = sigmoid(xz + hz), n = tanh(xn + r hn), h' = (1 - z) n + z h
struct GruStep {
  std::size_t rows = 0;
  std::size_t hidden = 0;
  float* input_gates = nullptr;         ///< [rows, 3 hidden] products xr xz xn; becomes r z n
  const float* hidden_gates = nullptr;  ///< [rows, 3 hidden] products hr hz hn
  const float* input_bias = nullptr;    ///< [3 hidden]
  const float* hidden_bias = nullptr;   ///< [3 hidden]
  const float* before = nullptr;        ///< [rows, hidden]: h
  float* after = nullptr;               ///< [rows, hidden]: h'
  float* candidate = nullptr;           ///< [rows, hidden]: hn with its bias; null: not kept
};

/// The same step backwards.
struct GruStepBack {
  std::size_t rows = 0;
  std::size_t hidden = 0;
  const float* gates = nullptr;      ///< [rows, 3 hidden]: r z n
  const float* candidate = nullptr;  ///< [rows, hidden]: hn with its bias
  const float* before = nullptr;     ///< [rows, hidden]: h
  const float* loss = nullptr;       ///< [rows, hidden]: gradient of h'; from above
  const float* carried = nullptr;    ///< [rows, hidden]: the same from the step after; null: none
  float* input_gates = nullptr;      ///< [rows, 3 hidden]: gradient of xr xz xn
  float* hidden_gates = nullptr;     ///< [rows, 3 hidden]: gradient of hr hz hn
  float* through = nullptr;          ///< [rows, hidden]: gradient of h, but for the products' part
};

/// Columns of a panel: a matrix on the right of a product lies as panels of so many columns, one
/// after the other, each [inner, kPanel], the last one filled up with zeros.
inline constexpr std::size_t kPanel = 32;
constexpr std::size_t packed_size(std::size_t inner, std::size_t columns) {
  return (columns + kPanel - 1) / kPanel * kPanel * inner;
}
/// b[inner, columns], row-major with rows `b_row` apart, as panels.
void pack(const float* b, std::size_t inner, std::size_t columns, std::size_t b_row, float* panels);
/// The same of b' where b lies as [columns, inner], as the weights of a layer do.
void pack_turned(const float* b, std::size_t inner, std::size_t columns, float* panels);

/// c[rows, columns] = (add ? c : 0) + a b, row-major. Each element is one chain of fused
/// multiplications and additions over `inner`, in order, added to c as a whole.
struct Product {
  std::size_t rows = 0;
  std::size_t inner = 0;
  std::size_t columns = 0;
  const float* a = nullptr;  ///< element (i, k) at i * a_row + k * a_column: a turned costs nothing
  std::size_t a_row = 0;
  std::size_t a_column = 1;
  const float* panels = nullptr;  ///< b
  float* c = nullptr;             ///< contiguous
  bool add = false;
  /// What is 0 in `a` is passed over: half of the work where a rectified layer comes before. The
  /// same bits, as long as b is finite. Of no effect together with `add` or an a turned.
  bool skip_zeros = false;
};

/// Adam (Kingma, Ba 2015, algorithm 1).
struct AdamStep {
  std::size_t size = 0;
  float* parameters = nullptr;
  const float* gradients = nullptr;
  float* first = nullptr;   ///< running mean of the gradient
  float* second = nullptr;  ///< running mean of its square
  float scale = 1.0F;       ///< factor on the gradient, from the norm's limit
  float rate = 0.0F;        ///< alpha / (1 - beta1^t)
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float correction = 1.0F;  ///< 1 / (1 - beta2^t)
  float epsilon = 1e-5F;
};

struct Kernels {
  std::string_view name;  ///< "plain", "avx2" or "avx512": what a run records
  void (*multiply)(const Product&);
  void (*end_layer)(const LayerEnd&);
  void (*gru)(const GruStep&);
  void (*gru_back)(const GruStepBack&);
  void (*adam)(const AdamStep&);
  /// x becomes exp(x), relative error below 2e-7; arguments are cut to [-87, 88].
  void (*exp)(float* x, std::size_t size);
};

enum class KernelChoice : std::uint8_t { Auto, Plain, Avx2, Avx512 };

/// Those of the widest vector units that this processor has.
const Kernels& kernels();
/// Those that a setting names; the reference lasts as long as the program. Errors: Unsupported,
/// where the processor cannot run them, with those that it can.
Result<const Kernels*> kernels(KernelChoice choice);
/// The same among those that are `offered`, the widest last; at least one.
Result<const Kernels*> choose_kernels(KernelChoice choice, const std::vector<Kernels>& offered);
/// All that this processor can run, plain first, the widest last.
const std::vector<Kernels>& kernels_of_this_machine();

namespace plain {
Kernels table();
}
namespace avx2 {
Kernels table();
}
namespace avx512 {
Kernels table();
}

}  // namespace proteus::inference

template <>
struct proteus::EnumNames<proteus::inference::KernelChoice> {
  static constexpr std::array<std::string_view, 4> names{"auto", "plain", "avx2", "avx512"};
};
