#include "engine/market/simple_regimes.hpp"

#include "engine/core/assert.hpp"

namespace proteus::market {
namespace {

constexpr std::array<std::string_view, 4> kSimpleNames = {"bull", "bear", "high_volatility",
                                                          "sideways"};
constexpr std::array<SimpleTraits, 4> kSimpleTraits = {{
    {.drift = 0.001, .volatility = 0.010},
    {.drift = -0.001, .volatility = 0.012},
    {.volatility = 0.030},
    {.volatility = 0.005, .pull = 0.05},
}};

}  // namespace

std::string_view to_string(SimpleRegime regime) {
  return kSimpleNames[static_cast<std::size_t>(regime)];
}

const SimpleTraits& traits(SimpleRegime regime) {
  return kSimpleTraits[static_cast<std::size_t>(regime)];
}

std::vector<double> simple_closes(SimpleRegime regime, std::size_t count, double start,
                                  Random& random) {
  PROTEUS_ASSERT(start > 0.0);
  const SimpleTraits& t = traits(regime);
  const double drift = std::log(1.0 + t.drift) - t.volatility * t.volatility / 2.0;
  std::vector<double> closes;
  closes.reserve(count);
  double distance = 0.0;  // log(close / start)
  for (std::size_t i = 0; i < count; ++i) {
    distance += drift - t.pull * distance + t.volatility * random.normal();
    closes.push_back(start * std::exp(distance));
  }
  return closes;
}

}  // namespace proteus::market
