#include "risk/limits/leverage.hpp"

#include <algorithm>

#include "risk/limits/controls.hpp"

namespace proteus::risk {
namespace {

constexpr double kDecay = 1.0 - 2.0 / 61.0;  // span 60
constexpr double kPriceTop = 9.0e9;          // what a Price holds, roughly

}  // namespace

ControlResult leverage(Money gross_linear, Money equity, std::int64_t max_e9, bool reduces) {
  const std::int64_t actual = ratio_e9(gross_linear, equity);
  return {Control::Leverage, reduces || actual <= max_e9, ratio(max_e9), ratio(actual)};
}

ControlResult liquidation_distance(Price distance, Price least, bool reduces) {
  return {Control::Leverage,
          reduces || distance >= least,
          {least.raw(), Unit::Price},
          {distance.raw(), Unit::Price}};
}

TrueRange::TrueRange() : mean_(kDecay) {}

void TrueRange::on_bar(const Bar& bar) {
  double high = bar.high.to_double();
  double low = bar.low.to_double();
  if (close_ > 0.0) {
    high = std::max(high, close_);
    low = std::min(low, close_);
  }
  mean_.add(high - low);
  close_ = bar.close.to_double();
}

Price TrueRange::scaled(double times) const {
  return Price::from_raw(to_fixed_raw(std::min(times * mean_.mean(), kPriceTop)));
}

}  // namespace proteus::risk
