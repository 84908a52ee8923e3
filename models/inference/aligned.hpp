// Floats that begin at a cache line: a vector's load that goes over two lines costs two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace proteus::inference {

inline constexpr std::size_t kLine = 64;  // bytes

template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{kLine}));
  }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{kLine}); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};

using AlignedFloats = std::vector<float, LineAllocator<float>>;

/// The first place at or after `p` that begins a line: at most kLinePad floats on.
inline constexpr std::size_t kLinePad = kLine / sizeof(float);
inline float* at_line(float* p) {
  const std::uintptr_t over = reinterpret_cast<std::uintptr_t>(p) % kLine;
  return over == 0 ? p : p + (kLine - over) / sizeof(float);
}

}  // namespace proteus::inference
