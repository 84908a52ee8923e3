// What the processes that train one model have to be at one about before any of them writes a file:
// all of them go on, or all of them end with a sentence. All make the same calls in the same order.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/train/recipe.hpp"

namespace proteus::app::train {

class Agreement {
 public:
  explicit Agreement(Ranks& ranks) : ranks_(ranks) {}

  /// What each rank says, by rank; whole numbers below 2^53 arrive as they are. Errors: Io, where
  /// a rank is gone.
  Result<std::vector<double>> each(double mine, std::string_view what);
  /// Errors, on all ranks alike: Refused, where a rank has another text, as "rank 1 has other
  /// <what> than rank 0".
  Result<void> same(std::string_view mine, std::string_view what);
  /// This rank's own error; where it has none and another rank has, Refused with that one's number.
  Result<void> none_failed(Result<void> mine, std::string_view what);

 private:
  Ranks& ranks_;
};

}  // namespace proteus::app::train
