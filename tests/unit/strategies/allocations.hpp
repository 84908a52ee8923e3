// Counts the heap allocations of this test program, to show that a path makes none.
#pragma once

#include <cstddef>

namespace proteus::testing {

/// Calls of any operator new since the program began.
std::size_t allocations();

}  // namespace proteus::testing
