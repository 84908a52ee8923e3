#include "models/evaluation/known_answers/drift_market.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "models/evaluation/normal.hpp"

namespace proteus::evaluation {
namespace {

using Values = std::array<std::vector<double>, 3>;  // [position + 1][place on the grid]

/// Sums of returns in units of sigma, with the chances of the next one. Everything past the last
/// point is taken for it: there the drift is as good as known.
struct Grid {
  Grid(const DriftMarket& market, int points_a_sigma) : a(market.drift_share) {
    const double bars = static_cast<double>(market.bars);
    const double reach = a * bars + 6.0 * std::sqrt(bars);
    half = static_cast<std::ptrdiff_t>(std::ceil(reach * points_a_sigma));
    step = 1.0 / points_a_sigma;
    for (std::ptrdiff_t i = -9 * points_a_sigma; i <= 9 * points_a_sigma; ++i)
      for (const int side : {-1, 1}) {
        const double z = static_cast<double>(i) * step - side * a;
        (side > 0 ? up : down).push_back(std::exp(-0.5 * z * z));
      }
    for (auto* kernel : {&up, &down}) {
      double sum = 0.0;
      for (const double k : *kernel) sum += k;
      for (double& k : *kernel) k /= sum;
    }
  }
  [[nodiscard]] std::ptrdiff_t size() const { return 2 * half + 1; }
  [[nodiscard]] double at(std::ptrdiff_t i) const { return static_cast<double>(i - half) * step; }
  /// The chance that the drift is up, with x standing for the past.
  [[nodiscard]] double belief(double x) const { return 1.0 / (1.0 + std::exp(-2.0 * a * x)); }

  /// E[values(x + next return)] for each x.
  [[nodiscard]] std::vector<double> ahead(const std::vector<double>& values) const {
    const auto reach = static_cast<std::ptrdiff_t>(up.size() / 2);
    std::vector<double> padded(values.size() + up.size() - 1, values.back());
    std::copy(values.begin(), values.end(), padded.begin() + reach);
    std::fill_n(padded.begin(), reach, values.front());
    std::vector<double> out(values.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      double risen = 0.0;
      double fallen = 0.0;
      for (std::size_t k = 0; k < up.size(); ++k) {
        risen += up[k] * padded[i + k];
        fallen += down[k] * padded[i + k];
      }
      const double p = belief(at(static_cast<std::ptrdiff_t>(i)));
      out[i] = p * risen + (1.0 - p) * fallen;
    }
    return out;
  }

  double a;
  double step = 0.0;
  std::ptrdiff_t half = 0;
  std::vector<double> up;  ///< chances of the next return, drift up
  std::vector<double> down;
};

}  // namespace

void draw_path(const DriftMarket& market, market::Random& random, std::vector<double>& returns) {
  returns.resize(static_cast<std::size_t>(market.bars));
  const double drift = random.chance(0.5) ? market.drift() : -market.drift();
  for (double& r : returns) r = drift + market.sigma * random.normal();
}

double mean_profit(const DriftMarket& market, std::int64_t paths, std::uint64_t seed,
                   const Backtest& backtest) {
  market::Random random{seed, "hidden drift"};
  std::vector<double> returns;
  double sum = 0.0;
  for (std::int64_t i = 0; i < paths; ++i) {
    draw_path(market, random, returns);
    sum += backtest(returns);
  }
  return sum / static_cast<double>(paths);
}

double sign_rule_profit(std::span<const double> returns, double cost) {
  double since_start = 0.0;
  double profit = 0.0;
  int held = 0;
  for (const double r : returns) {
    const int wanted = (since_start > 0.0 ? 1 : 0) - (since_start < 0.0 ? 1 : 0);
    profit += wanted * r - cost * std::abs(wanted - held);
    held = wanted;
    since_start += r;
  }
  return profit;
}

double sign_rule_expectation(const DriftMarket& market) {
  double sum = 0.0;
  for (std::int64_t t = 1; t < market.bars; ++t)
    sum += 2.0 * normal_cdf(market.drift_share * std::sqrt(static_cast<double>(t))) - 1.0;
  return market.drift() * sum;
}

double best_expectation(const DriftMarket& market, double cost, int points_a_sigma) {
  const Grid grid(market, points_a_sigma);
  const auto size = static_cast<std::size_t>(grid.size());
  Values values;
  for (auto& v : values) v.assign(size, 0.0);
  for (std::int64_t t = market.bars; t-- > 0;) {
    Values held;  // what a position is worth once it is taken
    for (int h = -1; h <= 1; ++h) {
      auto& worth = held[static_cast<std::size_t>(h + 1)];
      worth = grid.ahead(values[static_cast<std::size_t>(h + 1)]);
      for (std::size_t i = 0; i < size; ++i)
        worth[i] +=
            h * market.drift() * (2.0 * grid.belief(grid.at(static_cast<std::ptrdiff_t>(i))) - 1.0);
    }
    for (std::size_t from = 0; from < 3; ++from)
      for (std::size_t i = 0; i < size; ++i) {
        const auto after = [&](std::size_t to) {
          return held[to][i] - cost * static_cast<double>(to > from ? to - from : from - to);
        };
        values[from][i] = std::max({after(0), after(1), after(2)});
      }
  }
  return values[1][static_cast<std::size_t>(grid.half)];
}

}  // namespace proteus::evaluation
