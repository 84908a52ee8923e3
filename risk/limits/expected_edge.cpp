#include "risk/limits/expected_edge.hpp"

#include <algorithm>
#include <cmath>

#include "risk/limits/controls.hpp"

namespace proteus::risk {
namespace {

constexpr Duration kEightHours = std::chrono::hours{8};

}  // namespace

void EdgeRecord::on_bar(const Bar& bar, int held, std::optional<double> stated) {
  if (bar.close_time <= close_time_) return;
  const double close = bar.close.to_double();
  if (close_ > 0.0 && held_ != 0) {
    gross_ += held_ * (close / close_ - 1.0);
    ++bars_;
    if (held_ != held_before_) ++entries_;
  }
  close_ = close;
  close_time_ = bar.close_time;
  held_before_ = held_;
  held_ = held;
  stated_ = stated && std::isfinite(*stated) ? stated : std::nullopt;
}

double EdgeRecord::holding() const {
  return entries_ == 0 ? 1.0 : static_cast<double>(bars_) / static_cast<double>(entries_);
}

std::optional<double> EdgeRecord::edge() const {
  if (stated_) return stated_;
  if (bars_ < bars_min_ || entries_ == 0) return std::nullopt;
  return gross_ / static_cast<double>(bars_) * holding();
}

double expected_cost(const Instrument& instrument, Side side, const Costs& costs,
                     const FundingRate& funding, double holding, Duration bar) {
  const double both_ways = 2.0 * costs.of(instrument.category);
  if (instrument.category == Category::Spot) return both_ways;
  const double sign = side == Side::Buy ? 1.0 : -1.0;
  const double rate = funding.known
                          ? std::max(0.0, sign * (static_cast<double>(funding.rate_e9) / 1e9))
                          : costs.assumed_funding;
  const bool every_known = funding.known && instrument.funding_interval > Duration{0};
  const Duration every = every_known ? instrument.funding_interval : kEightHours;
  return both_ways + rate * (holding * seconds(bar) / seconds(every));
}

ControlResult expected_edge(std::optional<double> edge, double cost, bool in_floor, bool reduces) {
  const Measure limit = ratio_of(cost);
  const Measure actual = edge ? ratio_of(*edge) : ratio(kMissing);
  return {Control::ExpectedEdge, reduces || in_floor || actual.raw >= limit.raw, limit, actual};
}

}  // namespace proteus::risk
