// What a run keeps, and when.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/settings.hpp"

namespace proteus::runs {

/// Which of two values of the figure is the better one. Auto: the lower one where its name speaks
/// of a loss or an error, else the higher one.
enum class Better : std::uint8_t { Auto, Higher, Lower };

struct RunSettings {
  std::int64_t save_every = 50;
  std::int64_t keep = 3;
  std::string best_figure;
  Better better = Better::Auto;
  /// Among processes that train together: beside rank 0 a run only keeps what it needs to go on.
  int rank = 0;
  int ranks = 1;  ///< how many processes those are
};

}  // namespace proteus::runs

template <>
struct proteus::EnumNames<proteus::runs::Better> {
  static constexpr std::array<std::string_view, 3> names{"auto", "higher", "lower"};
};
