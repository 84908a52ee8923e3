#include "connectors/sim/synthetic_source.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace proteus::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Timestamp kGeneratorStart = parse_time("2025-06-01").value();

SyntheticSource make(std::uint64_t seed = 17, Duration horizon = hours{24 * 30}) {
  return SyntheticSource::create({}, seed, kGeneratorStart, horizon).value();
}

void expect_same(const Bar& a, const Bar& b) {
  const auto all = [](const Bar& x) {
    return std::tuple{x.instrument, x.interval, x.open_time, x.close_time, x.open,
                      x.high,       x.low,      x.close,     x.volume,     x.turnover};
  };
  EXPECT_TRUE(all(a) == all(b)) << format_time(a.open_time) << " " << format_time(b.open_time);
}

TEST(SyntheticSource, GivesTheBarsOfTheGeneratorToTheLastField) {
  auto source = make();
  auto generator = market::MarketGenerator::create({}, 17, kGeneratorStart).value();
  for (int m = 0; m < 1'500; ++m) {
    const market::Minute minute = generator.next();
    for (const Bar& bar : minute.bars) {
      const std::optional<Bar> kept = source.bar(bar.instrument, minute.open_time);
      ASSERT_TRUE(kept.has_value());
      expect_same(*kept, bar);
    }
    ASSERT_EQ(source.regime(InstrumentId{1}, minute.open_time + std::chrono::seconds{59}),
              market::to_string(minute.regimes[1]));
  }
}

TEST(SyntheticSource, AnswersTheSameForwardsBackwardsAndFromTheMiddle) {
  auto forwards = make();
  auto jumping = make();
  const InstrumentId id{2};
  const Bar late = jumping.bar(id, kGeneratorStart + minutes{900}).value();
  const Bar early = jumping.bar(id, kGeneratorStart).value();
  expect_same(forwards.bar(id, kGeneratorStart).value(), early);
  for (int m = 1; m < 900; ++m)
    ASSERT_TRUE(forwards.bar(id, kGeneratorStart + minutes{m}).has_value());
  expect_same(forwards.bar(id, kGeneratorStart + minutes{900}).value(), late);
  expect_same(jumping.bar(id, kGeneratorStart + minutes{900}).value(), late);
}

TEST(SyntheticSource, HasNoBarBeforeTheStartAfterTheHorizonOrBetweenMinutes) {
  auto source = make(1, hours{2});
  const InstrumentId id{0};
  EXPECT_FALSE(source.bar(id, kGeneratorStart - minutes{1}).has_value());
  EXPECT_FALSE(source.bar(id, kGeneratorStart + std::chrono::seconds{30}).has_value());
  EXPECT_TRUE(source.bar(id, kGeneratorStart + minutes{119}).has_value());
  EXPECT_FALSE(source.bar(id, kGeneratorStart + minutes{120}).has_value());
  EXPECT_EQ(source.end(), kGeneratorStart + hours{2});
  EXPECT_EQ(source.regime(id, kGeneratorStart + hours{3}), "");
  EXPECT_EQ(source.minutes_made(), 120u);
}

TEST(SyntheticSource, MakesOnlyWhatIsAskedFor) {
  auto source = make();
  EXPECT_EQ(source.minutes_made(), 0u);
  EXPECT_FALSE(source.bar(InstrumentId{0}, kGeneratorStart - hours{1}).has_value());
  EXPECT_EQ(source.minutes_made(), 0u);
  EXPECT_TRUE(source.bar(InstrumentId{0}, kGeneratorStart + minutes{9}).has_value());
  EXPECT_EQ(source.minutes_made(), 10u);
}

TEST(SyntheticSource, KnowsFundingAtItsTimesAlone) {
  auto source = make();
  const InstrumentId linear{0};
  const InstrumentId spot{8};
  ASSERT_EQ(source.instruments()[8].category, Category::Spot);
  EXPECT_FALSE(
      source.funding_rate_e9(linear, kGeneratorStart).has_value());  // before the first bar
  const auto first = source.funding_rate_e9(linear, kGeneratorStart + hours{8});
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(source.funding_rate_e9(linear, kGeneratorStart + hours{16}).has_value());
  EXPECT_FALSE(source.funding_rate_e9(linear, kGeneratorStart + hours{9}).has_value());
  EXPECT_FALSE(source.funding_rate_e9(spot, kGeneratorStart + hours{8}).has_value());
  EXPECT_EQ(source.funding_rate_e9(linear, kGeneratorStart + hours{8}), first);
}

TEST(SyntheticSource, RefusesAHorizonWithoutAMinute) {
  EXPECT_EQ(SyntheticSource::create({}, 1, kGeneratorStart, Duration{0}).error().code,
            ErrorCode::OutOfRange);
  EXPECT_EQ(SyntheticSource::create({}, 1, kGeneratorStart, Duration::max()).error().code,
            ErrorCode::OutOfRange);
}

TEST(SyntheticSource, DiffersBySeed) {
  auto one = make(1);
  auto two = make(2);
  EXPECT_NE(one.bar(InstrumentId{0}, kGeneratorStart + minutes{5}).value().close,
            two.bar(InstrumentId{0}, kGeneratorStart + minutes{5}).value().close);
}

}  // namespace
}  // namespace proteus::sim
