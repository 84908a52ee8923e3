#include "models/evaluation/episodes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace proteus::evaluation {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::SizeIs;

Timestamp hour(int i) { return Timestamp{std::chrono::hours{i}}; }

/// Steps from that hour on; the market moves by a percent each.
Episode episode(int from, const std::vector<double>& net) {
  Episode e;
  for (const double r : net) e.push_back({hour(from++), r, 0.01, 1.0});
  return e;
}

TEST(Episodes, AreTakenTogetherByTheirPlaceInTheTrial) {
  const std::vector<Trial> trials{{episode(0, {0.10, -0.05}), episode(2, {0.01})},
                                  {episode(0, {-0.10, 0.0}), episode(2, {0.03})}};
  const auto figures = figures_by_episode(trials, 4.0);
  ASSERT_THAT(figures, SizeIs(3));
  const EpisodeFigures& first = figures[0];
  EXPECT_EQ(first.episodes, 2U);
  EXPECT_NEAR(first.total_return, (1.1 * 0.95 - 1.0 - 0.10) / 2.0, 1e-12);
  EXPECT_NEAR(first.standard_error, (1.1 * 0.95 - 1.0 + 0.10) / 2.0, 1e-12);
  EXPECT_NEAR(first.market, 1.01 * 1.01 - 1.0, 1e-12);
  EXPECT_NEAR(first.max_drawdown, (0.05 + 0.10) / 2.0, 1e-12);
  EXPECT_NEAR(first.win_rate, 1.0 / 3.0, 1e-12);  // The step that changed nothing counts for none.
  EXPECT_EQ(first.steps, 2.0);
  EXPECT_THAT(first.curve, ElementsAre(1.0, DoubleNear(1.0, 1e-12),
                                       DoubleNear((1.1 * 0.95 + 0.9) / 2.0, 1e-12)));
  // 0.10, -0.05, -0.10, 0: mean -0.0125, and squares around it by three.
  const double deviation = std::sqrt(
      (0.1125 * 0.1125 + 2 * 0.0 + 0.0375 * 0.0375 + 0.0875 * 0.0875 + 0.0125 * 0.0125) / 3.0);
  EXPECT_NEAR(first.sharpe_ratio, 2.0 * -0.0125 / deviation, 1e-12);
  EXPECT_NEAR(first.sortino_ratio, 2.0 * -0.0125 / std::sqrt((0.05 * 0.05 + 0.1 * 0.1) / 4.0),
              1e-12);
  EXPECT_NEAR(figures[1].total_return, 0.02, 1e-12);
  EXPECT_EQ(figures[2].episodes, 4U);
  EXPECT_TRUE(figures[2].curve.empty());
}

TEST(Episodes, ThatEndEarlyStayWhereTheyAreOnTheCurve) {
  const std::vector<Trial> trials{{episode(0, {-0.5})}, {episode(0, {0.0, 0.1})}};
  EXPECT_THAT(figures_by_episode(trials, 1.0)[0].curve,
              ElementsAre(1.0, DoubleNear(0.75, 1e-12), DoubleNear((0.5 + 1.1) / 2.0, 1e-12)));
}

TEST(Episodes, ThatNeverHeldAnythingHaveRatiosOfNothing) {
  const std::vector<Trial> trials{{episode(0, {0.0, 0.0, 0.0})}};
  const auto figures = figures_by_episode(trials, 8760.0);
  EXPECT_EQ(figures[0].sharpe_ratio, 0.0);
  EXPECT_EQ(figures[0].sortino_ratio, 0.0);
  EXPECT_EQ(figures[0].win_rate, 0.0);
  EXPECT_TRUE(figures_by_episode({}, 8760.0).empty());
}

TEST(Episodes, OfOneTimeAreOneAccount) {
  const std::vector<Trial> trials{{episode(5, {0.02}), episode(6, {0.04})},
                                  {episode(4, {0.10, 0.04})}};
  EXPECT_THAT(mean_returns(trials), ElementsAre(DoubleNear(0.10, 1e-12), DoubleNear(0.03, 1e-12),
                                                DoubleNear(0.04, 1e-12)));
}

}  // namespace
}  // namespace proteus::evaluation
