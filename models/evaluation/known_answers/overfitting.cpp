// KA-15.
#include "models/evaluation/overfitting.hpp"

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/evaluation/known_answers/noise_columns.hpp"
#include "models/evaluation/known_answers/seeds.hpp"

namespace proteus::evaluation {

std::vector<std::vector<double>> noise_columns(const NoiseColumns& shape, market::Random& random) {
  std::vector<std::vector<double>> columns(static_cast<std::size_t>(shape.columns));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double mean = c == 0 ? shape.first_sharpe : 0.0;
    columns[c].resize(static_cast<std::size_t>(shape.periods));
    for (double& x : columns[c]) x = mean + random.normal();
  }
  return columns;
}

namespace {

/// Mean over `draws`.
Result<double> mean_probability(const NoiseColumns& shape, int draws, std::uint64_t seed) {
  constexpr int kBlocks = 16;
  market::Random random{seed, "noise columns"};
  double sum = 0.0;
  for (int i = 0; i < draws; ++i) {
    BOOST_OUTCOME_TRY(const Overfitting found,
                      backtest_overfitting(noise_columns(shape, random), kBlocks));
    sum += found.probability;
  }
  return sum / draws;
}

}  // namespace

Result<std::vector<Check>> overfitting(const Parameters& p) {
  constexpr int kDraws = 20;
  std::vector<double> noise;
  std::vector<double> genuine;
  for (std::int64_t i = 0; i < p.seeds; ++i) {
    const std::uint64_t seed = p.seed + static_cast<std::uint64_t>(i);
    BOOST_OUTCOME_TRY(noise.emplace_back(), mean_probability({}, kDraws, seed));
    BOOST_OUTCOME_TRY(genuine.emplace_back(),
                      mean_probability({.first_sharpe = kGenuineSharpe}, kDraws, seed));
  }
  return std::vector<Check>{
      Check::within("50 columns of noise, mean of 20 draws", median(noise), 0.5, 0.1),
      Check::at_most("one of them earns, Sharpe ratio 0.2 a period", median(genuine), 0.05)};
}

}  // namespace proteus::evaluation
