#include "models/evaluation/track.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"
#include "models/evaluation/moments.hpp"

namespace proteus::evaluation {
namespace {

template <class T>
void extend(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

}  // namespace

std::vector<double> Track::gross() const {
  std::vector<double> out = net;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += fees[i] + slippage[i] + funding[i];
  return out;
}

void append(Track& track, const Track& next) {
  if (track.bars() == 0 && track.names.empty()) {
    track = next;
    return;
  }
  PROTEUS_ASSERT(track.bars_a_year == next.bars_a_year);
  PROTEUS_ASSERT(track.closes.empty() || next.closes.empty() ||
                 track.closes.back() < next.closes.front());
  const std::size_t before = track.bars();
  std::vector<std::size_t> place;  // of next's instruments among the track's
  for (const std::string& name : next.names) {
    const auto found = std::ranges::find(track.names, name);
    place.push_back(static_cast<std::size_t>(found - track.names.begin()));
    if (found == track.names.end()) {
      track.names.push_back(name);
      for (auto& row : track.contributions) row.push_back(0.0);
    }
  }
  for (const auto& row : next.contributions) {
    std::vector<double> wide(track.names.size(), 0.0);
    for (std::size_t k = 0; k < row.size(); ++k) wide[place[k]] = row[k];
    track.contributions.push_back(std::move(wide));
  }
  for (RoundTrip trip : next.trips) {
    trip.instrument = place[trip.instrument];
    track.trips.push_back(trip);
  }
  for (const Stretch& block : next.blocks)
    track.blocks.push_back({block.from + before, block.to + before});
  extend(track.closes, next.closes);
  extend(track.net, next.net);
  extend(track.fees, next.fees);
  extend(track.slippage, next.slippage);
  extend(track.funding, next.funding);
  extend(track.traded, next.traded);
  extend(track.exposure, next.exposure);
  extend(track.fills, next.fills);
  track.funding_assumed += next.funding_assumed;
  track.settlements += next.settlements;
  track.refused += next.refused;
  track.ruined = track.ruined || next.ruined;
}

std::vector<double> equity_of(std::span<const double> returns) {
  std::vector<double> equity{1.0};
  for (const double r : returns) equity.push_back(equity.back() * (1.0 + r));
  return equity;
}

std::vector<double> at_equal_volatility(std::span<const double> returns,
                                        std::span<const double> baseline) {
  const auto own = moments_of(returns);
  const auto wanted = moments_of(baseline);
  if (own.has_error() || wanted.has_error()) return std::vector<double>(returns.size(), 0.0);
  std::vector<double> out(returns.begin(), returns.end());
  for (double& r : out) r *= wanted.value().deviation / own.value().deviation;
  return out;
}

}  // namespace proteus::evaluation
