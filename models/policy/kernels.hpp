// The loops of a recurrent policy that no matrix product covers, over plain arrays. Each is
// compiled for the vector units of the machine (AVX-512, AVX2, plain) and chosen once at start;
// none adds across lanes and products are never fused, so that all three give the same bits.
#pragma once

#include <cstddef>

namespace proteus::policy {

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
  void (*gru)(const GruStep&);
  void (*gru_back)(const GruStepBack&);
  void (*adam)(const AdamStep&);
  /// x becomes exp(x), relative error below 2e-7; arguments are cut to [-87, 88].
  void (*exp)(float* x, std::size_t size);
};

/// Those of this machine's vector units.
const Kernels& kernels();

namespace plain {
Kernels table();
}
namespace avx2 {
Kernels table();
}
namespace avx512 {
Kernels table();
}

}  // namespace proteus::policy
