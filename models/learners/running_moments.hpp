// Running mean and variance of columns (Chan, Golub, LeVeque 1979), batch by batch.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/core/archive.hpp"
#include "models/learners/process_group.hpp"

namespace proteus::learners {

class RunningMoments {
 public:
  explicit RunningMoments(std::size_t columns) : mean_(columns, 0.0), square_(columns, 0.0) {}

  /// Column `column` of `rows` values, `stride` apart.
  void add(std::size_t column, const float* values, std::size_t rows, std::size_t stride);
  /// After each column had its batch of so many rows.
  void advance(std::size_t rows) { count_ += static_cast<double>(rows); }
  /// As if this had seen what `other` saw too.
  void merge(const RunningMoments& other);
  /// Nothing seen.
  void clear();
  /// These become the moments of what all ranks have seen; nothing happens without a group. Errors:
  /// those of Group.
  Result<void> add_up(Group* group, std::string_view what);

  [[nodiscard]] double mean(std::size_t column) const { return mean_[column]; }
  /// Of the population; 1 before anything was seen.
  [[nodiscard]] double variance(std::size_t column) const {
    return count_ > 0.0 ? square_[column] / count_ : 1.0;
  }
  [[nodiscard]] double count() const { return count_; }
  [[nodiscard]] std::size_t columns() const { return mean_.size(); }
  [[nodiscard]] bool finite() const;
  void archive(Archive& a);

 private:
  double count_ = 0.0;
  std::vector<double> mean_;
  std::vector<double> square_;  // sum of squared distances from the mean
};

}  // namespace proteus::learners
