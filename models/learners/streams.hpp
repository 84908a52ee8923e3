// A stream of random numbers for each environment, by its number among those of all processes: what
// environment i draws does not depend on how many others there are, nor on which of them share its
// process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/market/random.hpp"

namespace proteus::learners {

class Streams {
 public:
  /// Of environments [first, first + count); `name` parts these numbers from others of the seed.
  Streams(std::uint64_t seed, std::string_view name, std::size_t first, std::size_t count) {
    all_.reserve(count);
    for (std::size_t i = first; i < first + count; ++i)
      all_.emplace_back(seed, std::string(name) + " " + std::to_string(i));
  }
  market::Random& operator[](std::size_t i) { return all_[i]; }
  /// In [0, below).
  std::size_t draw(std::size_t i, std::size_t below) {
    return static_cast<std::size_t>(all_[i].uniform() * static_cast<double>(below));
  }
  void archive(Archive& a) { a(all_); }

 private:
  std::vector<market::Random> all_;
};

}  // namespace proteus::learners
