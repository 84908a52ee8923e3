#include "models/evaluation/overfitting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace proteus::evaluation {
namespace {

constexpr std::size_t kPeriodsABlock = 4;

/// BlockSums over some of the blocks: all that a Sharpe ratio needs.
struct BlockSums {
  double first = 0.0;
  double second = 0.0;
  void add(const BlockSums& other) {
    first += other.first;
    second += other.second;
  }
  /// 0 where nothing varies: a configuration that holds nothing.
  [[nodiscard]] double sharpe(double count) const {
    const double mean = first / count;
    const double variance = second / count - mean * mean;
    return variance > 1e-14 * second / count ? mean / std::sqrt(variance) : 0.0;
  }
};

Result<void> check(std::span<const std::vector<double>> columns, int blocks) {
  if (blocks < 2 || blocks > 20 || blocks % 2 != 0)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} blocks: an even number from 2 to 20 is needed", blocks));
  if (columns.size() < 2)
    return error(ErrorCode::OutOfRange,
                 "overfitting is a matter of choice: give at least 2 configurations");
  const std::size_t periods = columns[0].size();
  if (periods < kPeriodsABlock * static_cast<std::size_t>(blocks))
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} periods are too few for {} blocks; give at least {} a block",
                             periods, blocks, kPeriodsABlock));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].size() != periods)
      return error(ErrorCode::OutOfRange,
                   fmt::format("configuration {} has {} periods and configuration 0 has {}: all "
                               "need the same",
                               c, columns[c].size(), periods));
    for (std::size_t i = 0; i < periods; ++i)
      if (!std::isfinite(columns[c][i]))
        return error(ErrorCode::OutOfRange,
                     fmt::format("return {} of configuration {} is {}, not a finite number", i, c,
                                 columns[c][i]));
  }
  return success();
}

/// [column][block].
std::vector<std::vector<BlockSums>> block_sums(std::span<const std::vector<double>> columns,
                                               std::size_t blocks, std::size_t length) {
  std::vector<std::vector<BlockSums>> sums(columns.size(), std::vector<BlockSums>(blocks));
  const std::size_t skipped = columns[0].size() - blocks * length;
  for (std::size_t c = 0; c < columns.size(); ++c)
    for (std::size_t i = 0; i < blocks * length; ++i) {
      const double x = columns[c][skipped + i];
      sums[c][i / length].add({x, x * x});
    }
  return sums;
}

/// set: bit b stands for block b.
BlockSums of_blocks(const std::vector<BlockSums>& sums, std::uint32_t set) {
  BlockSums out;
  for (; set != 0; set &= set - 1U) out.add(sums[static_cast<std::size_t>(std::countr_zero(set))]);
  return out;
}

/// 1 .. ratios.size(); ties share the mean of their ranks.
double rank_of(std::size_t chosen, const std::vector<double>& ratios) {
  double below = 0.0;
  double equal = 0.0;
  for (const double r : ratios) {
    below += r < ratios[chosen] ? 1.0 : 0.0;
    equal += r == ratios[chosen] ? 1.0 : 0.0;
  }
  return below + 0.5 * (equal + 1.0);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

}  // namespace

Result<Overfitting> backtest_overfitting(std::span<const std::vector<double>> columns, int blocks) {
  BOOST_OUTCOME_TRY(check(columns, blocks));
  const std::size_t block_count = static_cast<std::size_t>(blocks);
  const std::size_t length = columns[0].size() / block_count;
  const double half = static_cast<double>(length * block_count / 2);
  const auto sums = block_sums(columns, block_count, length);

  Overfitting out;
  std::vector<double> inside(columns.size());
  std::vector<double> outside(columns.size());
  std::vector<double> logits;
  double overfitted = 0.0;
  double losses = 0.0;
  const std::uint32_t all = (1U << block_count) - 1U;
  for (std::uint32_t split = 0; split < (1U << block_count); ++split) {
    if (std::popcount(split) * 2 != blocks) continue;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      inside[c] = of_blocks(sums[c], split).sharpe(half);
      outside[c] = of_blocks(sums[c], ~split & all).sharpe(half);
    }
    const std::size_t winner =
        static_cast<std::size_t>(std::ranges::max_element(inside) - inside.begin());
    const double w = rank_of(winner, outside) / (static_cast<double>(columns.size()) + 1.0);
    logits.push_back(std::log(w / (1.0 - w)));
    overfitted += w <= 0.5 ? 1.0 : 0.0;
    losses += outside[winner] < 0.0 ? 1.0 : 0.0;
  }
  out.splits = static_cast<std::int64_t>(logits.size());
  out.probability = overfitted / static_cast<double>(out.splits);
  out.loss_probability = losses / static_cast<double>(out.splits);
  out.median_logit = median(std::move(logits));
  return out;
}

}  // namespace proteus::evaluation
