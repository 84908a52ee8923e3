#include <gmock/gmock.h>

#include <map>
#include <set>

#include "models/training/synthetic.hpp"
#include "models/training/task_sampler.hpp"
#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

std::shared_ptr<const Series> synthetic(SyntheticKind kind, std::uint64_t seed,
                                        std::size_t bars = 500) {
  auto made = synthetic_series({.kind = kind, .bars = bars}, seed);
  EXPECT_TRUE(made) << made.error().context;
  return std::move(made).value();
}
std::vector<Price> closes(const Series& series) {
  std::vector<Price> found;
  for (const Bar& bar : series.bars()) found.push_back(bar.close);
  return found;
}
double drift(const Series& series) {
  return std::log(series.bars().back().close.to_double() / series.bars().front().open.to_double());
}

TEST(SyntheticSeries, OfEveryKindIsTheSameForTheSameSeedOnly) {
  for (std::size_t k = 0; k < EnumNames<SyntheticKind>::names.size(); ++k) {
    const auto kind = static_cast<SyntheticKind>(k);
    SCOPED_TRACE(EnumNames<SyntheticKind>::names[k]);
    const auto one = synthetic(kind, 1, 120);
    EXPECT_EQ(one->size(), 120U);
    EXPECT_EQ(closes(*one), closes(*synthetic(kind, 1, 120)));
    EXPECT_NE(closes(*one), closes(*synthetic(kind, 2, 120)));
  }
}

TEST(SyntheticSeries, TheFourPlainRegimesHaveTheirDriftAndVolatility) {
  struct Wanted {
    SyntheticKind kind;
    double drift;  // of the log return a bar: log(1 + simple drift) - volatility²/2
    double volatility;
  };
  for (const Wanted& wanted :
       {Wanted{SyntheticKind::Bull, 0.00095, 0.010}, Wanted{SyntheticKind::Bear, -0.00107, 0.012},
        Wanted{SyntheticKind::HighVolatility, -0.00045, 0.030},
        Wanted{SyntheticKind::Sideways, 0.0, 0.005}}) {
    constexpr std::size_t kBars = 4'000;
    const auto series = synthetic(wanted.kind, 11, kBars);
    const double four_errors = 4.0 * wanted.volatility / std::sqrt(kBars);
    EXPECT_NEAR(drift(*series) / kBars, wanted.drift, four_errors);
    EXPECT_NEAR(log_deviation(series->bars()), wanted.volatility, 0.05 * wanted.volatility);
  }
}

TEST(SyntheticSeries, JumpsMakeTailsAndClustersMakeVolatilityPersist) {
  const auto statistics = [](const Series& series) {
    std::vector<double> squares;
    for (std::size_t i = 1; i < series.size(); ++i)
      squares.push_back(std::pow(
          std::log(series.bars()[i].close.to_double() / series.bars()[i - 1].close.to_double()),
          2));
    double mean = 0.0;
    for (const double x : squares) mean += x / static_cast<double>(squares.size());
    double variance = 0.0;
    double lagged = 0.0;
    double fourth = 0.0;
    for (std::size_t i = 0; i < squares.size(); ++i) {
      variance += (squares[i] - mean) * (squares[i] - mean);
      if (i > 0) lagged += (squares[i] - mean) * (squares[i - 1] - mean);
      fourth += squares[i] * squares[i] / static_cast<double>(squares.size());
    }
    return std::pair{fourth / (mean * mean), lagged / variance};
  };
  const auto minutes = [](SyntheticKind kind) {
    return synthetic_series({.kind = kind, .interval = Interval::M1, .bars = 30'000}, 3).value();
  };
  const auto [tails_jumps, persist_jumps] = statistics(*minutes(SyntheticKind::Jumps));
  const auto [tails_clusters, persist_clusters] = statistics(*minutes(SyntheticKind::Clusters));
  EXPECT_GT(tails_jumps, 10.0);  // A normal has 3.
  EXPECT_GT(persist_clusters, 0.15);
  EXPECT_LT(persist_jumps, 0.5 * persist_clusters);
}

TEST(SyntheticSeries, CarriesTheFundingOfItsMarket) {
  const auto series = synthetic(SyntheticKind::BullTrend, 1, 100);
  std::size_t known = 0;
  for (std::size_t i = 0; i < series->size(); ++i)
    for (const auto& due : series->settlements(i)) known += due.known ? 1 : 0;
  EXPECT_EQ(known, 12U);  // 100 hours, one settlement in eight
}

TEST(SyntheticSeries, ThatRunsOutOfPricesIsRefused) {
  const auto made = synthetic_series({.kind = SyntheticKind::Bull, .bars = 20'000}, 11);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::OutOfRange);
  EXPECT_THAT(made.error().context,
              ::testing::AllOf(::testing::HasSubstr("bull"), ::testing::HasSubstr("seed 11"),
                               ::testing::HasSubstr("ask for at most")));
}

TEST(SyntheticSeries, NamesAnInstrumentThatNobodyKnows) {
  const auto made = synthetic_series({.instrument = "linear:NOBODYUSDT"}, 1);
  EXPECT_EQ(made.error().code, ErrorCode::NotFound);
}

TEST(RegimeOf, TellsDriftFromVolatility) {
  EXPECT_EQ(regime_of(synthetic(SyntheticKind::Bull, 5, 2'000)->bars(), 0.01).view(), "bull");
  EXPECT_EQ(regime_of(synthetic(SyntheticKind::Bear, 5, 2'000)->bars(), 0.01).view(), "bear");
  EXPECT_EQ(regime_of(synthetic(SyntheticKind::Sideways, 5, 2'000)->bars(), 0.01).view(),
            "sideways");
}

TaskSampler sampler_of(std::vector<std::shared_ptr<const Series>> series,
                       const SamplerSettings& settings, std::uint64_t seed,
                       const Period& period = {}, std::string_view only = {}) {
  auto made = TaskSampler::create(std::move(series), settings, period, only, seed);
  EXPECT_TRUE(made) << made.error().context;
  return std::move(made).value();
}

TEST(TaskSampler, GivesTheSameTrialsForTheSameSeedOnly) {
  const auto series = random_series(2'000, 1);
  const auto starts = [&](std::uint64_t seed) {
    TaskSampler sampler =
        sampler_of({series}, {.episode_bars = 50, .episodes = 2, .spacing = 1}, seed);
    std::vector<std::size_t> drawn;
    for (int i = 0; i < 20; ++i) drawn.push_back(sampler.next().start);
    return drawn;
  };
  EXPECT_EQ(starts(1), starts(1));
  EXPECT_NE(starts(1), starts(2));
}

TEST(TaskSampler, StaysInsideThePeriod) {
  const auto series = random_series(2'000, 1);
  const Period period{.from = kStart + 500h, .to = kStart + 900h};
  TaskSampler sampler =
      sampler_of({series}, {.episode_bars = 30, .episodes = 3, .spacing = 7}, 1, period);
  for (std::size_t i = 0; i < sampler.candidates(); ++i) {
    const Task task = sampler.candidate(i);
    EXPECT_GE(series->bars()[task.start].open_time, *period.from);
    EXPECT_LE(series->bars()[task.start + task.span()].close_time, *period.to);
  }
  EXPECT_EQ(sampler.candidates(), 44U);  // starts 504, 511, .. 805: start + 90 closes by 900
}

TEST(TaskSampler, LabelsInsideThePeriodDoNotRestOnWhatComesAfter) {
  SeriesSource source{.name = "walk",
                      .instrument = plain_instrument(),
                      .interval = Interval::H1,
                      .features = features::Kind::None};
  market::Random random{3};
  source.bars = random_bars(1'000, Interval::H1, 100.0, 0.01, "0.01"_px, random);
  SeriesSource wilder = source;
  market::Random other{4};
  auto tail = random_bars(500, Interval::H1, 100.0, 0.2, "0.01"_px, other, kStart + 500h);
  std::ranges::copy(tail, wilder.bars.begin() + 500);
  const Period period{.to = kStart + 500h};
  const SamplerSettings settings{.episode_bars = 20, .episodes = 1, .spacing = 5};
  const TaskSampler calm =
      sampler_of({Series::create(std::move(source)).value()}, settings, 1, period);
  const TaskSampler wild =
      sampler_of({Series::create(std::move(wilder)).value()}, settings, 1, period);
  ASSERT_EQ(calm.candidates(), wild.candidates());
  for (std::size_t i = 0; i < calm.candidates(); ++i)
    EXPECT_EQ(calm.candidate(i).regime, wild.candidate(i).regime);
}

TEST(TaskSampler, BalancesWhatIsAskedFor) {
  const auto long_one = random_series(5'000, 1);
  const auto short_one = random_series(400, 2);
  const auto share = [&](Balance balance) {
    TaskSampler sampler =
        sampler_of({long_one, short_one},
                   {.episode_bars = 50, .episodes = 1, .spacing = 1, .balance = balance}, 6);
    int drawn = 0;
    for (int i = 0; i < 2'000; ++i) drawn += sampler.next().series == short_one ? 1 : 0;
    return drawn / 2'000.0;
  };
  EXPECT_NEAR(share(Balance::Series), 0.5, 0.05);
  EXPECT_NEAR(share(Balance::None), 273.0 / (273.0 + 4'873.0), 0.02);
}

TEST(TaskSampler, DrawsEveryRegimeAlikeOrOnlyOne) {
  const auto series = synthetic(SyntheticKind::Switching, 3, 3'000);
  const SamplerSettings settings{
      .episode_bars = 100, .episodes = 1, .spacing = 10, .balance = Balance::Regime};
  TaskSampler all = sampler_of({series}, settings, 1);
  std::map<std::string, int> drawn;
  for (int i = 0; i < 3'000; ++i) ++drawn[std::string(all.next().regime.view())];
  ASSERT_GE(drawn.size(), 3U);
  for (const auto& [regime, count] : drawn)
    EXPECT_NEAR(count, 3'000.0 / static_cast<double>(drawn.size()), 150.0) << regime;
  TaskSampler bulls = sampler_of({series}, settings, 1, {}, "bull");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(bulls.next().regime.view(), "bull");
}

TEST(TaskSampler, SaysWhyNoTrialFits) {
  const auto made = TaskSampler::create({random_series(200, 1)}, {}, {}, {}, 1);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().context, ::testing::HasSubstr("3 episodes of 200 bars"));
  EXPECT_THAT(made.error().context,
              ::testing::HasSubstr("a random walk (200 bars from 2025-01-01"));
  EXPECT_THAT(made.error().context, ::testing::HasSubstr("to 2025-01-09T08:00"));
}

TEST(Task, WithoutAStrideGoesOnWhereTheEpisodeEnded) {
  const Task task{.start = 7, .episode_bars = 30, .episodes = 4};
  EXPECT_EQ(task.start_of(2), 67U);
  EXPECT_EQ(task.span(), 120U);
  const Task again{.start = 7, .episode_bars = 30, .episodes = 4, .stride = 0};
  EXPECT_EQ(again.start_of(2), 7U);
  EXPECT_EQ(again.span(), 30U);
}

}  // namespace
}  // namespace proteus::training
