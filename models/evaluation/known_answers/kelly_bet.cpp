// KA-13: the sizing that trades, held against a bet whose answer is known.
#include <array>
#include <cmath>
#include <vector>

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/evaluation/known_answers/ruin.hpp"
#include "risk/kelly.hpp"

namespace proteus::evaluation {
namespace {

/// Six wins and four losses of the whole stake: p = 0.6 at even odds, free of cost.
constexpr std::array<double, 10> kBets{1, -1, 1, -1, 1, -1, 1, -1, 1, 1};
constexpr double kChance = 0.6;

}  // namespace

double chance_of_falling(double p, double fraction, double share, std::int64_t bets) {
  const double won = std::log1p(fraction);
  const double lost = std::log1p(-fraction);
  const double floor = std::log(share);
  std::vector<double> chance(static_cast<std::size_t>(bets) + 1, 0.0);  // by number of wins
  chance[0] = 1.0;
  double fallen = 0.0;
  for (std::int64_t n = 1; n <= bets; ++n)
    for (std::int64_t wins = n; wins >= 0; --wins) {
      const auto w = static_cast<std::size_t>(wins);
      const double from_win = wins > 0 ? chance[w - 1] : 0.0;
      chance[w] = p * from_win + (1.0 - p) * (wins < n ? chance[w] : 0.0);
      if (static_cast<double>(wins) * won + static_cast<double>(n - wins) * lost >= floor) continue;
      fallen += chance[w];
      chance[w] = 0.0;
    }
  return fallen;
}

Result<std::vector<Check>> kelly_bet(const Parameters&) {
  constexpr std::int64_t kHorizon = 3'000;  // by then what has not fallen has grown by e^28
  risk::RoundTrips trips{0.0, 1.0};
  risk::ReturnSample sample{1.0};
  for (const double result : kBets) {
    trips.on_bar(1, 0, result);
    trips.on_bar(0, 1, 0.0);
    sample.add(result);
  }
  risk::SizingSettings settings;
  settings.kelly_drawdown = 0.3;
  settings.kelly_drawdown_chance = 0.1;
  const double lambda = risk::KellyRule::of(settings).lambda;
  const double plain = trips.estimate(0.0).raw;
  const double constrained = sample.constrained_kelly(lambda);
  const double growth = kChance * std::log1p(plain) + (1.0 - kChance) * std::log1p(-plain);
  return std::vector<Check>{
      Check::within("fraction of a bet with p = 0.6 at even odds", plain, 0.2, 1e-4),
      Check::within("growth a bet", growth, 0.020136, 1e-6, 6),
      Check::within("lambda for a tenth's chance of falling to 0.7", lambda, 6.4557, 1e-4),
      Check::within("risk-constrained fraction", constrained, 0.05426, 1e-5, 5),
      Check::at_most("chance of ever falling below 0.7, exactly",
                     chance_of_falling(kChance, constrained, 0.7, kHorizon), 0.1)};
}

}  // namespace proteus::evaluation
