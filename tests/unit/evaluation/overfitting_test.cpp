// Cross-validation of choices on columns whose answer is known.
#include "models/evaluation/overfitting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/evaluation/bootstrap.hpp"
#include "models/evaluation/known_answers/noise_columns.hpp"

namespace proteus::evaluation {
namespace {

using Columns = std::vector<std::vector<double>>;

TEST(Overfitting, FindsColumnsThatAreGoodInTurnAlwaysOverfitted) {
  // Each column earns in one half of the time and loses as much in the other: with two blocks the
  // winner of either is the loser of the other.
  Columns columns(2);
  for (int i = 0; i < 40; ++i) {
    const double noise = i % 2 == 0 ? 0.5 : -0.5;
    columns[0].push_back((i < 20 ? 1.0 : -1.0) + noise);
    columns[1].push_back((i < 20 ? -1.0 : 1.0) + noise);
  }
  const Overfitting found = backtest_overfitting(columns, 2).value();
  EXPECT_EQ(found.splits, 2);
  EXPECT_EQ(found.probability, 1.0);
  EXPECT_EQ(found.loss_probability, 1.0);
  EXPECT_DOUBLE_EQ(found.median_logit, std::log(0.5));  // rank 1 of 2: 1/3 to 2/3
}

TEST(Overfitting, FindsAColumnThatIsAlwaysBestNeverOverfitted) {
  market::Random random{3, "columns"};
  Columns columns = noise_columns({.columns = 4, .periods = 160, .first_sharpe = 3.0}, random);
  const Overfitting found = backtest_overfitting(columns, 8).value();
  EXPECT_EQ(found.splits, 70);
  EXPECT_EQ(found.probability, 0.0);
  EXPECT_DOUBLE_EQ(found.median_logit, std::log(4.0));  // rank 4 of 4: 4/5 to 1/5
}

/// The same from the returns themselves, halves glued together, ranks by sorting.
double by_gluing(const Columns& columns, std::size_t blocks) {
  const std::size_t length = columns[0].size() / blocks;
  const std::size_t skipped = columns[0].size() % blocks;
  int splits = 0;
  int low = 0;
  for (unsigned set = 0; set < 1U << blocks; ++set) {
    std::size_t size = 0;
    for (std::size_t b = 0; b < blocks; ++b) size += set >> b & 1U;
    if (2 * size != blocks) continue;
    std::vector<double> in, out;
    for (const auto& column : columns) {
      std::vector<double> a, b;
      for (std::size_t i = 0; i < blocks * length; ++i)
        ((set >> (i / length) & 1U) != 0 ? a : b).push_back(column[skipped + i]);
      in.push_back(sharpe_ratio(a));
      out.push_back(sharpe_ratio(b));
    }
    const auto winner = std::max_element(in.begin(), in.end()) - in.begin();
    const double mine = out[static_cast<std::size_t>(winner)];
    std::sort(out.begin(), out.end());
    const auto rank = std::lower_bound(out.begin(), out.end(), mine) - out.begin() + 1;
    ++splits;
    low += 2 * rank <= static_cast<std::ptrdiff_t>(columns.size()) + 1 ? 1 : 0;
  }
  return static_cast<double>(low) / splits;
}

TEST(Overfitting, EqualsHalvesThatAreGluedTogether) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    market::Random random{seed, "columns"};
    const Columns columns =
        noise_columns({.columns = 9, .periods = 131, .first_sharpe = 0.1}, random);
    EXPECT_DOUBLE_EQ(backtest_overfitting(columns, 8).value().probability, by_gluing(columns, 8))
        << "seed " << seed;
  }
}

TEST(Overfitting, GivesEqualColumnsTheMiddleRank) {
  market::Random random{4, "columns"};
  const auto one = noise_columns({.columns = 1, .periods = 64}, random)[0];
  const Overfitting found = backtest_overfitting(Columns{one, one, one}, 4).value();
  EXPECT_DOUBLE_EQ(found.median_logit, 0.0);
}

TEST(Overfitting, LetsAConfigurationThatHoldsNothingTakePart) {
  market::Random random{6, "columns"};
  Columns columns = noise_columns({.columns = 2, .periods = 64, .first_sharpe = 2.0}, random);
  columns[1].assign(64, 0.0);
  EXPECT_EQ(backtest_overfitting(columns, 4).value().probability, 0.0);
}

TEST(Overfitting, RefusesWhatCannotBeSplit) {
  const Columns good(2, std::vector<double>(64, 1.0));
  EXPECT_TRUE(backtest_overfitting(good, 3).has_error());
  EXPECT_TRUE(backtest_overfitting(good, 22).has_error());
  EXPECT_TRUE(backtest_overfitting(good, 20).has_error());  // 64 periods
  EXPECT_TRUE(backtest_overfitting(Columns{good[0]}, 4).has_error());
  EXPECT_TRUE(backtest_overfitting(Columns{good[0], {1.0}}, 4).has_error());
  Columns broken = good;
  broken[1][7] = std::nan("");
  const auto said = backtest_overfitting(broken, 4);
  ASSERT_TRUE(said.has_error());
  EXPECT_NE(said.error().context.find("return 7 of configuration 1"), std::string::npos);
}

}  // namespace
}  // namespace proteus::evaluation
