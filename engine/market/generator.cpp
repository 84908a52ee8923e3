#include "engine/market/generator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace proteus::market {
namespace {

using namespace std::chrono_literals;

constexpr double kMinutesPerYear = 525'600.0;
constexpr double kMinutesPerDay = 1'440.0;
constexpr double kLn2 = 0.69314718055994530942;
/// Mean of |z| for a standard normal z: sqrt(2 / pi).
constexpr double kMeanAbsNormal = 0.79788456080286535588;
constexpr double kTrendMinutes = 480.0;
constexpr double kTicksMax = 4'294'967'294.0;      // fits 32 bits, so that bars can be kept small
constexpr double kBasisPull = 0.05;                // a minute
constexpr double kBasisNoise = 0.5e-4;             // with the pull: a basis of 1.6 bp
constexpr std::int64_t kFundingBase = 100'000;     // 1 bp, as the venue charges in quiet times
constexpr std::int64_t kFundingLimit = 7'500'000;  // 75 bp
constexpr double kFundingNoise = 0.00001;

/// E[exp(J)] of one double-exponential jump of mean size `eta` that goes up with `up_share`.
double jump_moment(double eta, double up_share) {
  return up_share / (1.0 - eta) + (1.0 - up_share) / (1.0 + eta);
}

/// Down or up with the probability that keeps the mean.
double round_at_random(double value, Random& random) {
  const double below = std::floor(value);
  return random.uniform() < value - below ? below + 1.0 : below;
}

Price price_of(double ticks, Price tick_size) {
  return tick_size * static_cast<std::int64_t>(ticks);
}

Result<void> check(const Settings& settings) {
  if (settings.garch_alpha + settings.garch_beta >= 0.9995)
    return error(ErrorCode::OutOfRange,
                 fmt::format("garch_alpha {} + garch_beta {} must stay below 0.9995, else variance "
                             "has no mean",
                             settings.garch_alpha, settings.garch_beta));
  if (settings.regime != "switching" && !parse_regime(settings.regime))
    return error(ErrorCode::NotFound,
                 fmt::format("no such regime: \"{}\" (switching, bull_trend, bear_trend, "
                             "high_volatility_range, low_volatility_range, breakout, reversal, "
                             "crisis)",
                             settings.regime));
  return success();
}

Result<void> check(const InstrumentSpec& spec, const Settings& settings) {
  const Instrument& i = spec.description;
  const double sigma =
      spec.volatility_yearly * settings.volatility_scale / std::sqrt(kMinutesPerYear);
  const double ticks = spec.start_price / i.tick_size.to_double();
  // Beyond these a mean jump would reach 50 %, or a price would be too coarse or too fine to hold.
  const bool ok = sigma > 0.0 && sigma * settings.jump_size_sigmas < 0.5 && ticks >= 100.0 &&
                  ticks <= 1e9 && spec.volume_per_minute > 0.0 && spec.volume_per_minute < 1e9 &&
                  i.tick_size <= Price::from_raw(kFixedScale);
  if (ok) return success();
  return error(
      ErrorCode::OutOfRange,
      fmt::format("{} cannot be simulated: it needs a volatility, a volume below 1e9 a "
                  "minute, a tick of at most 1 and a start price of 100 to 1e9 ticks; it has "
                  "{} a year, {}, {} and {}",
                  i.name(), spec.volatility_yearly, spec.volume_per_minute, i.tick_size.to_string(),
                  ticks));
}

}  // namespace

double typical_turnover(const Bar& bar) {
  return bar.volume * 0.25 *
         (bar.open.to_double() + bar.high.to_double() + bar.low.to_double() +
          bar.close.to_double());
}

Result<MarketGenerator> MarketGenerator::create(const Settings& settings, std::uint64_t seed,
                                                Timestamp start) {
  std::vector<InstrumentSpec> specs;
  for (const std::string& text : settings.instruments) {
    BOOST_OUTCOME_TRY(const InstrumentName name, parse_instrument_name(text));
    std::optional<InstrumentSpec> spec = known_instrument(name);
    if (!spec)
      return error(ErrorCode::NotFound,
                   fmt::format("the simulated market does not know {}; leave it out or give it an "
                               "entry in engine/market/instruments.cpp",
                               text));
    specs.push_back(*std::move(spec));
  }
  return create(settings, std::move(specs), seed, start);
}

Result<MarketGenerator> MarketGenerator::create(const Settings& settings,
                                                std::vector<InstrumentSpec> specs,
                                                std::uint64_t seed, Timestamp start) {
  BOOST_OUTCOME_TRY(check(settings));
  if (bar_open(start, Interval::M1) != start)
    return error(ErrorCode::OutOfRange,
                 fmt::format("a market starts on a full minute, not at {}", format_time(start)));
  InstrumentTable table;
  MarketGenerator generator{settings, seed, start};
  for (InstrumentSpec& spec : specs) {
    BOOST_OUTCOME_TRY(spec.description.id, table.add(spec.description));
    BOOST_OUTCOME_TRY(check(spec, settings));
    generator.add(spec, seed);
  }
  generator.link_spot_to_linear();
  return generator;
}

MarketGenerator::MarketGenerator(const Settings& settings, std::uint64_t seed, Timestamp start)
    : settings_(settings),
      now_(start),
      switching_(settings.regime == "switching"),
      long_run_(stationary()),
      market_random_(seed, "market") {
  double duration = 0.0;
  for (std::size_t k = 0; k < kRegimes; ++k)
    duration += long_run_[k] * static_cast<double>(traits(static_cast<Regime>(k)).duration.count());
  const double share = settings.own_regime_share;
  own_way_rate_ = share / (1.0 - share) * settings.regime_pace / duration;
  market_.regime = switching_ ? draw_long_run(market_random_) : *parse_regime(settings.regime);
}

void MarketGenerator::add(const InstrumentSpec& spec, std::uint64_t seed) {
  const Instrument& i = spec.description;
  Asset asset{.random = Random(seed, i.name())};
  asset.tick = i.tick_size.to_double();
  const std::int64_t common = std::gcd(i.lot_step.raw(), kFixedScale);
  asset.unit = static_cast<double>(i.lot_step.raw() / common);
  asset.lots_per_unit = static_cast<double>(kFixedScale / common);
  asset.sigma = spec.volatility_yearly * settings_.volatility_scale / std::sqrt(kMinutesPerYear);
  asset.volume_per_minute = spec.volume_per_minute;
  asset.funding_interval = i.funding_interval;
  asset.price_ticks = std::nearbyint(spec.start_price / asset.tick);
  asset.regime = market_;
  descriptions_.push_back(i);
  assets_.push_back(asset);
  bars_.push_back({.instrument = i.id, .interval = Interval::M1});
  regimes_.push_back(market_.regime);
  funding_.emplace_back();
}

void MarketGenerator::link_spot_to_linear() {
  for (std::size_t i = 0; i < assets_.size(); ++i)
    for (std::size_t k = 0; k < assets_.size(); ++k)
      if (descriptions_[i].category == Category::Spot &&
          descriptions_[k].category == Category::Linear &&
          descriptions_[i].symbol == descriptions_[k].symbol)
        assets_[i].leader = k;
  for (std::size_t i = 0; i < assets_.size(); ++i)
    if (!assets_[i].leader) order_.push_back(i);
  for (std::size_t i = 0; i < assets_.size(); ++i)
    if (assets_[i].leader) order_.push_back(i);
}

Minute MarketGenerator::next() {
  const Timestamp close_time = now_ + 1min;
  if (switching_) step_market_regime();
  const Common common = draw_common();
  for (const std::size_t i : order_) {
    Asset& asset = assets_[i];
    step_regime(asset);
    const double log_return = asset.leader ? draw_spot_return(asset) : draw_return(asset, common);
    write_bar(i, log_return);
    regimes_[i] = asset.regime.regime;
    funding_[i] = funding_rate(asset, close_time);
  }
  const Minute minute{now_, close_time, market_.regime, bars_, regimes_, funding_};
  now_ = close_time;
  return minute;
}

Regime MarketGenerator::draw_long_run(Random& random) const {
  double u = random.uniform();
  std::size_t k = 0;
  while (k + 1 < kRegimes && (u -= long_run_[k]) >= 0.0) ++k;
  return static_cast<Regime>(k);
}

void MarketGenerator::step_market_regime() {
  double trend = 0.0;
  for (const Asset& asset : assets_) trend += asset.trend;
  market_ = step(market_, settings_.regime_pace, trend, market_random_);
}

void MarketGenerator::step_regime(Asset& asset) {
  const Regime before = asset.regime.regime;
  if (asset.leader) {
    asset.regime = assets_[*asset.leader].regime;
    return;
  }
  if (market_.regime == Regime::Crisis) asset.own_way = false;
  if (asset.own_way) {
    asset.regime = step(asset.regime, settings_.regime_pace, asset.trend, asset.random);
    asset.own_way = asset.regime.regime == before;
  } else if (switching_ && market_.regime != Regime::Crisis && asset.random.chance(own_way_rate_)) {
    asset.own_way = true;
    const Regime regime = draw_long_run(asset.random);
    const bool directed = regime == Regime::Breakout || regime == Regime::Reversal;
    asset.regime = {regime, directed && asset.random.chance(0.5) ? -1 : 1};
  }
  if (!asset.own_way) asset.regime = market_;
  if (asset.regime.regime != before) asset.range_centre = asset.log_price;
}

MarketGenerator::Common MarketGenerator::draw_common() {
  const RegimeTraits& t = traits(market_.regime);
  Common common;
  common.shock_variance = market_variance_;
  common.shock = std::sqrt(market_variance_) * market_random_.normal();
  market_variance_ = (1.0 - settings_.garch_alpha - settings_.garch_beta) +
                     settings_.garch_alpha * common.shock * common.shock +
                     settings_.garch_beta * market_variance_;
  common.jump_rate =
      t.jumps_per_day * settings_.jumps_scale * settings_.jump_common_share / kMinutesPerDay;
  common.jump_up_share = settings_.driftless ? 0.5 : t.jump_up_share;
  common.jumps = draw_jumps(common.jump_rate, common.jump_up_share, market_random_);
  return common;
}

double MarketGenerator::draw_jumps(double rate, double up_share, Random& random) const {
  double sum = 0.0;
  for (std::uint32_t n = random.poisson(rate); n > 0; --n)
    sum += random.chance(up_share) ? random.exponential() : -random.exponential();
  return sum;
}

double MarketGenerator::draw_return(Asset& asset, const Common& common) {
  const RegimeTraits& t = traits(asset.regime.regime);
  const double rho =
      asset.regime.regime == Regime::Crisis ? settings_.correlation_crisis : settings_.correlation;
  const double sigma = asset.sigma * t.volatility;
  const double own_variance = asset.variance;
  const double own_shock = std::sqrt(own_variance) * asset.random.normal();
  asset.variance = (1.0 - settings_.garch_alpha - settings_.garch_beta) +
                   settings_.garch_alpha * own_shock * own_shock +
                   settings_.garch_beta * own_variance;
  const double variance =
      sigma * sigma * (rho * common.shock_variance + (1.0 - rho) * own_variance);
  const double diffusion =
      sigma * (std::sqrt(rho) * common.shock + std::sqrt(1.0 - rho) * own_shock);
  asset.last_diffusion = std::sqrt(variance);

  const double eta = asset.sigma * settings_.jump_size_sigmas;
  const double own_rate = t.jumps_per_day * settings_.jumps_scale *
                          (1.0 - settings_.jump_common_share) / kMinutesPerDay;
  const double up_share = settings_.driftless ? 0.5 : t.jump_up_share;
  const double jumps = eta * (common.jumps + draw_jumps(own_rate, up_share, asset.random));
  const double jump_mean = common.jump_rate * (jump_moment(eta, common.jump_up_share) - 1.0) +
                           own_rate * (jump_moment(eta, up_share) - 1.0);

  double drift = 0.0;
  if (!settings_.driftless) {
    drift = t.drift * asset.regime.direction * settings_.drift_scale * asset.sigma /
            std::sqrt(kMinutesPerDay);
    const double home_minutes =
        std::chrono::duration<double, std::ratio<60>>(settings_.home_half_life).count();
    drift -= kLn2 / home_minutes * asset.log_price;
    if (t.pull_half_life > 0.0)
      drift -= kLn2 / t.pull_half_life * (asset.log_price - asset.range_centre);
  }
  return drift + diffusion - variance / 2.0 + jumps - jump_mean;
}

double MarketGenerator::draw_spot_return(Asset& asset) {
  const Asset& leader = assets_[*asset.leader];
  asset.last_diffusion = leader.last_diffusion;
  if (settings_.driftless) return leader.last_return;
  const double basis = asset.log_price - (leader.log_price - leader.last_return);
  return leader.last_return - kBasisPull * basis + kBasisNoise * asset.random.normal();
}

void MarketGenerator::write_bar(std::size_t index, double log_return) {
  Asset& asset = assets_[index];
  Random& random = asset.random;
  Bar& bar = bars_[index];
  bar.open_time = now_;
  bar.close_time = now_ + 1min;
  const double open = asset.price_ticks;
  double close = open;
  double high = open;
  double low = open;
  const bool traded = !random.chance(settings_.zero_trade_probability);
  if (traded) {
    close = std::clamp(round_at_random(open * std::exp(log_return), random), 1.0, kTicksMax);
    // Extremes of a Brownian bridge from 0 to r over one minute: P(max > m) = exp(-2 m (m - r) /
    // s^2), solved for m at a uniform probability; the minimum is the mirror image.
    const double spread = 2.0 * asset.last_diffusion * asset.last_diffusion;
    const double r = log_return;
    const double up = 0.5 * (r + std::sqrt(r * r + spread * random.exponential()));
    const double down = 0.5 * (r - std::sqrt(r * r + spread * random.exponential()));
    high = std::max({open, close, std::min(std::floor(open * std::exp(up)), kTicksMax)});
    low = std::min({open, close, std::max(std::ceil(open * std::exp(down)), 1.0)});
  }
  const double realised = std::log(close / open);
  asset.price_ticks = close;
  asset.last_return = realised;
  asset.log_price += realised;
  asset.trend += realised - asset.trend / kTrendMinutes;
  const Price tick = descriptions_[index].tick_size;
  bar.open = price_of(open, tick);
  bar.high = price_of(high, tick);
  bar.low = price_of(low, tick);
  bar.close = price_of(close, tick);
  bar.volume = traded ? draw_volume(asset) : 0.0;
  bar.turnover = typical_turnover(bar);
}

double MarketGenerator::draw_volume(Asset& asset) {
  const double activity = std::abs(asset.last_return) / (asset.sigma * kMeanAbsNormal);
  const double wanted = asset.volume_per_minute * traits(asset.regime.regime).volume *
                        (0.35 + 0.65 * activity) * std::exp(0.7 * asset.random.normal() - 0.245);
  const double lots =
      std::max(1.0, std::floor(std::min(wanted, 9e9) / asset.unit * asset.lots_per_unit));
  // Whole numbers up to here: the quotient is the double nearest to the decimal a venue prints.
  return lots * asset.unit / asset.lots_per_unit;
}

std::optional<std::int64_t> MarketGenerator::funding_rate(Asset& asset, Timestamp at) const {
  if (asset.funding_interval <= Duration{0} ||
      at.time_since_epoch() % asset.funding_interval != Duration{0})
    return std::nullopt;
  const double wanted =
      settings_.funding_gain * asset.trend + kFundingNoise * asset.random.normal();
  // Eight decimals, as the venue prints.
  const auto extra =
      static_cast<std::int64_t>(std::nearbyint(std::clamp(wanted, -1.0, 1.0) * 1e8)) * 10;
  return std::clamp(kFundingBase + extra, -kFundingLimit, kFundingLimit);
}

}  // namespace proteus::market
