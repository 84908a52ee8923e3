// What must hold for every feature set as a stream: no look-ahead, no drift, no surprise.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <set>

#include "strategies/features/trend.hpp"
#include "tests/unit/strategies/bars.hpp"

namespace proteus::features {
namespace {

using test::make_bar;
using test::Rows;
using test::run;
using test::Step;

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double x) { return std::isfinite(x); });
}

class EveryFeatureSet : public ::testing::TestWithParam<Kind> {
 protected:
  /// Bars enough for `rows` rows.
  [[nodiscard]] std::size_t bars_for(std::size_t rows) const {
    return set_->schema().warm_up_bars + rows;
  }
  std::unique_ptr<FeatureSet> set_ = test::make_set(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Sets, EveryFeatureSet,
                         ::testing::Values(Kind::Chapter, Kind::Practitioner, Kind::Trend,
                                           Kind::Market),
                         [](const auto& test) {
                           return std::string(
                               EnumNames<Kind>::names[static_cast<std::size_t>(test.param)]);
                         });

TEST_P(EveryFeatureSet, SeesNothingOfALaterBar) {
  std::vector<Step> steps = test::reference_steps(bars_for(250));
  const Rows before = run(*set_, steps);
  const auto last = static_cast<std::int64_t>(steps.size()) - 1;
  steps.back().bar = make_bar(last, 1'500'000, 1'600'000, 1'400'000, 1'550'000, 1e6);
  set_->reset();
  const Rows after = run(*set_, steps);
  for (std::size_t t = 0; t + 1 < steps.size(); ++t)
    ASSERT_TRUE(same_bits(before[t], after[t])) << t;
  EXPECT_FALSE(same_bits(before.back(), after.back()));
}

TEST_P(EveryFeatureSet, GivesAPrefixTheRowsOfTheWhole) {
  const std::vector<Step> steps = test::reference_steps(bars_for(450));
  const Rows whole = run(*set_, steps);
  for (const std::size_t rows : {0U, 1U, 180U, 223U, 434U}) {
    const std::size_t length = bars_for(rows);
    const auto set = test::make_set(GetParam());
    const Rows prefix = run(*set, std::span(steps).first(length));
    for (std::size_t t = 0; t < length; ++t)
      ASSERT_TRUE(same_bits(prefix[t], whole[t])) << length << " bars, row " << t;
  }
}

TEST_P(EveryFeatureSet, IsAsNewAfterAReset) {
  const std::vector<Step> steps = test::reference_steps(bars_for(150));
  const Rows fresh = run(*set_, steps);
  set_->reset();
  EXPECT_FALSE(set_->ready());
  const Rows again = run(*set_, steps);
  for (std::size_t t = 0; t < steps.size(); ++t) ASSERT_TRUE(same_bits(fresh[t], again[t])) << t;
}

TEST_P(EveryFeatureSet, IsReadyAfterItsWarmUpAndAllZeroBefore) {
  const std::vector<Step> steps = test::reference_steps(bars_for(50));
  for (std::size_t t = 0; t < steps.size(); ++t) {
    set_->update(steps[t].bar, steps[t].funding);
    ASSERT_EQ(set_->ready(), t + 1 >= set_->schema().warm_up_bars) << t;
    const bool zero = std::ranges::all_of(set_->values(), [](double x) { return x == 0.0; });
    ASSERT_EQ(zero, !set_->ready()) << t;
  }
}

TEST_P(EveryFeatureSet, IsFiniteOnConstantPrices) {
  for (std::int64_t t = 0; t < 2000; ++t) {
    set_->update(make_bar(t, 100, 100, 100, 100, t < 500 ? 0.0 : 7.0), {});
    ASSERT_TRUE(all_finite(set_->values())) << t;
  }
}

TEST_P(EveryFeatureSet, IsFiniteOnHostileBars) {
  test::Lcg lcg(7);
  const double volumes[] = {0.0,
                            1e-300,
                            1e300,
                            std::numeric_limits<double>::quiet_NaN(),
                            std::numeric_limits<double>::infinity(),
                            -1.0,
                            1e-9,
                            123.456};
  for (std::int64_t t = 0; t < 20'000; ++t) {
    Bar bar = make_bar(t, 1, 1, 1, 1, volumes[lcg.below(8)]);
    const std::int64_t magnitude = std::int64_t{1} << lcg.below(63);
    const std::int64_t raw = lcg.below(3) == 0 ? INT64_MAX : magnitude + lcg.below(magnitude);
    bar.close = bar.open = bar.high = Price::from_raw(raw);
    bar.low = Price::from_raw(1 + lcg.below(raw));
    const FundingView funding{.known = lcg.below(2) == 0, .rate_e9 = INT64_MAX / 2};
    set_->update(bar, funding);
    ASSERT_TRUE(all_finite(set_->values())) << t;
  }
}

TEST_P(EveryFeatureSet, DoesNotDriftInTenMillionBars) {
  constexpr std::int64_t kBars = 10'000'000;
  constexpr std::int64_t kTail = 9'000;  // the slowest mean, EWMA_480, has forgotten all before
  test::Lcg lcg(3);
  const auto fresh = test::make_set(GetParam());
  std::int64_t close = 5'000'000;
  for (std::int64_t t = 0; t < kBars; ++t) {
    const std::int64_t open = close;
    close = std::clamp<std::int64_t>(close + lcg.below(2001) - 1000, 10'000, 20'000'000);
    // Volumes of very different size are what spoils a rolling sum of doubles.
    const double volume =
        lcg.below(100) == 0 ? 1e12 / 3.0 : 1e-3 * static_cast<double>(lcg.below(999));
    const Bar bar =
        make_bar(t, open, std::max(open, close) + 7, std::min(open, close) - 7, close, volume);
    set_->update(bar, {});
    if (t >= kBars - kTail) fresh->update(bar, {});
  }
  ASSERT_TRUE(fresh->ready());
  double worst = 0.0;
  for (std::size_t i = 0; i < fresh->values().size(); ++i)
    worst = std::max(worst, std::abs(set_->values()[i] - fresh->values()[i]));
  std::printf("after %lld bars: largest difference to a fresh computation %.3g\n",
              static_cast<long long>(kBars), worst);
  EXPECT_LE(worst, 1e-12);
}

TEST_P(EveryFeatureSet, HasASchemaWithDistinctNamesAndAHashOfItsText) {
  const Schema& schema = set_->schema();
  std::set<std::string> names;
  for (const FeatureSpec& feature : schema.features) names.insert(feature.name);
  EXPECT_EQ(names.size(), set_->values().size());
  Schema other = schema;
  other.features[3].definition += " ";
  EXPECT_NE(other.hash(), schema.hash());
  other = schema;
  std::swap(other.features[0], other.features[1]);
  EXPECT_NE(other.hash(), schema.hash());
  EXPECT_EQ(test::make_set(GetParam())->schema().hash(), schema.hash());
}

TEST(Schema, HashesWithFnv1a) {  // Known answers of the FNV authors' test vectors.
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8ULL);
}

TEST(ChapterFeatures, DependOnTheirWindowsAloneWhereTheyHaveOne) {
  const std::vector<Step> steps = test::reference_steps(500);
  const auto whole = test::make_set(Kind::Chapter);
  const auto late = test::make_set(Kind::Chapter);
  run(*whole, steps);
  run(*late, std::span(steps).subspan(400));
  const std::size_t exponential[] = {4, 8};  // ema_20, macd_12_26
  for (std::size_t i = 0; i < 11; ++i) {
    const double difference = std::abs(whole->values()[i] - late->values()[i]);
    if (std::ranges::find(exponential, i) != std::end(exponential))
      EXPECT_LE(difference, 1e-4) << i;
    else
      EXPECT_EQ(difference, 0.0) << i;
  }
}

TEST(ChapterFeatures, ComparesThisCloseWithABandThatDoesNotContainIt) {
  // Twenty closes alternate between 99 and 101 (mean 100, deviation 1); then comes 104.
  const auto set = test::make_set(Kind::Chapter);
  std::int64_t t = 0;
  for (; t < 90; ++t) set->update(make_bar(t, 100, 101, 99, t % 2 == 0 ? 99 : 101, 1.0), {});
  set->update(make_bar(t, 101, 104, 101, 104, 1.0), {});
  EXPECT_DOUBLE_EQ(set->values()[9], 2.0);
}

TEST(ChapterFeatures, KeepTinyPricesApart) {
  // A coin at 0.00000001: the smallest steps a price can make are seen exactly.
  const auto set = test::make_set(Kind::Chapter);
  for (std::int64_t t = 0; t < 100; ++t) {
    Bar bar = make_bar(t, 1, 1, 1, 1, 1.0);
    bar.close = Price::from_raw(t % 2 == 0 ? 10 : 11);
    set->update(bar, {});
  }
  EXPECT_DOUBLE_EQ(set->values()[0], 0.1);
  EXPECT_DOUBLE_EQ(set->values()[9], 0.5);  // (11 - 10.5) / (2 * 0.5)
  EXPECT_NEAR(set->values()[5], std::log(1.1), 1e-15);
}

TEST(PractitionerFeatures, MoveTheHigherTrendOnlyWhenAHigherBarCloses) {
  const auto set = test::make_set(Kind::Practitioner);
  double last = 0.0;
  int moves = 0;
  for (const Step& step : test::reference_steps(620)) {
    set->update(step.bar, step.funding);
    if (!set->ready()) continue;
    const double trend = set->values()[14];
    const bool quarter_closed = to_unix_ms(step.bar.close_time) % std::int64_t{15 * 60'000} == 0;
    if (last != 0.0 && !quarter_closed) {
      ASSERT_EQ(trend, last) << format_time(step.bar.close_time);
    }
    moves += trend != last ? 1 : 0;
    last = trend;
  }
  EXPECT_GE(moves, 20);
}

TEST(PractitionerFeatures, ScaleFundingToEightHours) {
  Instrument hourly = test::linear_instrument();
  hourly.funding_interval = std::chrono::hours{1};
  const auto set = std::move(make_feature_set(Kind::Practitioner, hourly, Interval::M1)).value();
  for (const Step& step : test::reference_steps(300))
    set->update(step.bar, {.known = true, .rate_e9 = 12'500});  // 0.125 bp an hour
  EXPECT_DOUBLE_EQ(set->values()[8], 1.0);
  EXPECT_EQ(set->values()[9], 1.0);
}

TEST(TrendFeatures, TurnWithThePricesWhereTheySayThatTheyDo) {
  // Every price becomes a constant over itself: every log return changes its sign.
  const std::vector<Step> steps = test::reference_steps(TrendFeatures::kWarmUpBars + 40);
  const auto up = test::make_set(Kind::Trend);
  const auto down = test::make_set(Kind::Trend);
  for (Step step : steps) {
    up->update(step.bar, {});
    step.bar.close = Price::from_raw(
        static_cast<std::int64_t>(1e26 / static_cast<double>(step.bar.close.raw())));
    down->update(step.bar, {});
  }
  for (std::size_t i = 0; i < TrendFeatures::kCount - 1; ++i) {
    const FeatureSpec& feature = up->schema().features[i];
    const double sign = feature.odd ? -1.0 : 1.0;
    // The mean of prices is not the mean of their inverses, so that trends turn nearly, not wholly.
    EXPECT_NEAR(down->values()[i], sign * up->values()[i], 0.01) << feature.name;
  }
}

TEST(PractitionerFeatures, RefuseAnIntervalWithNothingAboveIt) {
  for (const Interval interval : {Interval::W1, Interval::Month}) {
    const auto set = make_feature_set(Kind::Practitioner, test::linear_instrument(), interval);
    ASSERT_FALSE(set.has_value());
    EXPECT_EQ(set.error().code, ErrorCode::Unsupported);
    EXPECT_NE(set.error().context.find(to_string(interval)), std::string::npos);
  }
}

TEST(PractitionerFeatures, NameTheirHigherIntervalInTheHash) {
  std::set<std::uint64_t> hashes;
  for (const Interval interval : {Interval::M1, Interval::M5, Interval::M15, Interval::H1})
    hashes.insert(make_feature_set(Kind::Practitioner, test::linear_instrument(), interval)
                      .value()
                      ->schema()
                      .hash());
  EXPECT_EQ(hashes.size(), 4U);
}

}  // namespace
}  // namespace proteus::features
