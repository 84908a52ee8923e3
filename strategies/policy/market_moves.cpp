#include "strategies/policy/market_moves.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "strategies/policy/policy_trial.hpp"

namespace proteus::strategies {
namespace {

constexpr double kRateE9 = 1e-9;

/// Share of 8 h that an interval is.
double share_of_8h(Duration funding_interval) {
  using namespace std::chrono_literals;
  return std::chrono::duration<double, std::nano>{funding_interval} / Duration{8h};
}

}  // namespace

MarketMoves::MarketMoves(const MarketSettings& market, Interval interval, Duration funding_interval)
    : market_(market),
      unit_(unit_of(market, interval)),
      assumed_share_(share_of_8h(funding_interval)),
      variance_(static_cast<double>(market.volatility_span)) {}

MarketMove MarketMoves::add(const Bar& bar, std::span<const matching::FundingTime> settlements) {
  MarketMove move;
  if (seen_++ > 0) {
    const double ratio = static_cast<double>(bar.close.raw()) / static_cast<double>(close_.raw());
    move.bar_return = ratio - 1.0;
    for (const matching::FundingTime& due : settlements) {
      if (due.known)
        move.bar_return -= kRateE9 * static_cast<double>(due.rate_e9);
      else
        move.assumed += market_.assumed_funding * assumed_share_;
    }
    const double log_return = std::log(ratio);
    variance_.add(log_return * log_return);
  }
  close_ = bar.close;
  const double deviation = std::sqrt(variance_.mean());
  if (seen_ > market_.volatility_span && deviation > 0.0)
    move.scale = std::min(market_.volatility_scale_max, unit_ / deviation);
  return move;
}

void MarketMoves::reset() {
  variance_ = features::Ewma(static_cast<double>(market_.volatility_span));
  close_ = {};
  seen_ = 0;
}

}  // namespace proteus::strategies
