#include "models/learners/portfolio_score.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <map>

#include "models/learners/trial_batch.hpp"

namespace proteus::learners {
namespace {

struct Segment {
  std::size_t panel = 0;
  std::size_t first = 0;  ///< bar that is traded first
  std::size_t last = 0;   ///< one past the last, whose reward is that of the bar `last`
};

/// Sums over the instruments that trade at one time.
struct Moment {
  double net = 0.0;
  double turnover = 0.0;
  std::size_t instruments = 0;
};

}  // namespace

PortfolioScore portfolio_score(const policy::ActorCritic& policy,
                               std::span<const std::unique_ptr<training::PolicyPanel>> panels,
                               const training::Period& period,
                               const strategies::MarketSettings& market) {
  const auto rebuild = static_cast<std::size_t>(market.rebuild_bars);
  const auto trial = static_cast<std::size_t>(market.trial_bars);
  std::vector<Segment> segments;
  std::vector<TrialStart> starts;
  for (std::size_t p = 0; p < panels.size(); ++p) {
    const auto bars = panels[p]->series().bars();
    std::size_t first = panels[p]->first_ready() + rebuild;
    while (first < bars.size() && period.from && bars[first].open_time < *period.from) ++first;
    std::size_t end = bars.size();
    while (end > first && period.to && bars[end - 1].close_time > *period.to) --end;
    for (; first + 1 < end; first += trial - rebuild) {
      // What is held over the period's last close earns behind it, and does not count.
      const std::size_t last = std::min(first + trial - rebuild, end - 1);
      segments.push_back({p, first, last});
      starts.push_back({panels[p].get(), first - rebuild, last - first + rebuild});
    }
  }
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  PortfolioScore score{0, kNone, kNone, kNone};
  if (segments.empty()) return score;
  const PlayedTrials played = play(policy, market, starts, trial);

  std::map<Timestamp, Moment> moments;
  double held = 0.0;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const Segment& segment = segments[s];
    const bool continues = s > 0 && segments[s - 1].panel == segment.panel;
    if (!continues) held = 0.0;
    const auto bars = panels[segment.panel]->series().bars();
    for (std::size_t bar = segment.first; bar < segment.last; ++bar) {
      const double exposure =
          static_cast<double>(played.exposures[(bar - starts[s].bar) * starts.size() + s]);
      const auto& next = panels[segment.panel]->move(bar + 1);
      Moment& moment = moments[bars[bar].close_time];
      moment.net += exposure * next.bar_return - std::abs(exposure) * next.assumed -
                    market.cost * std::abs(exposure - held);
      moment.turnover += std::abs(exposure - held);
      ++moment.instruments;
      held = exposure;
    }
  }
  double mean = 0.0;
  double squares = 0.0;
  double turnover = 0.0;
  for (const auto& [time, moment] : moments) {
    const auto n = static_cast<double>(moment.instruments);
    mean += moment.net / n;
    squares += moment.net / n * moment.net / n;
    turnover += moment.turnover / n;
  }
  const auto n = static_cast<double>(moments.size());
  mean /= n;
  const double deviation = std::sqrt(std::max(0.0, squares / n - mean * mean));
  const strategies::MarketSettings year{.volatility_target = 1.0};
  const double unit = strategies::unit_of(year, panels.front()->series().interval());
  score.bars = moments.size();
  score.sharpe = deviation > 0.0 ? mean / deviation / unit : 0.0;
  score.net = mean / (unit * unit);
  score.turnover = turnover / n / (unit * unit);
  return score;
}

}  // namespace proteus::learners
