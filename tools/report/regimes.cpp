// What the run brought in calm and wild, rising and falling markets.
#include <algorithm>
#include <cmath>

#include "models/evaluation/moments.hpp"
#include "tools/report/report.hpp"

namespace proteus::app::report {
namespace {

constexpr std::size_t kWindowMost = 168;  // a week of bars of an hour
constexpr std::size_t kWindowLeast = 10;
constexpr std::size_t kKinds = 5;
constexpr const char* kNames[kKinds] = {"volatility: lowest third", "volatility: middle third",
                                        "volatility: highest third", "trend: up", "trend: down"};

/// One bar of one instrument with what lay before it.
struct RegimeBar {
  double deviation = 0.0;  ///< of the log returns of the window
  double trend = 0.0;      ///< sum of them
  double market = 0.0;     ///< log return of the bar itself
  double brought = 0.0;
};

std::vector<RegimeBar> bars_of(const Books& books, std::size_t instrument, std::size_t window) {
  std::vector<double> returns;  // between neighbouring bars with a close; of bar i at i - begin - 1
  std::vector<std::size_t> places;
  double before = 0.0;
  for (std::size_t i = 0; i < books.closes.size(); ++i) {
    const double close = books.closes[i][instrument];
    if (close > 0.0 && before > 0.0) {
      returns.push_back(std::log(close / before));
      places.push_back(i);
    }
    if (close > 0.0) before = close;
  }
  std::vector<RegimeBar> bars;
  // Sums move with the window; long runs of small numbers keep far more digits than a third needs.
  double sum = 0.0;
  double squares = 0.0;
  const auto n = static_cast<double>(window);
  for (std::size_t i = 0; i < returns.size(); ++i) {
    if (i >= window)
      bars.push_back({std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n))), sum, returns[i],
                      books.track.contributions[places[i]][instrument]});
    sum += returns[i] - (i >= window ? returns[i - window] : 0.0);
    squares +=
        returns[i] * returns[i] - (i >= window ? returns[i - window] * returns[i - window] : 0.0);
  }
  return bars;
}

struct KindSums {
  std::vector<double> brought;
  double market = 0.0;
  std::size_t held = 0;
  void add(const RegimeBar& bar) {
    brought.push_back(bar.brought);
    market += bar.market;
    if (bar.brought != 0.0) ++held;
  }
};

void sort_into_kinds(const std::vector<RegimeBar>& bars, std::vector<KindSums>& kinds) {
  std::vector<double> deviations;
  for (const RegimeBar& bar : bars) deviations.push_back(bar.deviation);
  std::ranges::sort(deviations);
  const double low = deviations[deviations.size() / 3];
  const double high = deviations[2 * deviations.size() / 3];
  for (const RegimeBar& bar : bars) {
    kinds[bar.deviation < low ? 0 : bar.deviation < high ? 1 : 2].add(bar);
    kinds[bar.trend > 0.0 ? 3 : 4].add(bar);
  }
}

}  // namespace

std::size_t regime_window(std::size_t bars) {
  const std::size_t window = std::min(kWindowMost, bars / 10);
  return window < kWindowLeast ? 0 : window;
}

std::vector<RegimeRow> regimes_of(const Books& books, std::size_t window) {
  if (window == 0) return {};
  std::vector<KindSums> kinds(kKinds);
  std::size_t all = 0;
  for (std::size_t k = 0; k < books.instruments.size(); ++k) {
    const auto bars = bars_of(books, k, window);
    if (bars.empty()) continue;
    all += bars.size();
    sort_into_kinds(bars, kinds);
  }
  std::vector<RegimeRow> rows;
  for (std::size_t i = 0; i < kKinds; ++i) {
    const KindSums& kind = kinds[i];
    if (kind.brought.empty()) continue;
    RegimeRow row{.name = kNames[i], .bars = kind.brought.size()};
    const auto n = static_cast<double>(row.bars);
    row.share = n / static_cast<double>(all);
    row.held = static_cast<double>(kind.held) / n;
    row.market = kind.market;
    for (const double r : kind.brought) row.brought += r;
    if (const auto m = evaluation::moments_of(kind.brought); m.has_value())
      row.sharpe = m.value().mean / m.value().deviation * std::sqrt(books.track.bars_a_year);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace proteus::app::report
