#include "models/evaluation/sharpe_draws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace proteus::evaluation {
namespace {

struct PrefixSums {
  double values = 0.0;
  double squares = 0.0;
};

/// PrefixSums of a column less its mean, and of their squares, up to each place: what cancels out
/// when two of them are subtracted is then small.
class Column {
 public:
  explicit Column(std::span<const double> returns) : until_(returns.size() + 1) {
    const auto [least, most] = std::ranges::minmax_element(returns);
    varies_ = *least != *most;
    for (const double r : returns) mean_ += r / static_cast<double>(returns.size());
    for (std::size_t i = 0; i < returns.size(); ++i) {
      const double r = returns[i] - mean_;
      until_[i + 1] = {until_[i].values + r, until_[i].squares + r * r};
    }
  }

  /// Of `length` places from `from` on, the end followed by the beginning.
  void add(std::size_t from, std::size_t length, PrefixSums& to) const {
    const std::size_t n = until_.size() - 1;
    while (length > 0) {
      const std::size_t end = std::min(from + length, n);
      to.values += until_[end].values - until_[from].values;
      to.squares += until_[end].squares - until_[from].squares;
      length -= end - from;
      from = 0;
    }
  }
  [[nodiscard]] double ratio(const PrefixSums& sums) const {
    if (!varies_) return 0.0;
    const double n = static_cast<double>(until_.size() - 1);
    const double variance = (sums.squares - sums.values * sums.values / n) / (n - 1.0);
    return variance > 0.0 ? (mean_ + sums.values / n) / std::sqrt(variance) : 0.0;
  }
  [[nodiscard]] double estimate() const { return ratio(until_.back()); }

 private:
  double mean_ = 0.0;
  bool varies_ = false;
  std::vector<PrefixSums> until_;
};

Result<void> check(std::span<const std::vector<double>> columns, const BootstrapSettings& s) {
  if (columns.empty()) return error(ErrorCode::OutOfRange, "there is no series to draw from");
  BOOST_OUTCOME_TRY(check_bootstrap(columns[0].size(), s));
  for (std::size_t k = 0; k < columns.size(); ++k) {
    if (columns[k].size() != columns[0].size())
      return error(ErrorCode::OutOfRange,
                   fmt::format("series {} has {} returns and the first {}: give the same periods "
                               "of all",
                               k, columns[k].size(), columns[0].size()));
    for (std::size_t i = 0; i < columns[k].size(); ++i)
      if (!std::isfinite(columns[k][i]))
        return error(
            ErrorCode::OutOfRange,
            fmt::format("return {} of series {} is {}, not a finite number", i, k, columns[k][i]));
  }
  return success();
}

}  // namespace

Result<SharpeDraws> SharpeDraws::create(std::span<const std::vector<double>> columns,
                                        const BootstrapSettings& settings) {
  BOOST_OUTCOME_TRY(check(columns, settings));
  SharpeDraws made;
  made.confidence_ = settings.confidence;
  std::vector<Column> sums;
  for (const auto& column : columns) sums.emplace_back(column);
  for (const Column& column : sums) made.estimates_.push_back(column.estimate());
  made.draws_.resize(columns.size());
  market::Random random{settings.seed, "bootstrap"};
  const std::size_t n = columns[0].size();
  const double block = mean_block(n, settings);
  std::vector<std::size_t> places;
  std::vector<PrefixSums> drawn(columns.size());
  for (std::int64_t i = 0; i < settings.draws; ++i) {
    stationary_places(n, block, random, places);
    std::ranges::fill(drawn, PrefixSums{});
    for (std::size_t from = 0; from < n;) {
      std::size_t to = from + 1;
      while (to < n && places[to] == (places[to - 1] + 1) % n) ++to;
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k].add(places[from], to - from, drawn[k]);
      from = to;
    }
    for (std::size_t k = 0; k < sums.size(); ++k) made.draws_[k].push_back(sums[k].ratio(drawn[k]));
  }
  return made;
}

BootstrapResult SharpeDraws::of(std::size_t column) const {
  return summarise(estimates_[column], draws_[column], confidence_);
}

BootstrapResult SharpeDraws::difference(std::size_t column, std::size_t baseline) const {
  std::vector<double> draws = draws_[column];
  for (std::size_t i = 0; i < draws.size(); ++i) draws[i] -= draws_[baseline][i];
  return summarise(estimates_[column] - estimates_[baseline], std::move(draws), confidence_);
}

}  // namespace proteus::evaluation
