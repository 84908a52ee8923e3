#include "engine/market/instruments.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace proteus::market {
namespace {

using namespace std::chrono_literals;

/// One line of the table; decimal texts, because they become exact values.
struct Row {
  Category category;
  const char* base;
  const char* tick;
  const char* lot;
  const char* notional_min;
  const char* limit_max;
  const char* market_max;
  int leverage_max;
  double price;
  double volatility;
  double volume;
};

constexpr Category L = Category::Linear;
constexpr Category S = Category::Spot;

// Prices and volumes are those of June 2025. Quoted in USDT, funding every eight hours.
constexpr std::array kRows = {
    Row{L, "BTC", "0.1", "0.001", "5", "1190", "500", 100, 105'000, 0.50, 55},
    Row{L, "ETH", "0.01", "0.01", "5", "7240", "3620", 100, 2'500, 0.70, 1'600},
    Row{L, "SOL", "0.01", "0.1", "5", "79770", "15950", 100, 150, 0.85, 7'700},
    Row{L, "XRP", "0.0001", "0.1", "5", "2850000", "570000", 75, 2.2, 0.80, 290'000},
    Row{L, "ADA", "0.0001", "1", "5", "4500000", "900000", 75, 0.65, 0.85, 157'000},
    Row{L, "DOGE", "0.00001", "1", "5", "17000000", "3400000", 75, 0.18, 0.95, 1'500'000},
    Row{L, "LINK", "0.001", "0.1", "5", "250000", "50000", 50, 13.5, 0.90, 12'000},
    Row{L, "AVAX", "0.001", "0.1", "5", "180000", "36000", 50, 19, 0.95, 5'000},
    Row{L, "DOT", "0.0001", "0.1", "5", "1000000", "200000", 50, 3.9, 0.85, 7'900},
    Row{L, "LTC", "0.01", "0.1", "5", "60000", "12000", 50, 87, 0.75, 860},
    Row{L, "BNB", "0.1", "0.01", "5", "5600", "1120", 50, 650, 0.50, 250},
    Row{L, "APT", "0.0001", "0.01", "5", "400000", "80000", 50, 4.9, 0.95, 6'700},
    Row{L, "ARB", "0.0001", "0.1", "5", "2000000", "400000", 50, 0.35, 1.00, 84'000},
    Row{L, "OP", "0.0001", "0.1", "5", "1500000", "300000", 50, 0.57, 1.00, 35'000},
    Row{S, "BTC", "0.01", "0.000001", "5", "83", "41", 1, 105'000, 0.50, 10},
    Row{S, "ETH", "0.01", "0.00001", "5", "2000", "1000", 1, 2'500, 0.70, 145},
    Row{S, "SOL", "0.01", "0.001", "5", "40000", "20000", 1, 150, 0.85, 650},
    Row{S, "XRP", "0.0001", "0.01", "5", "2000000", "1000000", 1, 2.2, 0.80, 30'000},
};

InstrumentSpec spec_of(const Row& row, std::string_view base) {
  const bool linear = row.category == Category::Linear;
  const auto quantity = [](const char* text) { return Quantity::parse(text).value(); };
  InstrumentSpec spec{.start_price = row.price,
                      .volatility_yearly = row.volatility,
                      .volume_per_minute = row.volume};
  Instrument& i = spec.description;
  i.category = row.category;
  i.symbol = std::string_view(std::string(base) + "USDT");
  i.base_coin = base;
  i.quote_coin = "USDT";
  i.tick_size = Price::parse(row.tick).value();
  i.lot_step = quantity(row.lot);
  i.quantity_min = linear ? i.lot_step : Quantity{};
  i.quantity_max_limit = quantity(row.limit_max);
  i.quantity_max_market = quantity(row.market_max);
  i.notional_min = Money::parse(row.notional_min).value();
  i.leverage_max_e9 = row.leverage_max * kFixedScale;
  i.funding_interval = linear ? Duration{8h} : Duration{0};
  return spec;
}

/// The number of a made-up coin, "SIM042USDT"; nothing: it is none.
std::optional<std::size_t> made_up(std::string_view symbol) {
  std::size_t number = 0;
  if (symbol.size() != 10 || !symbol.starts_with("SIM") || !symbol.ends_with("USDT"))
    return std::nullopt;
  const char* const end = symbol.data() + 6;
  const auto [stop, failed] = std::from_chars(symbol.data() + 3, end, number);
  return failed == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

/// Like one of the first rows, at a price of its own (within a quarter, so that ticks still fit).
InstrumentSpec made_up_spec(std::size_t number, const std::string& symbol) {
  constexpr std::size_t kLike = 8;
  InstrumentSpec spec = spec_of(kRows[number % kLike], std::string_view{symbol}.substr(0, 6));
  spec.start_price *= 1.0 + 0.25 * static_cast<double>(number) / 1000.0;
  return spec;
}

}  // namespace

std::optional<InstrumentSpec> known_instrument(const InstrumentName& name) {
  for (const Row& row : kRows)
    if (row.category == name.category && std::string(row.base) + "USDT" == name.symbol)
      return spec_of(row, row.base);
  if (name.category == Category::Linear)
    if (const auto number = made_up(name.symbol)) return made_up_spec(*number, name.symbol);
  return std::nullopt;
}

}  // namespace proteus::market
