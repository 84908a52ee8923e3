// What instruments see of each other: the mean of all as of the close before, and nothing else.
#include <gtest/gtest.h>

#include <cstring>

#include "engine/core/archive.hpp"
#include "strategies/features/market.hpp"
#include "tests/unit/strategies/bars.hpp"

namespace proteus::features {
namespace {

using std::chrono::hours;
using test::Rows;

constexpr Duration kHour = hours{1};
constexpr std::size_t kFirstColumn = TrendFeatures::kCount;
constexpr std::size_t kFirstOwn = 5;  // scaled_return_168 in a row of the trend features

Timestamp at(std::int64_t hour) { return from_unix_ms(1'700'000'000'000) + hour * kHour; }
MarketBoard::Row row_of(double x) { return {x, 2 * x, 3 * x, 4 * x}; }

TEST(MarketBoard, TellsTheMeanOfTheRowsThatClosedBefore) {
  MarketBoard board;
  const std::size_t a = board.join("A");
  const std::size_t b = board.join("B");
  board.post(a, at(0), row_of(1));
  board.post(b, at(0), row_of(2));
  board.post(a, at(1), row_of(100));
  const auto mean = board.mean_before(at(1), kHour);
  ASSERT_TRUE(mean);
  EXPECT_EQ(*mean, row_of(1.5));
}

TEST(MarketBoard, OneSymbolAloneIsNoMarket) {
  MarketBoard board;
  const std::size_t a = board.join("A");
  board.join("B");
  board.post(a, at(0), row_of(1));
  EXPECT_FALSE(board.mean_before(at(1), kHour));
}

TEST(MarketBoard, OfTwoMarketsOfASymbolTheNewerRowCountsAndTheFirstOfTwoThatCloseTogether) {
  MarketBoard board;
  const std::size_t linear = board.join("A");
  const std::size_t b = board.join("B");
  const std::size_t spot = board.join("A");
  board.post(spot, at(0), row_of(7));
  board.post(linear, at(0), row_of(1));
  board.post(b, at(0), row_of(3));
  EXPECT_EQ(board.mean_before(at(1), kHour).value(), row_of(2));
  board.post(spot, at(1), row_of(9));
  board.post(b, at(1), row_of(3));
  EXPECT_EQ(board.mean_before(at(2), kHour).value(), row_of(6));
}

TEST(MarketBoard, APlaceThatWasClearedSaysNothing) {
  MarketBoard board;
  const std::size_t a = board.join("A");
  const std::size_t b = board.join("B");
  board.post(a, at(0), row_of(1));
  board.post(b, at(0), row_of(3));
  board.clear(a);
  EXPECT_FALSE(board.mean_before(at(1), kHour));
}

TEST(MarketBoard, ASymbolThatIsSilentForADayCountsNoMore) {
  MarketBoard board;
  const std::size_t a = board.join("A");
  const std::size_t b = board.join("B");
  const std::size_t silent = board.join("C");
  board.post(silent, at(0), row_of(30));
  board.post(a, at(24), row_of(1));
  board.post(b, at(24), row_of(2));
  EXPECT_EQ(board.mean_before(at(25), kHour).value(), row_of(11));
  board.post(a, at(25), row_of(1));
  EXPECT_EQ(board.mean_before(at(26), kHour).value(), row_of(1.5));
}

TEST(MarketBoard, AWeekendWithoutBarsIsNoSilence) {
  MarketBoard board;
  const std::size_t a = board.join("A");
  const std::size_t b = board.join("B");
  board.post(a, at(0), row_of(1));
  board.post(b, at(0), row_of(2));
  EXPECT_EQ(board.mean_before(at(65), kHour).value(), row_of(1.5));
}

TEST(MarketBoard, ALateRowIsInTheNextAnswerToTheSameQuestion) {
  MarketBoard board;
  const std::size_t a = board.join("A");
  const std::size_t b = board.join("B");
  board.post(a, at(3), row_of(1));
  EXPECT_FALSE(board.mean_before(at(4), kHour));
  board.post(b, at(3), row_of(3));
  EXPECT_EQ(board.mean_before(at(4), kHour).value(), row_of(2));
}

TEST(MarketBoard, ARowOfTheSameCloseChangesNoAnswer) {
  MarketBoard board;
  const std::size_t a = board.join("A");
  const std::size_t b = board.join("B");
  board.post(a, at(0), row_of(1));
  board.post(b, at(0), row_of(3));
  const auto before = board.mean_before(at(1), kHour);
  board.post(b, at(1), row_of(50));
  EXPECT_EQ(board.mean_before(at(1), kHour), before);
}

TEST(MarketBoard, AnInstrumentThatIsFarAheadIsReadAsItWas) {
  MarketBoard board;
  const std::size_t ahead = board.join("A");
  const std::size_t b = board.join("B");
  for (int hour = 0; hour < 40; ++hour)
    board.post(ahead, at(hour), row_of(static_cast<double>(hour)));
  board.post(b, at(3), row_of(9));
  EXPECT_EQ(board.mean_before(at(4), kHour).value(), row_of(6));
}

/// Three markets of two symbols, each a walk of its own; the third is listed later and is another
/// market of the first symbol.
class MarketsOfTwoSymbols : public ::testing::Test {
 protected:
  static constexpr std::size_t kBars = 1'800;
  static constexpr std::array<std::size_t, 3> kListed = {0, 0, 200};

  MarketsOfTwoSymbols() {
    for (std::size_t k = 0; k < 3; ++k) {
      test::Lcg lcg(11 + k);
      std::int64_t close = 1'000'000;
      for (std::size_t t = 0; t < kBars; ++t) {
        const std::int64_t open = close;
        close = std::max<std::int64_t>(100'000, open + lcg.below(2001) - 1000);
        bars_[k].push_back(test::make_bar(static_cast<std::int64_t>(t), open, std::max(open, close),
                                          std::min(open, close), close, 1.0));
      }
    }
  }

  struct Run {
    std::shared_ptr<MarketBoard> board = std::make_shared<MarketBoard>();
    std::vector<std::unique_ptr<FeatureSet>> sets;
    Run() {
      for (const std::string_view symbol : {"AUSDT", "BUSDT", "AUSDT"}) {
        Instrument instrument = test::linear_instrument();
        instrument.symbol = symbol;
        sets.push_back(
            std::move(make_feature_set(Kind::Market, instrument, Interval::M1, board)).value());
      }
    }
  };

  /// Rows of all three over bars [from, to), close by close, in this order.
  void play(Run& run, std::size_t from, std::size_t to, std::array<std::size_t, 3> order,
            std::array<Rows, 3>& rows) const {
    for (std::size_t t = from; t < to; ++t)
      for (const std::size_t k : order) {
        if (t < kListed[k]) continue;
        run.sets[k]->update(bars_[k][t], {});
        rows[k].emplace_back(run.sets[k]->values().begin(), run.sets[k]->values().end());
      }
  }

  std::array<std::vector<Bar>, 3> bars_;
};

TEST_F(MarketsOfTwoSymbols, EachColumnIsItsOwnWayLessTheMeanOfAllAtTheCloseBefore) {
  // The trend features of each alone, then the means by hand.
  std::array<Rows, 3> own;
  for (std::size_t k = 0; k < 3; ++k) {
    TrendFeatures trend(hours{8});
    for (std::size_t t = 0; t < kBars; ++t) {
      if (t >= kListed[k]) trend.update(bars_[k][t], {});
      own[k].emplace_back(trend.values().begin(), trend.values().end());
    }
  }
  Run run;
  std::array<Rows, 3> rows;
  play(run, 0, kBars, {0, 1, 2}, rows);
  const std::size_t ready = MarketFeatures::kWarmUpBars - 1;
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t t = ready + kListed[k]; t < kBars; ++t)
      for (std::size_t c = 0; c < MarketBoard::kColumns; ++c) {
        // The third market never counts: the first is of the same symbol and as new.
        const double mean = 0.5 * (own[0][t - 1][kFirstOwn + c] + own[1][t - 1][kFirstOwn + c]);
        const double wanted = own[k][t][kFirstOwn + c] - mean;
        ASSERT_NEAR(rows[k][t - kListed[k]][kFirstColumn + c], wanted, 1e-12)
            << "market " << k << ", bar " << t << ", column " << c;
      }
}

TEST_F(MarketsOfTwoSymbols, WhichClosesFirstChangesNothing) {
  Run one;
  Run other;
  std::array<Rows, 3> rows;
  std::array<Rows, 3> turned;
  play(one, 0, kBars, {0, 1, 2}, rows);
  play(other, 0, kBars, {2, 0, 1}, turned);
  EXPECT_EQ(rows, turned);
}

TEST_F(MarketsOfTwoSymbols, AreAllAsNewAfterAReset) {
  Run run;
  std::array<Rows, 3> fresh;
  std::array<Rows, 3> again;
  play(run, 0, kBars, {0, 1, 2}, fresh);
  for (auto& set : run.sets) set->reset();
  play(run, 0, kBars, {0, 1, 2}, again);
  EXPECT_EQ(fresh, again);
}

TEST_F(MarketsOfTwoSymbols, GoOnFromASnapshotToTheSameBits) {
  Run whole;
  std::array<Rows, 3> rows;
  play(whole, 0, kBars, {0, 1, 2}, rows);
  Run first;
  std::array<Rows, 3> parts;
  play(first, 0, 1'650, {0, 1, 2}, parts);
  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  for (auto& set : first.sets) out(set);
  ASSERT_TRUE(out.finish());
  Run second;
  Archive in = Archive::reader({bytes.data(), bytes.size()});
  for (auto& set : second.sets) in(set);
  ASSERT_TRUE(in.finish());
  play(second, 1'650, kBars, {0, 1, 2}, parts);
  EXPECT_EQ(rows, parts);
}

}  // namespace
}  // namespace proteus::features
