#include "tests/bench/heap.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> g_allocations{0};

// Out of memory a benchmark has no plan but to end.
void* take(std::size_t size, std::size_t alignment) noexcept {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t asked = size == 0 ? 1 : size;
  void* const memory =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(asked)
          : std::aligned_alloc(alignment, (asked + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}
void* take(std::size_t size, std::align_val_t alignment) noexcept {
  return take(size, static_cast<std::size_t>(alignment));
}

}  // namespace

namespace proteus::bench {
std::uint64_t allocations() noexcept { return g_allocations.load(std::memory_order_relaxed); }
}  // namespace proteus::bench

// Every form, since a sanitizer brings its own of those that are left out, and frees by other
// rules.
using Bytes = std::size_t;
using Align = std::align_val_t;
using Nothrow = std::nothrow_t;
void* operator new(Bytes n) { return take(n, Bytes{1}); }
void* operator new[](Bytes n) { return take(n, Bytes{1}); }
void* operator new(Bytes n, Align a) { return take(n, a); }
void* operator new[](Bytes n, Align a) { return take(n, a); }
void* operator new(Bytes n, const Nothrow&) noexcept { return take(n, Bytes{1}); }
void* operator new[](Bytes n, const Nothrow&) noexcept { return take(n, Bytes{1}); }
void* operator new(Bytes n, Align a, const Nothrow&) noexcept { return take(n, a); }
void* operator new[](Bytes n, Align a, const Nothrow&) noexcept { return take(n, a); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, Bytes) noexcept { std::free(p); }
void operator delete[](void* p, Bytes) noexcept { std::free(p); }
void operator delete(void* p, Align) noexcept { std::free(p); }
void operator delete[](void* p, Align) noexcept { std::free(p); }
void operator delete(void* p, Bytes, Align) noexcept { std::free(p); }
void operator delete[](void* p, Bytes, Align) noexcept { std::free(p); }
void operator delete(void* p, const Nothrow&) noexcept { std::free(p); }
void operator delete[](void* p, const Nothrow&) noexcept { std::free(p); }
void operator delete(void* p, Align, const Nothrow&) noexcept { std::free(p); }
void operator delete[](void* p, Align, const Nothrow&) noexcept { std::free(p); }
