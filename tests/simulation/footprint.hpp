// What this process holds: its memory once what is free was given back, and its descriptors.
#pragma once

#include <cstdint>

namespace proteus::simulation {

/// False under a sanitizer, whose allocator keeps what is free and adds to what is not.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryIsMeasured = false;
#else
inline constexpr bool kMemoryIsMeasured = true;
#endif

struct Footprint {
  double resident = 0.0;  ///< bytes
  double heap = 0.0;      ///< bytes handed out and not given back, of all threads
  double descriptors = 0.0;
};

Footprint footprint();
/// Of footprint() the heap alone; 0 where memory is not measured.
double heap_bytes();

}  // namespace proteus::simulation
