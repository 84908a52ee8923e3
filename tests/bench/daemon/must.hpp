// Where a benchmark cannot go on it ends with a sentence: it has no plan for a failure.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <type_traits>
#include <utility>

#include "engine/core/result.hpp"

namespace proteus::bench {

/// The value, or the end of the program.
template <class T>
T must(Result<T> result) {
  if (result.has_error()) {
    fmt::print(stderr, "bench_daemon: {}\n", result.error().context);
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result.value());
}

}  // namespace proteus::bench
