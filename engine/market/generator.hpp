// A market that never was: one-minute bars of many instruments, the same for the same settings,
// seed and start on every machine. Pure: no file, no clock.
//
// An instrument's minute return is drift + pull + diffusion + jumps, under the regime it is in:
//   diffusion  sigma (sqrt(rho) e_m + sqrt(1 - rho) e_i): one common factor, and each shock
//              e = sqrt(h) z under GARCH(1,1), h' = (1 - a - b) + a e^2 + b h (Bollerslev 1986)
//   jumps      Poisson in number, double-exponential in size (Kou 2002), a part of them common
//   regime     of the whole market, from the chain in regime.hpp; at times an instrument goes its
//              own way until that regime ends; a crisis of the market brings all back
// Both random parts are compensated, so that the expected simple return is drift + pull exactly,
// and the close is rounded to the tick at random in proportion to the rest: with `driftless` the
// closes are a martingale, tick and all. Each bar opens where the last one closed; high and low are
// extremes of a Brownian bridge between open and close.
// A spot instrument whose linear twin is in the market follows it with a basis of about 2 bp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/bar.hpp"
#include "engine/core/result.hpp"
#include "engine/market/instruments.hpp"
#include "engine/market/random.hpp"
#include "engine/market/regime.hpp"
#include "engine/market/settings.hpp"

namespace proteus::market {

/// One minute of all instruments, each span by InstrumentId::index. Valid until the next call.
struct Minute {
  Timestamp open_time{};
  Timestamp close_time{};
  Regime market = Regime::LowVolatilityRange;
  std::span<const Bar> bars;
  std::span<const Regime> regimes;  ///< what each instrument is in
  /// Funding charged at close_time, 1e-9 of the position's value; nothing: none is due then.
  std::span<const std::optional<std::int64_t>> funding_rates_e9;
};

/// Mean of open, high, low and close times volume: the turnover of a bar that names none.
double typical_turnover(const Bar& bar);

class MarketGenerator {
 public:
  /// `start`: opening time of the first bar, on a full minute. Errors: NotFound (an instrument
  /// without an entry in the table, an unknown regime), OutOfRange (settings that cannot hold
  /// together), Malformed (spelling, one instrument twice).
  static Result<MarketGenerator> create(const Settings& settings, std::uint64_t seed,
                                        Timestamp start);
  /// The same over instruments of the caller's own; `settings.instruments` is not read.
  static Result<MarketGenerator> create(const Settings& settings, std::vector<InstrumentSpec> specs,
                                        std::uint64_t seed, Timestamp start);

  /// Ids are dense, in the order given.
  [[nodiscard]] std::span<const Instrument> instruments() const { return descriptions_; }
  /// The next minute of all instruments. Never ends; allocates nothing.
  Minute next();

 private:
  struct Asset {
    Random random;
    double tick = 0.0;               // quote
    double lots_per_unit = 0.0;      // lot_step = unit / lots_per_unit, both whole numbers
    double unit = 1.0;               // base
    double sigma = 0.0;              // of an ordinary minute
    double volume_per_minute = 0.0;  // base
    Duration funding_interval{0};
    std::optional<std::size_t> leader;  // the linear twin of a spot instrument
    double price_ticks = 0.0;           // last close, a whole number
    double log_price = 0.0;             // relative to the start price
    double range_centre = 0.0;          // log price at the entry into the present regime
    double variance = 1.0;              // h of GARCH
    double trend = 0.0;                 // log return of the last hours, exponentially weighted
    double last_return = 0.0;           // log return of the present minute
    double last_diffusion = 0.0;        // standard deviation of the present minute
    RegimeState regime;
    bool own_way = false;
  };
  /// What the present minute is for all instruments.
  struct Common {
    double shock = 0.0;           // e_m
    double shock_variance = 1.0;  // h it was drawn with
    double jumps = 0.0;           // sum of the common jumps, in mean jump sizes
    double jump_rate = 0.0;       // expected number of common jumps a minute
    double jump_up_share = 0.5;
  };

  MarketGenerator(const Settings& settings, std::uint64_t seed, Timestamp start);
  void add(const InstrumentSpec& spec, std::uint64_t seed);
  void link_spot_to_linear();

  [[nodiscard]] Regime draw_long_run(Random& random) const;
  void step_market_regime();
  void step_regime(Asset& asset);
  Common draw_common();
  double draw_jumps(double rate, double up_share, Random& random) const;
  double draw_return(Asset& asset, const Common& common);
  double draw_spot_return(Asset& asset);
  void write_bar(std::size_t index, double log_return);
  [[nodiscard]] double draw_volume(Asset& asset);
  [[nodiscard]] std::optional<std::int64_t> funding_rate(Asset& asset, Timestamp at) const;

  Settings settings_;
  Timestamp now_;
  bool switching_ = true;
  std::array<double, kRegimes> long_run_;
  double own_way_rate_ = 0.0;  // a minute
  Random market_random_;
  RegimeState market_;
  double market_variance_ = 1.0;
  std::vector<Asset> assets_;
  std::vector<std::size_t> order_;  // leaders before those who follow them
  std::vector<Instrument> descriptions_;
  std::vector<Bar> bars_;
  std::vector<Regime> regimes_;
  std::vector<std::optional<std::int64_t>> funding_;
};

}  // namespace proteus::market
