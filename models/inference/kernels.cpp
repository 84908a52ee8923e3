#include "models/inference/kernels.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::inference {

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

const std::vector<Kernels>& kernels_of_this_machine() {
  static const std::vector<Kernels> all = [] {
    std::vector<Kernels> found{plain::table()};
#if defined(__x86_64__)
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (has_avx2) found.push_back(avx2::table());
    if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
      found.push_back(avx512::table());
#endif
    return found;
  }();
  return all;
}

const Kernels& kernels() { return kernels_of_this_machine().back(); }

Result<const Kernels*> kernels(KernelChoice choice) {
  return choose_kernels(choice, kernels_of_this_machine());
}

Result<const Kernels*> choose_kernels(KernelChoice choice, const std::vector<Kernels>& offered) {
  if (choice == KernelChoice::Auto) return &offered.back();
  const std::string_view wanted = EnumNames<KernelChoice>::names[static_cast<std::size_t>(choice)];
  std::vector<std::string_view> names;
  for (const Kernels& k : offered) {
    if (k.name == wanted) return &k;
    names.push_back(k.name);
  }
  return error(ErrorCode::Unsupported,
               fmt::format("the kernel {} is asked for, and this processor has no vector units for "
                           "it; it runs {} (auto takes the last)",
                           wanted, fmt::join(names, ", ")));
}

}  // namespace proteus::inference
