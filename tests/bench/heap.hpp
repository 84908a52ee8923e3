// Counts what this program asks of the heap: every form of operator new, on any thread.
#pragma once

#include <cstdint>

namespace proteus::bench {

/// Calls of operator new since the program began.
std::uint64_t allocations() noexcept;

}  // namespace proteus::bench
