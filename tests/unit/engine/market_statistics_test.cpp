// The simulated market has the properties it claims, measured over fixed seeds. Bounds are about
// five standard errors where theory gives one.
#include <algorithm>
#include <array>
#include <map>

#include "engine/market/simple_regimes.hpp"
#include "tests/unit/engine/market_support.hpp"

namespace proteus::market {
namespace {

const std::vector<std::string> kOne = {"linear:BTCUSDT"};
const std::vector<std::string> kTwo = {"linear:BTCUSDT", "linear:SOLUSDT"};
/// Standard deviation of BTCUSDT's ordinary minute: 50 % a year over 525 600 minutes.
const double kSigma = 0.5 / std::sqrt(525'600.0);

TEST(MarketStatistics, LivesInEveryRegimeAboutAsLongAsTheChainSays) {
  Settings settings;
  settings.instruments = kOne;
  settings.regime_pace = 60.0;
  settings.own_regime_share = 0.0;
  auto market = make(settings, 21);
  std::array<int, kRegimes> minutes{};
  constexpr int kMinutes = 400'000;
  for (int m = 0; m < kMinutes; ++m) ++minutes[static_cast<std::size_t>(market.next().market)];
  const std::array<double, kRegimes> expected = stationary();
  double total = 0.0;
  for (std::size_t k = 0; k < kRegimes; ++k) {
    const double share = static_cast<double>(minutes[k]) / kMinutes;
    std::printf("%-22s share %.4f, expected %.4f\n", to_string(static_cast<Regime>(k)).data(),
                share, expected[k]);
    EXPECT_GT(minutes[k], 0);
    EXPECT_NEAR(share, expected[k], 0.15 * expected[k] + 0.005);
    total += expected[k];
  }
  EXPECT_NEAR(total, 1.0, 1e-12);
}

TEST(MarketStatistics, KeepsARegimeForItsExpectedTime) {
  Settings settings;
  settings.instruments = kOne;
  settings.regime_pace = 20.0;
  auto market = make(settings, 22);
  std::array<std::vector<double>, kRegimes> lengths;
  Regime now = market.next().market;
  int length = 1;
  for (int m = 0; m < 400'000; ++m) {
    const Regime next = market.next().market;
    if (next != now) {
      lengths[static_cast<std::size_t>(now)].push_back(length);
      length = 0;
    }
    now = next;
    ++length;
  }
  for (std::size_t k = 0; k < kRegimes; ++k) {
    const auto regime = static_cast<Regime>(k);
    const double expected = static_cast<double>(traits(regime).duration.count()) / 20.0;
    ASSERT_GT(lengths[k].size(), 100u) << to_string(regime);
    EXPECT_NEAR(mean(lengths[k]), expected,
                5.0 * expected / std::sqrt(static_cast<double>(lengths[k].size())))
        << to_string(regime);
  }
}

TEST(MarketStatistics, DriftsAsEachRegimeStates) {
  for (std::size_t k = 0; k < kRegimes; ++k) {
    const auto regime = static_cast<Regime>(k);
    Settings settings = pinned(std::string(to_string(regime)), kOne);
    settings.home_half_life = std::chrono::seconds{1'000'000'000};
    // Many short markets: in one long market the price of an endless trend leaves every range.
    std::vector<double> r;
    for (std::uint64_t seed = 0; seed < 16; ++seed) {
      auto market = make(settings, 3'100 + seed);
      const std::vector<double> some = returns(market, 12'000)[0];
      r.insert(r.end(), some.begin(), some.end());
    }
    // Drift is stated in standard deviations of an ordinary day, a day.
    const double expected = traits(regime).drift * kSigma / std::sqrt(1'440.0);
    const double error = deviation(r) / std::sqrt(static_cast<double>(r.size()));
    std::printf("%-22s mean %+.3e a minute, stated %+.3e, t %+.1f\n", to_string(regime).data(),
                mean(r), expected, mean(r) / error);
    EXPECT_NEAR(mean(r), expected, 4.0 * error) << to_string(regime);
    const double sign = traits(regime).drift > 0.0 ? 1.0 : -1.0;
    EXPECT_TRUE(expected == 0.0 || sign * mean(r) > 3.0 * error) << to_string(regime);
  }
}

TEST(MarketStatistics, OrdersVolatilityFromLowRangeToCrisis) {
  std::map<Regime, double> sigma;
  for (const Regime regime : {Regime::LowVolatilityRange, Regime::BullTrend,
                              Regime::HighVolatilityRange, Regime::Crisis}) {
    auto market = make(pinned(std::string(to_string(regime)), kOne), 41);
    sigma[regime] = deviation(returns(market, 60'000)[0]) / kSigma;
    std::printf("%-22s %.2f ordinary minutes\n", to_string(regime).data(), sigma[regime]);
  }
  EXPECT_LT(sigma[Regime::LowVolatilityRange], 0.75 * sigma[Regime::BullTrend]);
  EXPECT_LT(sigma[Regime::BullTrend], 0.75 * sigma[Regime::HighVolatilityRange]);
  EXPECT_LT(sigma[Regime::HighVolatilityRange], 0.75 * sigma[Regime::Crisis]);
}

TEST(MarketStatistics, HasTheVolatilityOfItsInstrumentWithoutJumps) {
  Settings settings = pinned("bull_trend", kTwo);
  settings.jumps_scale = 0.0;
  settings.zero_trade_probability = 0.0;
  auto market = make(settings, 42);
  const auto r = returns(market, 200'000);
  EXPECT_NEAR(deviation(r[0]) / kSigma, 1.0, 0.04);
  EXPECT_NEAR(deviation(r[1]) / kSigma, 0.85 / 0.50, 0.06);
}

TEST(MarketStatistics, ClustersVolatilityButNotReturns) {
  Settings settings = pinned("bull_trend", kOne);
  settings.jumps_scale = 0.0;
  auto market = make(settings, 51);
  const std::vector<double> r = returns(market, 200'000)[0];
  const std::vector<double> size = absolute(r);
  for (const std::size_t lag : {1u, 10u, 60u}) {
    std::printf("lag %2zu: |r| %.4f, r %+.4f\n", lag, autocorrelation(size, lag),
                autocorrelation(r, lag));
    EXPECT_GT(autocorrelation(size, lag), 0.02) << lag;
    EXPECT_NEAR(autocorrelation(r, lag), 0.0, 0.016) << lag;
  }
  EXPECT_GT(autocorrelation(size, 1), 2.0 * autocorrelation(size, 120));

  settings.garch_alpha = 0.0;
  auto even = make(settings, 51);
  EXPECT_NEAR(autocorrelation(absolute(returns(even, 200'000)[0]), 1), 0.0, 0.012);
}

TEST(MarketStatistics, HasFatTailsFromClusteringAndFatterOnesFromJumps) {
  Settings settings = pinned("bull_trend", kOne);
  auto with_jumps = make(settings, 52);
  const double jumpy = kurtosis(returns(with_jumps, 200'000)[0]);
  settings.jumps_scale = 0.0;
  auto clustered = make(settings, 52);
  const double smooth = kurtosis(returns(clustered, 200'000)[0]);
  settings.garch_alpha = 0.0;
  auto even = make(settings, 52);
  const double normal = kurtosis(returns(even, 200'000)[0]);
  std::printf("kurtosis: jumps %.2f, clusters %.2f, neither %.3f\n", jumpy, smooth, normal);
  EXPECT_NEAR(normal, 3.0, 0.06);
  EXPECT_GT(smooth, 3.2);
  EXPECT_GT(jumpy, 1.5 * smooth);
}

TEST(MarketStatistics, CorrelatesInstrumentsAsSet) {
  Settings settings = pinned("bull_trend", kTwo);
  settings.jumps_scale = 0.0;
  for (const double rho : {0.0, 0.3, 0.6, 0.9}) {
    settings.correlation = rho;
    auto market = make(settings, 61);
    const auto r = returns(market, 60'000);
    std::printf("set %.2f, measured %.3f\n", rho, correlation(r[0], r[1]));
    EXPECT_NEAR(correlation(r[0], r[1]), rho, 0.035);
  }
  settings.regime = "crisis";
  settings.drift_scale = 0.0;  // else forty days of crisis leave prices of a few ticks
  auto crisis = make(settings, 61);
  const auto r = returns(crisis, 60'000);
  EXPECT_NEAR(correlation(r[0], r[1]), settings.correlation_crisis, 0.02);
}

TEST(MarketStatistics, JumpsAsOftenAndAsFarAsStated) {
  // Quiet diffusion with an even variance: beyond seven of its deviations only jumps are seen.
  Settings settings = pinned("low_volatility_range", kOne);
  settings.garch_alpha = 0.0;
  settings.jumps_scale = 100.0;  // 30 a day
  constexpr int kMinutes = 100'000;
  auto market = make(settings, 71);
  const double threshold = 7.0 * 0.5 * kSigma;
  int beyond = 0;
  const auto with_jumps = returns(market, kMinutes);
  for (const double r : with_jumps[0]) beyond += std::abs(r) > threshold ? 1 : 0;
  // A jump passes it with probability exp(-threshold / mean jump).
  const double expected = 30.0 * kMinutes / 1'440.0 * std::exp(-7.0 * 0.5 / 6.0);
  std::printf("beyond 7 sigma: %d, expected %.0f\n", beyond, expected);
  EXPECT_NEAR(beyond, expected, 5.0 * std::sqrt(expected) + 0.02 * expected);

  settings.jumps_scale = 0.0;
  auto without = make(settings, 71);
  const auto no_jumps = returns(without, 20'000);
  for (const double r : no_jumps[0]) ASSERT_LT(std::abs(r), threshold);
}

TEST(MarketStatistics, HasNoMeanAtAllWhenDriftless) {
  Settings settings;
  settings.driftless = true;
  settings.regime_pace = 20.0;
  std::vector<double> t;
  for (const std::uint64_t seed : {81u, 82u, 83u, 84u}) {
    auto market = make(settings, seed);
    const auto r = returns(market, 30'000);
    // By instrument, and what the plainest rules would earn: follow or fade the last minute.
    for (const std::vector<double>& one : r) {
      t.push_back(t_statistic(one));
      std::vector<double> followed;
      for (std::size_t i = 1; i < one.size(); ++i)
        followed.push_back(one[i - 1] > 0.0 ? one[i] : -one[i]);
      t.push_back(t_statistic(followed));
    }
  }
  const std::vector<double> size = absolute(t);
  const double largest = *std::ranges::max_element(size);
  std::printf("80 t statistics: mean %+.2f, deviation %.2f, largest %.2f\n", mean(t), deviation(t),
              largest);
  // Instruments of one market are correlated, so that the mean of 80 is worth about ten.
  EXPECT_LT(std::abs(mean(t)), 1.0);
  EXPECT_LT(largest, 4.5);
}

// Rounding to the nearest tick would freeze this price: a minute moves it by a twentieth of a tick.
TEST(MarketStatistics, StaysAMartingaleWhereTheTickIsCoarse) {
  InstrumentSpec spec = *known_instrument({Category::Linear, "BTCUSDT"});
  spec.description.tick_size = Price::from_raw(kFixedScale);
  spec.start_price = 200.0;
  spec.volatility_yearly = 0.05 / 200.0 * std::sqrt(525'600.0);
  Settings settings = pinned("bull_trend", {});
  settings.driftless = true;
  settings.jumps_scale = 0.0;
  settings.garch_alpha = 0.0;
  std::vector<double> change;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto market = MarketGenerator::create(settings, {spec}, 8'600 + seed, kStart).value();
    for (int m = 0; m < 2'000; ++m) {
      const Bar& bar = market.next().bars[0];
      change.push_back(bar.close.to_double() - bar.open.to_double());
    }
  }
  // A move of 0.05 z ticks is rounded away with probability 0.05 |z|: 0.04 ticks^2 a minute.
  std::printf("coarse tick: mean %+.5f, variance %.4f\n", mean(change),
              deviation(change) * deviation(change));
  EXPECT_LT(std::abs(t_statistic(change)), 4.0);
  EXPECT_NEAR(deviation(change) * deviation(change), 0.05 * std::sqrt(2.0 / 3.14159265), 0.004);
}

TEST(MarketStatistics, LosesTheDriftOfATrendWhenDriftless) {
  for (const char* regime : {"bull_trend", "breakout", "crisis"}) {
    Settings settings = pinned(regime, kOne);
    settings.driftless = true;
    auto market = make(settings, 85);
    EXPECT_LT(std::abs(t_statistic(returns(market, 150'000)[0])), 4.0) << regime;
  }
}

TEST(MarketStatistics, TradesMoreWhenPricesMoveMore) {
  auto market = make(pinned("bull_trend", kOne), 91);
  std::vector<double> size;
  std::vector<double> volume;
  for (int m = 0; m < 50'000; ++m) {
    const Minute minute = market.next();
    size.push_back(std::abs(simple_return(minute.bars[0])));
    volume.push_back(minute.bars[0].volume);
  }
  std::printf("correlation of |r| and volume %.2f, mean volume %.1f\n", correlation(size, volume),
              mean(volume));
  EXPECT_GT(correlation(size, volume), 0.4);
  EXPECT_NEAR(mean(volume), 55.0, 8.0);
}

TEST(MarketStatistics, RaisesFundingAfterARiseAndLowersItAfterAFall) {
  std::vector<double> change;
  std::vector<double> rate;
  Settings settings;
  settings.instruments = kOne;
  auto market = make(settings, 92);
  double log_return = 0.0;
  for (int m = 0; m < 300'000; ++m) {
    const Minute minute = market.next();
    log_return += std::log1p(simple_return(minute.bars[0]));
    if (!minute.funding_rates_e9[0]) continue;
    rate.push_back(static_cast<double>(*minute.funding_rates_e9[0]) / 1e9);
    change.push_back(log_return);
    log_return = 0.0;
  }
  std::printf("funding: mean %.6f, deviation %.6f, correlation with the 8 h return %.2f\n",
              mean(rate), deviation(rate), correlation(change, rate));
  EXPECT_GT(correlation(change, rate), 0.6);
  EXPECT_NEAR(mean(rate), 0.0001, 0.00005);
  EXPECT_GT(deviation(rate), 0.00003);
}

TEST(MarketStatistics, KeepsSpotWithinAFewBasisPointsOfItsTwin) {
  Settings settings;
  settings.instruments = {"spot:BTCUSDT", "linear:BTCUSDT"};
  settings.zero_trade_probability = 0.0;
  auto market = make(settings, 93);
  std::vector<double> basis;
  for (int m = 0; m < 50'000; ++m) {
    const Minute minute = market.next();
    basis.push_back(std::log(minute.bars[0].close.to_double() / minute.bars[1].close.to_double()));
    ASSERT_EQ(minute.regimes[0], minute.regimes[1]);
  }
  // Stationary deviation of x' = (1 - k) x + s z: s / sqrt(2 k - k^2), k = 0.05, s = 0.5 bp.
  const double expected = 0.5e-4 / std::sqrt(0.1 - 0.0025);
  std::printf("basis: mean %+.2f bp, deviation %.2f bp\n", mean(basis) * 1e4,
              deviation(basis) * 1e4);
  EXPECT_NEAR(mean(basis), 0.0, 0.2e-4);
  EXPECT_NEAR(deviation(basis), expected, 0.15 * expected);
}

TEST(MarketStatistics, ReturnsToTheCentreOfARangeAndWandersInATrend) {
  // Of a discrete pull k a minute: the variance stands at sigma^2 / (2 k - k^2); a walk's grows.
  Settings settings = pinned("high_volatility_range", kOne);
  settings.jumps_scale = 0.0;
  settings.garch_alpha = 0.0;
  auto market = make(settings, 94);
  const double start = std::log(105'000.0);
  std::vector<double> distance;
  for (int m = 0; m < 200'000; ++m)
    distance.push_back(std::log(market.next().bars[0].close.to_double()) - start);
  const double k = std::log(2.0) / 120.0;
  const double expected = 1.8 * kSigma / std::sqrt(2.0 * k - k * k);
  std::printf("range: deviation %.5f, expected %.5f\n", deviation(distance), expected);
  EXPECT_NEAR(deviation(distance), expected, 0.12 * expected);
}

TEST(MarketStatistics, ReachesAsFarInsideABarAsABrownianPath) {
  // E[log(high / low)] of a driftless Brownian minute is sigma sqrt(8 / pi) (Parkinson 1980); the
  // two extremes are drawn apart here, which keeps each one's mean.
  Settings settings = pinned("bull_trend", kOne);
  settings.jumps_scale = 0.0;
  settings.garch_alpha = 0.0;
  settings.zero_trade_probability = 0.0;
  auto market = make(settings, 95);
  std::vector<double> range;
  for (int m = 0; m < 50'000; ++m) {
    const Bar& bar = market.next().bars[0];
    range.push_back(std::log(bar.high.to_double() / bar.low.to_double()));
  }
  EXPECT_NEAR(mean(range) / kSigma, std::sqrt(8.0 / 3.14159265358979), 0.02);
}

TEST(SimpleRegimes, HaveTheDriftAndVolatilityTheyState) {
  constexpr std::size_t kBars = 200'000;
  for (const SimpleRegime regime :
       {SimpleRegime::Bull, SimpleRegime::Bear, SimpleRegime::HighVolatility}) {
    Random random(101, to_string(regime));
    std::vector<double> r;
    // Trials of 200 bars: a price that grows for ever would leave the range of a double.
    for (std::size_t trial = 0; trial < kBars / 200; ++trial) {
      double last = 100.0;
      for (const double close : simple_closes(regime, 200, 100.0, random)) {
        r.push_back(close / last - 1.0);
        last = close;
      }
    }
    const SimpleTraits& t = traits(regime);
    EXPECT_NEAR(mean(r), t.drift, 5.0 * t.volatility / std::sqrt(static_cast<double>(kBars)))
        << to_string(regime);
    EXPECT_NEAR(deviation(r), t.volatility, 0.01 * t.volatility) << to_string(regime);
  }
}

TEST(SimpleRegimes, GoSidewaysAroundTheStart) {
  Random random(102);
  std::vector<double> distance;
  for (const double close : simple_closes(SimpleRegime::Sideways, 200'000, 50.0, random))
    distance.push_back(std::log(close / 50.0));
  const double expected = 0.005 / std::sqrt(2.0 * 0.05 - 0.05 * 0.05);
  EXPECT_NEAR(mean(distance), 0.0, 0.001);
  EXPECT_NEAR(deviation(distance), expected, 0.03 * expected);
}

TEST(SimpleRegimes, GiveTheSameClosesForTheSameSeed) {
  for (const SimpleRegime regime : kSimpleRegimes) {
    Random a(103);
    Random b(103);
    EXPECT_EQ(simple_closes(regime, 100, 1.0, a), simple_closes(regime, 100, 1.0, b));
  }
}

}  // namespace
}  // namespace proteus::market
