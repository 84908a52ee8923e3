#include "models/training/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/market/generator.hpp"
#include "engine/market/simple_regimes.hpp"

namespace proteus::training {
namespace {

std::string_view name_of(SyntheticKind kind) {
  return EnumNames<SyntheticKind>::names[static_cast<std::size_t>(kind)];
}

/// The simulator's settings of one kind. The regimes have the same names there.
market::Settings market_settings(SyntheticKind kind) {
  market::Settings settings;
  switch (kind) {
    case SyntheticKind::Switching:
      break;
    case SyntheticKind::Jumps:
      settings.jumps_scale = 20.0;
      settings.garch_alpha = settings.garch_beta = 0.0;
      break;
    case SyntheticKind::Clusters:
      settings.jumps_scale = 0.0;
      settings.garch_alpha = 0.2;
      settings.garch_beta = 0.79;
      break;
    case SyntheticKind::Driftless:
      settings.driftless = true;
      break;
    default:
      settings.regime = name_of(kind);
  }
  return settings;
}

/// Closes of a simple regime as bars: each opens where the last one closed, high and low lie half a
/// folded deviation beyond open and close, volume is log-normal around an hour's.
Result<std::vector<Bar>> simple_bars(market::SimpleRegime regime, const SyntheticSettings& settings,
                                     const market::InstrumentSpec& spec, std::uint64_t seed) {
  constexpr double kHighest = 1e8;  // quote; leaves room for orders of a whole account
  constexpr double kVolumeSpread = 0.5;
  constexpr double kMinutes = 60.0;
  market::Random steps{seed, "closes"};
  market::Random rest{seed, "ranges and volumes"};
  const auto closes = market::simple_closes(regime, settings.bars, spec.start_price, steps);
  const double tick = spec.description.tick_size.to_double();
  const auto on_tick = [&](double price) {
    const double ticks = std::max(1.0, std::round(price / tick));
    return spec.description.tick_size * static_cast<std::int64_t>(ticks);
  };
  const double half = 0.5 * market::traits(regime).volatility;
  std::vector<Bar> bars;
  bars.reserve(closes.size());
  double before = spec.start_price;
  Timestamp at = bar_open(settings.start, settings.interval);
  for (const double close : closes) {
    if (!(close >= tick && close <= kHighest))
      return error(
          ErrorCode::OutOfRange,
          fmt::format(
              "synthetic series: the drift of {} carries seed {} out of the range of prices "
              "({} to {}) after {} bars: ask for at most {}, and for more seeds",
              market::to_string(regime), seed, tick, kHighest, bars.size(), bars.size()));
    Bar bar{.interval = settings.interval,
            .open_time = at,
            .close_time = next_open(at, settings.interval),
            .open = on_tick(before),
            .close = on_tick(close)};
    const double high = std::max(before, close) * std::exp(half * std::abs(rest.normal()));
    const double low = std::min(before, close) * std::exp(-half * std::abs(rest.normal()));
    bar.high = std::max({bar.open, bar.close, on_tick(high)});
    bar.low = std::min({bar.open, bar.close, on_tick(low)});
    bar.volume = spec.volume_per_minute * kMinutes * std::exp(kVolumeSpread * rest.normal());
    bar.turnover = market::typical_turnover(bar);
    bars.push_back(bar);
    before = close;
    at = bar.close_time;
  }
  return bars;
}

void extend(Bar& bar, const Bar& minute) {
  bar.high = std::max(bar.high, minute.high);
  bar.low = std::min(bar.low, minute.low);
  bar.close = minute.close;
  bar.volume += minute.volume;
  bar.turnover += minute.turnover;
}

Result<void> add_market_bars(SeriesSource& source, const SyntheticSettings& settings,
                             const market::InstrumentSpec& spec, std::uint64_t seed) {
  Timestamp at = bar_open(settings.start, settings.interval);
  BOOST_OUTCOME_TRY(auto generator, market::MarketGenerator::create(market_settings(settings.kind),
                                                                    {spec}, seed, at));
  source.bars.reserve(settings.bars);
  while (source.bars.size() < settings.bars) {
    const Timestamp end = next_open(at, settings.interval);
    Bar bar;
    for (Timestamp minute = at; minute < end;) {
      const market::Minute now = generator.next();
      if (minute == at)
        bar = now.bars.front();
      else
        extend(bar, now.bars.front());
      if (const auto rate = now.funding_rates_e9.front())
        source.funding.push_back({now.close_time, *rate});
      minute = now.close_time;
    }
    bar.interval = settings.interval;
    bar.close_time = at = end;
    source.bars.push_back(bar);
  }
  return success();
}

}  // namespace

Result<std::shared_ptr<const Series>> synthetic_series(const SyntheticSettings& settings,
                                                       std::uint64_t seed) {
  BOOST_OUTCOME_TRY(const InstrumentName name, parse_instrument_name(settings.instrument));
  const auto spec = market::known_instrument(name);
  if (!spec)
    return error(ErrorCode::NotFound,
                 fmt::format("synthetic series: {} has no description (linear:SIM000USDT to "
                             "linear:SIM999USDT and well-known instruments have one)",
                             settings.instrument));
  const bool usual = settings.instrument == SyntheticSettings{}.instrument;
  SeriesSource source{.name = fmt::format("{}{} of seed {}", name_of(settings.kind),
                                          usual ? std::string() : "@" + settings.instrument, seed),
                      .instrument = spec->description,
                      .interval = settings.interval,
                      .features = settings.features};
  const auto simple = static_cast<std::size_t>(settings.kind);
  if (simple < market::kSimpleRegimes.size()) {
    BOOST_OUTCOME_TRY(source.bars,
                      simple_bars(market::kSimpleRegimes[simple], settings, *spec, seed));
  } else {
    BOOST_OUTCOME_TRY(add_market_bars(source, settings, *spec, seed));
  }
  return Series::create(std::move(source));
}

}  // namespace proteus::training
