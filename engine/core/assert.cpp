#include "engine/core/assert.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace proteus {
namespace {
std::atomic<AssertHandler> g_handler{nullptr};
}

AssertHandler set_assert_handler(AssertHandler handler) noexcept {
  return g_handler.exchange(handler);
}

void assert_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "proteus: assertion failed: %s (%s:%d)\n", expression, file, line);
  if (AssertHandler handler = g_handler.exchange(nullptr)) handler(expression, file, line);
  std::abort();
}

}  // namespace proteus
