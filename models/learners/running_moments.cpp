#include "models/learners/running_moments.hpp"

#include <algorithm>
#include <cmath>

#include "models/learners/archive_array.hpp"

namespace proteus::learners {

void RunningMoments::add(std::size_t column, const float* values, std::size_t rows,
                         std::size_t stride) {
  const double n = static_cast<double>(rows);
  double mean = 0.0;
  for (std::size_t i = 0; i < rows; ++i) mean += values[i * stride];
  mean /= n;
  double square = 0.0;
  for (std::size_t i = 0; i < rows; ++i) {
    const double away = values[i * stride] - mean;
    square += away * away;
  }
  const double away = mean - mean_[column];
  const double all = count_ + n;
  mean_[column] += away * n / all;
  square_[column] += square + away * away * count_ * n / all;
}

void RunningMoments::merge(const RunningMoments& other) {
  if (other.count_ == 0.0) return;
  const double all = count_ + other.count_;
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    const double away = other.mean_[c] - mean_[c];
    mean_[c] += away * other.count_ / all;
    square_[c] += other.square_[c] + away * away * count_ * other.count_ / all;
  }
  count_ = all;
}

void RunningMoments::clear() {
  count_ = 0.0;
  std::ranges::fill(mean_, 0.0);
  std::ranges::fill(square_, 0.0);
}

Result<void> RunningMoments::add_up(Group* group, std::string_view what) {
  if (group == nullptr) return success();
  std::vector<double> sums;
  for (const double mean : mean_) sums.push_back(count_ * mean);
  sums.push_back(count_);
  BOOST_OUTCOME_TRY(group->sum(std::span(sums), what));
  const double all = sums.back();
  if (all == 0.0) return success();
  std::vector<double> squares;
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    const double away = mean_[c] - sums[c] / all;
    squares.push_back(square_[c] + count_ * away * away);
  }
  BOOST_OUTCOME_TRY(group->sum(std::span(squares), what));
  for (std::size_t c = 0; c < mean_.size(); ++c) mean_[c] = sums[c] / all;
  square_ = std::move(squares);
  count_ = all;
  return success();
}

bool RunningMoments::finite() const {
  const auto whole = [](double x) { return std::isfinite(x); };
  return std::ranges::all_of(mean_, whole) && std::ranges::all_of(square_, whole);
}

void RunningMoments::archive(Archive& a) {
  a(count_);
  archive_array(a, std::span(mean_));
  archive_array(a, std::span(square_));
}

}  // namespace proteus::learners
