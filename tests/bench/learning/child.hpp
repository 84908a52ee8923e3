// A program run to its end, and the figures that it prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/learning/parts.hpp"

namespace proteus::bench {

/// A program whose output is still to be read. Its environment and its errors are ours.
class Started {
 public:
  explicit Started(std::vector<std::string> command);
  Started(const Started&) = delete;
  Started(Started&& other) noexcept;
  ~Started();
  /// All lines "name value unit" that it printed; nothing where it did not begin or ended badly.
  std::optional<Reference> figures();

 private:
  int pid_ = -1;
  int out_ = -1;
};

}  // namespace proteus::bench
