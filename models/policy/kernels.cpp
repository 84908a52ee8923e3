#include "models/policy/kernels.hpp"

#include <algorithm>

namespace proteus::policy {

void pack(const float* b, std::size_t inner, std::size_t columns, std::size_t b_row,
          float* panels) {
  for (std::size_t first = 0; first < columns; first += kPanel) {
    const std::size_t width = std::min(kPanel, columns - first);
    for (std::size_t k = 0; k < inner; ++k, panels += kPanel) {
      std::copy_n(b + k * b_row + first, width, panels);
      std::fill_n(panels + width, kPanel - width, 0.0F);
    }
  }
}

void pack_turned(const float* b, std::size_t inner, std::size_t columns, float* panels) {
  for (std::size_t first = 0; first < columns; first += kPanel) {
    const std::size_t width = std::min(kPanel, columns - first);
    for (std::size_t k = 0; k < inner; ++k, panels += kPanel) {
      for (std::size_t j = 0; j < width; ++j) panels[j] = b[(first + j) * inner + k];
      std::fill_n(panels + width, kPanel - width, 0.0F);
    }
  }
}

const Kernels& kernels() {
  static const Kernels chosen = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
      return avx512::table();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::table();
#endif
    return plain::table();
  }();
  return chosen;
}

}  // namespace proteus::policy
