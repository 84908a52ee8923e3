#include "tests/simulation/footprint.hpp"

#include <malloc.h>

#include "tools/app/process_figures.hpp"

namespace proteus::simulation {

double heap_bytes() {
  if constexpr (!kMemoryIsMeasured) return 0.0;
  const struct mallinfo2 told = ::mallinfo2();
  return static_cast<double>(told.uordblks + told.hblkhd);
}

Footprint footprint() {
  if constexpr (kMemoryIsMeasured) (void)::malloc_trim(0);
  Footprint now;
  now.heap = heap_bytes();
  const app::ProcessFigures figures = app::process_figures(0.0);
  now.resident = figures.resident_bytes;
  now.descriptors = figures.open_descriptors;
  return now;
}

}  // namespace proteus::simulation
