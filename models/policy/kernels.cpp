#include "models/policy/kernels.hpp"

namespace proteus::policy {

const Kernels& kernels() {
  static const Kernels chosen = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
      return avx512::table();
    if (__builtin_cpu_supports("avx2")) return avx2::table();
#endif
    return plain::table();
  }();
  return chosen;
}

}  // namespace proteus::policy
