// Adam (Kingma, Ba 2015) over one array of parameters, with the limit on the gradient's norm.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/learners/archive_array.hpp"

namespace proteus::learners {

/// Euclidean norm, added up in double.
double norm(std::span<const float> values);

class Adam {
 public:
  explicit Adam(std::size_t size, double epsilon = 1e-5)
      : first_(size, 0.0F), second_(size, 0.0F), epsilon_(epsilon) {}
  /// One step against `gradients` times `scale`.
  void step(std::span<float> parameters, std::span<const float> gradients, double scale,
            double rate);
  void archive(Archive& a) {
    archive_array(a, std::span(first_));
    archive_array(a, std::span(second_));
    a(steps_);
  }

 private:
  std::vector<float> first_;
  std::vector<float> second_;
  double epsilon_;
  std::int64_t steps_ = 0;
};

}  // namespace proteus::learners
