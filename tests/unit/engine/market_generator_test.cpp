// What every bar of the simulated market has to be, and that the same seed gives the same bits.
// Statistics stand in market_statistics_test.cpp.
#include "engine/market/generator.hpp"

#include <cstring>
#include <set>

#include "tests/unit/engine/market_support.hpp"

namespace proteus::market {
namespace {

/// FNV-1a over every number of the bars, labels and funding rates.
std::uint64_t fingerprint(MarketGenerator market, int minutes) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  const auto mix = [&h](const auto& value) {
    unsigned char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    for (const unsigned char b : bytes) h = (h ^ b) * 0x100000001b3ULL;
  };
  for (int m = 0; m < minutes; ++m) {
    const Minute minute = market.next();
    for (const Bar& bar : minute.bars) {
      for (const Price p : {bar.open, bar.high, bar.low, bar.close}) mix(p.raw());
      mix(bar.volume);
      mix(bar.turnover);
    }
    for (const Regime regime : minute.regimes) mix(regime);
    for (const auto& rate : minute.funding_rates_e9) mix(rate.value_or(-1));
  }
  return h;
}

TEST(MarketGenerator, GivesTheSameBitsForTheSameSeedAndOthersForAnother) {
  const std::uint64_t once = fingerprint(make({}, 11), 2'000);
  EXPECT_EQ(fingerprint(make({}, 11), 2'000), once);
  EXPECT_NE(fingerprint(make({}, 12), 2'000), once);
}

// The number was written down once: debug, sanitizer and release builds have to agree on it.
TEST(MarketGenerator, GivesTheBitsItGaveWhenThisWasWritten) {
  EXPECT_EQ(fingerprint(make({}, 2025), 5'000), 13457751434096397455ULL);
}

TEST(MarketGenerator, LeavesAnInstrumentAloneWhenAnotherJoins) {
  auto one = make(pinned("bull_trend", {"linear:ETHUSDT"}), 5);
  auto two = make(pinned("bull_trend", {"linear:BTCUSDT", "linear:ETHUSDT"}), 5);
  for (int m = 0; m < 3'000; ++m) {
    const Bar alone = one.next().bars[0];
    const Bar joined = two.next().bars[1];
    ASSERT_EQ(alone.close, joined.close) << m;
    ASSERT_EQ(alone.volume, joined.volume) << m;
  }
}

void expect_valid(const Minute& minute, std::span<const Instrument> instruments,
                  std::vector<Price>& last_close, Timestamp open_time) {
  ASSERT_EQ(minute.open_time, open_time);
  ASSERT_EQ(minute.bars.size(), instruments.size());
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    const Bar& bar = minute.bars[i];
    ASSERT_EQ(absurdity(bar), nullptr);
    ASSERT_EQ(bar.instrument.index, i);
    ASSERT_EQ(bar.interval, Interval::M1);
    ASSERT_EQ(bar.open_time, open_time);
    ASSERT_EQ(bar.close_time, next_open(open_time, Interval::M1));
    for (const Price p : {bar.open, bar.high, bar.low, bar.close})
      ASSERT_EQ(p.raw() % instruments[i].tick_size.raw(), 0) << instruments[i].name();
    const double lot = instruments[i].lot_step.to_double();
    ASSERT_NEAR(bar.volume / lot, std::round(bar.volume / lot), 1e-15 * bar.volume / lot);
    ASSERT_LE(bar.turnover, bar.volume * bar.high.to_double() * (1.0 + 1e-12));
    ASSERT_GE(bar.turnover, bar.volume * bar.low.to_double() * (1.0 - 1e-12));
    ASSERT_TRUE(bar.volume > 0.0 || bar.high == bar.low);
    ASSERT_TRUE(last_close.empty() || bar.open == last_close[i]);
  }
  last_close.clear();
  for (const Bar& bar : minute.bars) last_close.push_back(bar.close);
}

TEST(MarketGenerator, MakesOnlyBarsThatCanBeTrue) {
  Settings quiet;
  quiet.regime_pace = 20.0;
  Settings wild = quiet;
  wild.volatility_scale = 5.0;
  wild.jumps_scale = 20.0;
  wild.garch_alpha = 0.2;
  wild.garch_beta = 0.79;
  wild.zero_trade_probability = 0.2;
  wild.home_half_life = std::chrono::hours{24};
  for (const Settings& settings : {quiet, wild})
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      SCOPED_TRACE(seed);
      auto market = make(settings, seed);
      std::vector<Price> last_close;
      Timestamp open_time = kStart;
      for (int m = 0; m < 4'000; ++m, open_time += std::chrono::minutes{1})
        ASSERT_NO_FATAL_FAILURE(
            expect_valid(market.next(), market.instruments(), last_close, open_time));
    }
}

TEST(MarketGenerator, SkipsTradingAsOftenAsAsked) {
  Settings settings = pinned("bull_trend", {"linear:BTCUSDT"});
  settings.zero_trade_probability = 0.1;
  auto market = make(settings, 3);
  int empty = 0;
  for (int m = 0; m < 20'000; ++m) empty += market.next().bars[0].volume == 0.0 ? 1 : 0;
  EXPECT_NEAR(empty, 2'000, 5 * std::sqrt(1'800));  // five standard deviations
}

TEST(MarketGenerator, HasAtLeastEightLinearInstrumentsAndTwoSpotByDefault) {
  const auto market = make({}, 1);
  int linear = 0;
  for (std::size_t i = 0; i < market.instruments().size(); ++i) {
    linear += market.instruments()[i].category == Category::Linear ? 1 : 0;
    EXPECT_EQ(market.instruments()[i].id.index, i);
  }
  EXPECT_EQ(linear, 8);
  EXPECT_EQ(market.instruments().size(), 10u);
  EXPECT_EQ(market.instruments()[0].name(), "linear:BTCUSDT");
}

TEST(MarketGenerator, StaysInTheRegimeItIsPinnedTo) {
  for (std::size_t k = 0; k < kRegimes; ++k) {
    const auto regime = static_cast<Regime>(k);
    auto market = make(pinned(std::string(to_string(regime)), {"linear:BTCUSDT"}), 1);
    for (int m = 0; m < 500; ++m) {
      const Minute minute = market.next();
      ASSERT_EQ(minute.market, regime);
      ASSERT_EQ(minute.regimes[0], regime);
    }
  }
}

TEST(MarketGenerator, BringsEveryInstrumentIntoACrisisOfTheMarket) {
  Settings settings;
  settings.regime_pace = 30.0;
  settings.own_regime_share = 0.5;
  auto market = make(settings, 4);
  int crisis = 0;
  int apart = 0;
  for (int m = 0; m < 20'000; ++m) {
    const Minute minute = market.next();
    for (const Regime regime : minute.regimes) {
      ASSERT_TRUE(minute.market != Regime::Crisis || regime == Regime::Crisis) << m;
      apart += regime != minute.market ? 1 : 0;
    }
    crisis += minute.market == Regime::Crisis ? 1 : 0;
  }
  EXPECT_GT(crisis, 100);
  EXPECT_GT(apart, 20'000);
}

TEST(MarketGenerator, ChargesFundingAtEightHoursOnLinearInstrumentsAlone) {
  auto market = make({}, 6);
  for (int m = 1; m <= 3 * 1'440; ++m) {
    const Minute minute = market.next();
    for (std::size_t i = 0; i < minute.bars.size(); ++i) {
      const bool due = m % 480 == 0 && market.instruments()[i].category == Category::Linear;
      ASSERT_EQ(minute.funding_rates_e9[i].has_value(), due) << m << " " << i;
      if (due) {
        ASSERT_LE(std::abs(*minute.funding_rates_e9[i]), 7'500'000);
        ASSERT_EQ(*minute.funding_rates_e9[i] % 10, 0);  // eight decimals
      }
    }
  }
}

TEST(MarketGenerator, RefusesSettingsThatCannotHold) {
  const auto code = [](const Settings& settings, Timestamp start = kStart) {
    auto made = MarketGenerator::create(settings, 1, start);
    return made ? std::nullopt : std::optional(made.error().code);
  };
  Settings settings;
  settings.instruments = {"linear:NOSUCHUSDT"};
  EXPECT_EQ(code(settings), ErrorCode::NotFound);
  settings.instruments = {"BTCUSDT"};
  EXPECT_EQ(code(settings), ErrorCode::Malformed);
  settings.instruments = {"linear:BTCUSDT", "linear:BTCUSDT"};
  EXPECT_EQ(code(settings), ErrorCode::Malformed);
  settings = {};
  settings.regime = "sunny";
  EXPECT_EQ(code(settings), ErrorCode::NotFound);
  settings = {};
  settings.garch_alpha = 0.1;
  settings.garch_beta = 0.9;
  EXPECT_EQ(code(settings), ErrorCode::OutOfRange);
  EXPECT_EQ(code({}, kStart + std::chrono::seconds{1}), ErrorCode::OutOfRange);
  EXPECT_EQ(code({}), std::nullopt);
}

TEST(MarketRegime, LeavesEveryRegimeAndNeverForItself) {
  for (std::size_t from = 0; from < kRegimes; ++from) {
    double sum = 0.0;
    for (std::size_t to = 0; to < kRegimes; ++to)
      sum += transition(static_cast<Regime>(from), static_cast<Regime>(to));
    EXPECT_NEAR(sum, 1.0, 1e-12) << from;
    EXPECT_EQ(transition(static_cast<Regime>(from), static_cast<Regime>(from)), 0.0);
  }
}

TEST(MarketRegime, HasANameForEachThatReadsBack) {
  std::set<std::string_view> names;
  for (std::size_t k = 0; k < kRegimes; ++k) {
    const auto regime = static_cast<Regime>(k);
    names.insert(to_string(regime));
    EXPECT_EQ(parse_regime(to_string(regime)), regime);
  }
  EXPECT_EQ(names.size(), kRegimes);
  EXPECT_EQ(parse_regime("sunny"), std::nullopt);
}

TEST(MarketRegime, TurnsAgainstTheTrendInAReversal) {
  Random random(9);
  int seen = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double trend = i % 2 == 0 ? 0.01 : -0.01;
    const RegimeState next = step({Regime::BullTrend, 1}, 10.0, trend, random);
    if (next.regime != Regime::Reversal) continue;
    ++seen;
    ASSERT_EQ(next.direction, trend > 0.0 ? -1 : 1);
  }
  EXPECT_GT(seen, 100);
}

}  // namespace
}  // namespace proteus::market
