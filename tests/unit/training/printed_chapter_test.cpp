// Golden numbers: what the printed numpy functions gave for these closes and actions, numpy 1.24.
#include "models/training/printed_chapter.hpp"

#include <gmock/gmock.h>

#include <array>
#include <numeric>

#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

/// Exact in binary: quarters and halves, with a stretch in which little moves.
std::vector<double> golden_closes() {
  std::vector<double> closes;
  for (int i = 0; i < 120; ++i) {
    const double ripple = i >= 50 && i < 60 ? 0.0 : (i * 37 % 17) * 0.25;
    closes.push_back(100 + (i % 23) * 0.5 - (i % 7) * 0.75 + (i / 40) * 2.0 + ripple);
  }
  return closes;
}

TEST(PrintedFeatures, EqualThePrintedFunctionRowByRow) {
  const std::vector<double> rows = printed_features(golden_closes());
  ASSERT_EQ(rows.size(), 94 * kPrintedFeatures);
  const std::vector<std::pair<std::size_t, std::array<double, kPrintedFeatures>>> golden = {
      {0,
       {0.005012531328320913, -0.11674008810572689, -0.08863636363636362, -0.05223351453557101,
        -0.03990265923851111, 0.0401611512168235, 0.0151898734177216, 0.4647887323943663,
        -0.0003694780916438086, -0.6313564903496446, -0.7744456928186771}},
      {31,
       {-0.002336448598130869, 0.038929440389294356, 0.0674999999999999, 0.005533969151065632,
        0.01652627672806184, 0.038549642169713315, -0.009280742459396807, 0.3923076923076924,
        -0.003700519761324982, 0.056389672323658074, -0.8814524511198063}},
      {93,
       {0.014354066985645897, -0.07017543859649122, -0.040723981900452455, -0.03251568739304045,
        -0.024355968808164485, 0.031135667619926533, -0.025287356321839094, 0.3884297520661157,
        -0.007509538273490267, -0.4363826570072694, -0.2471878024324946}}};
  for (const auto& [row, wanted] : golden)
    for (std::size_t k = 0; k < kPrintedFeatures; ++k)
      EXPECT_NEAR(rows[row * kPrintedFeatures + k], wanted[k], 1e-9) << row << " " << k;
}

TEST(PrintedFeatures, EqualThePrintedFunctionInTheSumOfEveryColumn) {
  const std::vector<double> rows = printed_features(golden_closes());
  const std::array<double, kPrintedFeatures> golden = {
      0.1088410391917396, 0.11345362448622198, 0.47646992809081645, 0.2870086372410652,
      0.3312614193376019, 3.131851674607778,   0.8368308206959064,  50.58456935328472,
      0.3169315324235338, 4.995461691575463,   -2.1250475570772984};
  for (std::size_t k = 0; k < kPrintedFeatures; ++k) {
    double sum = 0.0;
    for (std::size_t i = k; i < rows.size(); i += kPrintedFeatures) sum += rows[i];
    EXPECT_NEAR(sum, golden[k], 1e-9) << k;
  }
}

TEST(PrintedFeatures, OfTooFewClosesAreNone) {
  EXPECT_TRUE(printed_features(std::vector<double>(26, 100.0)).empty());
}

TEST(PrintedEnvironment, EqualsThePrintedOneStepByStep) {
  constexpr std::array<int, 20> kActions = {2, 0, 0, 2, 1, 1, 2, 0, 1, 0,
                                            2, 2, 2, 1, 2, 2, 0, 2, 1, 0};
  const std::vector<double> rewards = {0.0,
                                       0.0038426150121065377,
                                       0.004819277108433735,
                                       0.004796163069544364,
                                       0.034799522673031026,
                                       -0.05693069306930693,
                                       -0.00468384074941452,
                                       0.003662004662004662,
                                       -0.005640371229698376,
                                       0.0036189376443418013};
  const std::vector<double> closes = golden_closes();
  const std::vector<double> features = printed_features(closes);
  const std::span<const double> prices = std::span(closes).subspan(printed_warm_up());
  PrintedEnv env{prices, features, kPrintedFeatures, {.max_steps = 40}};
  EXPECT_EQ(env.starts(), 53U);
  env.reset(3);
  PrintedEnv::Step last;
  double sum = 0.0;
  for (std::size_t t = 0; t < 40; ++t) {
    ASSERT_FALSE(last.done);
    last = env.step(kActions[t % kActions.size()]);
    sum += last.reward;
    if (t < rewards.size()) {
      EXPECT_NEAR(last.reward, rewards[t], 1e-9) << t;
    }
    if (t == 4) {
      EXPECT_NEAR(last.capital, 10115.018028740922, 1e-5);
    }
    if (t == 7) {
      EXPECT_NEAR(last.total_pnl, -0.009338503412367737, 1e-9);
    }
  }
  EXPECT_TRUE(last.done);
  EXPECT_EQ(last.position, 1);
  EXPECT_NEAR(last.capital, 8758.06460793488, 1e-5);
  EXPECT_NEAR(last.total_pnl, -0.08645692540276292, 1e-9);
  EXPECT_NEAR(last.step_return, -0.10068649885583524, 1e-9);
  EXPECT_NEAR(sum, -0.20339446410674744, 1e-9);
  std::vector<float> state(kPrintedFeatures + 3);
  env.state(state);
  EXPECT_THAT(std::span(state).last(4),
              ::testing::Pointwise(::testing::FloatNear(1e-6F),
                                   {6.1420978949916895F, 1.0F, -0.08645692467689514F, 1.0F}));
}

}  // namespace
}  // namespace proteus::training
