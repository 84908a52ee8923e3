#include "models/training/series.hpp"

#include <gmock/gmock.h>

#include "strategies/features/market_board.hpp"
#include "strategies/features/settled_funding.hpp"
#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

SeriesSource source_of(std::vector<Bar> bars, features::Kind kind = features::Kind::Chapter) {
  return {.name = "BTC.csv",
          .instrument = plain_instrument(),
          .interval = Interval::H1,
          .bars = std::move(bars),
          .features = kind};
}
std::vector<Bar> walk(std::size_t count, std::uint64_t seed = 5) {
  market::Random random{seed};
  return random_bars(count, Interval::H1, 100.0, 0.01, "0.01"_px, random);
}
std::string refusal(SeriesSource source) {
  const auto made = Series::create(std::move(source));
  return made ? std::string() : made.error().context;
}

TEST(Series, OfNoBarsIsRefusedByName) {
  EXPECT_THAT(refusal(source_of({})), AllOf(HasSubstr("BTC.csv"), HasSubstr("no bars")));
}

TEST(Series, TooShortForTheFeaturesIsRefusedWithItsRange) {
  EXPECT_THAT(refusal(source_of(walk(78))),
              AllOf(HasSubstr("BTC.csv"), HasSubstr("78 1h bars from 2025-01-01T00:00"),
                    HasSubstr("to 2025-01-04T06:00"), HasSubstr("too few")));
  EXPECT_EQ(refusal(source_of(walk(79))), "");
}

TEST(Series, WithAHoleNamesTheFirstRangeThatIsMissingAndHowManyThereAre) {
  std::vector<Bar> bars = walk(200);
  bars.erase(bars.begin() + 150);
  bars.erase(bars.begin() + 100, bars.begin() + 103);
  EXPECT_THAT(refusal(source_of(bars)),
              AllOf(HasSubstr("BTC.csv: 2 holes"), HasSubstr("from 2025-01-05T04:00:00.000Z"),
                    HasSubstr("to 2025-01-05T07:00:00.000Z")));
}

TEST(Series, WithARepeatedBarIsRefused) {
  std::vector<Bar> bars = walk(100);
  bars[50] = bars[49];
  EXPECT_THAT(refusal(source_of(bars)), HasSubstr("drop repeats"));
}

TEST(Series, WithABarThatCannotBeTrueNamesItsTime) {
  std::vector<Bar> bars = walk(100);
  bars[10].low = bars[10].high + "1"_px;
  EXPECT_THAT(refusal(source_of(bars)), HasSubstr("2025-01-01T10:00"));
}

TEST(Series, OfAnotherIntervalIsRefused) {
  SeriesSource source = source_of(walk(100));
  source.interval = Interval::H4;
  EXPECT_THAT(refusal(std::move(source)), HasSubstr("does not span one interval"));
}

TEST(Series, RefusesFundingThatNobodyCouldPay) {
  SeriesSource source = source_of(walk(100));
  source.funding = {{kStart + 8h, 2 * kFixedScale}};
  EXPECT_THAT(refusal(std::move(source)), HasSubstr("beyond 100 %"));
}

TEST(Series, RunsWithoutAHoleAreTheStretchesBetweenHoles) {
  std::vector<Bar> bars = walk(100);
  bars.erase(bars.begin() + 60);
  bars.erase(bars.begin() + 20, bars.begin() + 30);
  const auto runs = contiguous_runs(bars);
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].size(), 20U);
  EXPECT_EQ(runs[1].size(), 30U);
  EXPECT_EQ(runs[2].size(), 39U);
  EXPECT_EQ(runs[1].front().open_time, kStart + 30h);
  EXPECT_TRUE(contiguous_runs({}).empty());
}

/// Bars of 24 days out of 34: two days are missing behind every five.
std::vector<Bar> five_day_weeks(std::size_t count) {
  market::Random random{5};
  std::vector<Bar> days = random_bars(count, Interval::D1, 100.0, 0.01, "0.01"_px, random);
  std::vector<Bar> open;
  for (std::size_t i = 0; i < days.size(); ++i)
    if (i % 7 < 5) open.push_back(days[i]);
  return open;
}

TEST(Series, OfAMarketThatClosesGoesOnOverItsGapsWhereThatWasSaid) {
  const std::vector<Bar> bars = five_day_weeks(700);
  ASSERT_EQ(bars.size(), 500U);
  SeriesSource source = source_of(bars);
  source.interval = Interval::D1;
  EXPECT_THAT(refusal(source), HasSubstr("99 holes"));
  source.gap_max = 47h;
  EXPECT_THAT(refusal(source), HasSubstr("99 holes"));
  source.gap_max = 48h;
  const auto series = Series::create(source).value();
  EXPECT_EQ(series->size(), 500U);
  // 500 bars in 698 days (the last two are a weekend).
  EXPECT_NEAR(series->bars_a_year(), 500.0 * 365.0 / 698.0, 1e-9);
  EXPECT_EQ(contiguous_runs(bars).size(), 100U);
  EXPECT_EQ(contiguous_runs(bars, 48h).size(), 1U);
  // The same rows as of bars that follow one another: a feature counts bars, not days.
  std::vector<Bar> joined = bars;
  for (std::size_t i = 0; i < joined.size(); ++i) {
    joined[i].open_time = kStart + 24h * static_cast<int>(i);
    joined[i].close_time = joined[i].open_time + 24h;
  }
  SeriesSource whole = source_of(joined);
  whole.interval = Interval::D1;
  const auto other = Series::create(whole).value();
  EXPECT_TRUE(std::ranges::equal(series->rows(0, 500), other->rows(0, 500)));
  EXPECT_EQ(other->bars_a_year(), 365.0);
  source.features = features::Kind::Practitioner;
  EXPECT_THAT(refusal(source), HasSubstr("set data.features to \"chapter\""));
}

TEST(Series, FeaturesAreThoseOfTheStreamBitForBit) {
  const std::vector<Bar> bars = walk(300);
  const auto series = Series::create(source_of(bars)).value();
  auto stream = std::move(features::make_feature_set(features::Kind::Chapter, plain_instrument(),
                                                     Interval::H1))
                    .value();
  for (std::size_t i = 0; i < bars.size(); ++i) {
    stream->update(bars[i], {});
    EXPECT_EQ(stream->ready(), i >= series->first_ready());
    ASSERT_TRUE(std::ranges::equal(series->features(i), stream->values())) << i;
  }
}

TEST(Series, OfOneRunSeeEachOtherAsAnEngineOfAllWouldShowThem) {
  const std::vector<Bar> longer = walk(1'700);
  std::vector<Bar> later = walk(1'650, 9);
  for (Bar& bar : later) {  // It begins 100 bars after the other and ends 50 after it.
    bar.open_time += 100h;
    bar.close_time += 100h;
  }
  std::vector<SeriesSource> sources = {source_of(longer, features::Kind::Market),
                                       source_of(later, features::Kind::Market)};
  sources[1].instrument.symbol = "OTHERUSDT";
  const std::vector<Instrument> instruments = {sources[0].instrument, sources[1].instrument};
  const auto all = Series::create_all(sources).value();
  const auto alone = Series::create(sources[1]).value();
  // Two streams on one board, fed close by close.
  const auto board = std::make_shared<features::MarketBoard>();
  std::vector<std::unique_ptr<features::FeatureSet>> streams;
  for (const Instrument& instrument : instruments)
    streams.push_back(std::move(features::make_feature_set(features::Kind::Market, instrument,
                                                           Interval::H1, board))
                          .value());
  std::size_t apart = 0;
  for (std::size_t hour = 0; hour < 1'750; ++hour) {
    if (hour >= 100) {
      streams[1]->update(later[hour - 100], {});
      ASSERT_TRUE(std::ranges::equal(all[1]->features(hour - 100), streams[1]->values())) << hour;
      apart +=
          std::ranges::equal(all[1]->features(hour - 100), alone->features(hour - 100)) ? 0 : 1;
    }
    if (hour >= 1'700) continue;
    streams[0]->update(longer[hour], {});
    ASSERT_TRUE(std::ranges::equal(all[0]->features(hour), streams[0]->values())) << hour;
  }
  // From its 1442nd bar to the 25th after the other's last.
  EXPECT_EQ(apart, 1'725U - 1'541U);
}

TEST(Series, ChangingTheLastBarChangesNoRowBeforeIt) {
  std::vector<Bar> bars = walk(300);
  const auto before = Series::create(source_of(bars, features::Kind::Practitioner)).value();
  bars.back().close = bars.back().high = bars.back().high * 2;
  bars.back().volume *= 3.0;
  const auto after = Series::create(source_of(bars, features::Kind::Practitioner)).value();
  EXPECT_TRUE(std::ranges::equal(before->rows(0, 299), after->rows(0, 299)));
  EXPECT_FALSE(std::ranges::equal(before->features(299), after->features(299)));
}

TEST(Series, FeaturesShowTheFundingThatAStreamOfTickersShowsOnceItIsSettled) {
  SeriesSource source = source_of(walk(600), features::Kind::Practitioner);
  for (int i = 1; i < 70; ++i) source.funding.push_back({kStart + i * 8h, (i % 7 - 3) * 20'000});
  const auto series = Series::create(source).value();
  auto made =
      features::make_feature_set(features::Kind::Practitioner, source.instrument, Interval::H1);
  const auto set = std::move(made).value();
  features::SettledFunding heard;
  for (std::size_t i = 0; i < series->size(); ++i) {
    const Bar& bar = series->bars()[i];
    // A ticker inside each bar names what will be settled next.
    for (const FundingPoint& point : source.funding)
      if (point.time > bar.open_time && point.time <= bar.open_time + 8h)
        heard.announced(
            {.funding_known = true, .funding_rate_e9 = point.rate_e9, .next_funding = point.time});
    set->update(bar, heard.at(bar.close_time));
    const bool same = std::ranges::equal(series->features(i), set->values());
    ASSERT_TRUE(same || i < series->first_ready()) << i;
  }
}

TEST(Series, FundingOutOfOrderIsRefusedWithItsTime) {
  SeriesSource source = source_of(walk(100));
  source.funding = {{kStart + 16h, 0}, {kStart + 8h, 0}};
  EXPECT_THAT(refusal(std::move(source)), AllOf(HasSubstr("BTC.csv"), HasSubstr("2025-01-01T08:00"),
                                                HasSubstr("not in order")));
}

TEST(Series, AVolumeThatIsNoNumberIsRefusedWithItsBar) {
  for (const double volume : {std::nan(""), HUGE_VAL, -1.0}) {
    std::vector<Bar> bars = walk(100);
    bars[7].volume = volume;
    EXPECT_THAT(refusal(source_of(bars)),
                AllOf(HasSubstr("BTC.csv"), HasSubstr("2025-01-01T07:00"), HasSubstr("volume")));
  }
}

TEST(Series, AnInstrumentThatNobodyCanTradeIsRefusedByName) {
  SeriesSource source = source_of(walk(100));
  source.instrument.tick_size = Price{};
  EXPECT_THAT(refusal(std::move(source)), AllOf(HasSubstr("BTC.csv"), HasSubstr("BTCUSDT")));
  source = source_of(walk(100));
  source.instrument.status = InstrumentStatus::Closed;
  EXPECT_THAT(refusal(std::move(source)), HasSubstr("not as trading"));
}

TEST(Series, AFutureFundingRateIsNotSeenByAnEarlierBar) {
  SeriesSource plain = source_of(walk(320), features::Kind::Practitioner);
  SeriesSource told = plain;
  told.funding = {{kStart + 300h, 5'000'000}};
  const auto without = Series::create(std::move(plain)).value();
  const auto with = Series::create(std::move(told)).value();
  EXPECT_TRUE(std::ranges::equal(without->rows(0, 299), with->rows(0, 299)));
  EXPECT_FALSE(std::ranges::equal(without->features(299), with->features(299)));
}

TEST(Series, SettlementsFollowTheGridAndTheKnownTimes) {
  SeriesSource source = source_of(walk(100));
  source.funding = {{kStart + 16h, 300}, {kStart + 20h, 400}};  // The second is off the grid.
  const auto series = Series::create(std::move(source)).value();
  std::vector<std::pair<Duration, bool>> found;
  for (std::size_t i = 0; i < 40; ++i)
    for (const matching::FundingTime& due : series->settlements(i)) {
      EXPECT_LE(due.time, series->bars()[i].close_time);
      EXPECT_GT(due.time, series->bars()[i].open_time);
      found.emplace_back(due.time - kStart, due.known);
    }
  const std::vector<std::pair<Duration, bool>> wanted = {
      {8h, false}, {16h, true}, {20h, true}, {28h, false}, {36h, false}};
  EXPECT_EQ(found, wanted);
}

TEST(Series, OfSpotHasNoSettlement) {
  const auto series = random_series(100, 3, features::Kind::None, Category::Spot);
  for (std::size_t i = 0; i < series->size(); ++i) EXPECT_TRUE(series->settlements(i).empty());
}

}  // namespace
}  // namespace proteus::training
