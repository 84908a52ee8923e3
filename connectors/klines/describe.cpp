#include "connectors/klines/describe.hpp"

#include <array>
#include <cmath>
#include <numeric>

namespace proteus::klines {
namespace {

constexpr std::array<std::string_view, 5> kQuotes = {"USDT", "USDC", "USD", "EUR", "BTC"};

/// 10^decimals as a double, exact: decimals 0..9.
constexpr std::array<double, 10> kPowers = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

bool has_decimals(double value, int decimals) {
  const double power = kPowers[static_cast<std::size_t>(decimals)];
  return std::nearbyint(value * power) / power == value;
}

}  // namespace

void StepFinder::see(const Bar& bar) {
  for (const Price price : {bar.open, bar.high, bar.low, bar.close})
    if (price_divisor_ == 0 || price.raw() % price_divisor_ != 0)
      price_divisor_ = std::gcd(price_divisor_, price.raw());
  while (volume_decimals_ < 9 && !has_decimals(bar.volume, volume_decimals_)) ++volume_decimals_;
}

Price StepFinder::tick() const {
  std::int64_t step = kFixedScale;
  while (price_divisor_ % step != 0) step /= 10;
  return Price::from_raw(step);
}

Quantity StepFinder::lot() const {
  std::int64_t step = kFixedScale;
  for (int i = 0; i < volume_decimals_; ++i) step /= 10;
  return Quantity::from_raw(step);
}

Instrument derived_description(const InstrumentName& name, const StepFinder& steps) {
  const bool linear = name.category == Category::Linear;
  const std::string_view symbol = name.symbol;
  Instrument i;
  i.category = name.category;
  i.symbol = symbol;
  i.base_coin = symbol;
  i.quote_coin = "USDT";
  for (const std::string_view quote : kQuotes)
    if (symbol.size() > quote.size() && symbol.ends_with(quote)) {
      std::string_view base = symbol.substr(0, symbol.size() - quote.size());
      if (base.size() > 1 && base.ends_with('-')) base.remove_suffix(1);  // BTC-USD
      i.base_coin = base;
      i.quote_coin = quote;
      break;
    }
  i.tick_size = steps.tick();
  i.lot_step = steps.lot();
  i.quantity_min = linear ? i.lot_step : Quantity{};
  i.quantity_max_limit = i.lot_step * 1'000'000;
  i.quantity_max_market = i.lot_step * 200'000;
  i.notional_min = Money::from_raw(5 * kFixedScale);
  i.leverage_max_e9 = linear ? 25 * kFixedScale : kFixedScale;
  i.funding_interval = linear ? Duration{std::chrono::hours{8}} : Duration{0};
  return i;
}

}  // namespace proteus::klines
