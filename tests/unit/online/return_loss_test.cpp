// The loss by hand, beside the unit account that a policy is told of, and its gradient against
// differences.
#include "models/online/return_loss.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "strategies/policy/policy_trial.hpp"
#include "tests/unit/online/support.hpp"

namespace proteus::online {
namespace {

using ::testing::HasSubstr;
using testing::rows_of;

std::vector<double> outputs_of(std::size_t rows, std::uint64_t seed) {
  const auto values = proteus::test::normals(rows * kOutputs, seed, "outputs");
  return {values.begin(), values.end()};
}

/// A logit so far above the others that its chance is 1.
std::vector<double> sure(std::initializer_list<std::size_t> choices) {
  std::vector<double> out;
  for (const std::size_t choice : choices)
    for (std::size_t i = 0; i < kOutputs; ++i) out.push_back(i == choice ? 1'000.0 : 0.0);
  return out;
}

TEST(ReturnLoss, OfSureChoicesIsTheirNetReturnByHand) {
  // Long at scale 1, short at scale 2, flat: exposures 1, -2, 0 after 0.
  ReturnRows rows{{{0.02, 0.0, 1.0}, {0.03, 0.001, 2.0}, {0.5, 0.1, 1.0}}, 0.0, 0.01, 0.1};
  const double first = 1.0 * 0.02 - 0.01 * 1.0;
  const double second = -2.0 * 0.03 - 2.0 * 0.001 - 0.01 * 3.0;
  const double third = -0.01 * 2.0;
  const auto loss = return_loss<double>(rows, sure({2, 0, 1}));
  EXPECT_NEAR(loss.value(), -(first + second + third) / 3.0 / 0.1, 1e-12);
}

TEST(ReturnLoss, OfABarThatDoesNotDecideKeepsTheExposureWithoutCost) {
  ReturnRows rows{{{0.02, 0.0, 1.0}, {0.03, 0.001, 2.0, false}}, 0.5, 0.01, 0.1};
  const double first = 0.02 - 0.01 * 0.5;
  const double second = 0.03 - 0.001;
  const auto loss = return_loss<double>(rows, sure({2, 0}));
  EXPECT_NEAR(loss.value(), -(first + second) / 2.0 / 0.1, 1e-12);
}

TEST(ReturnLoss, IsWhatTheUnitAccountOfAPolicyEarns) {
  const ReturnRows rows = [] {
    ReturnRows r = rows_of(60, 3);
    r.exposure = 0.0;  // as the account begins
    return r;
  }();
  const auto outputs = outputs_of(60, 4);
  strategies::UnitAccount account(rows.cost, rows.unit);
  double sum = 0.0;
  for (std::size_t t = 0; t < rows.rows.size(); ++t) {
    const ReturnRow& row = rows.rows[t];
    std::vector<float> logits(kActions);
    for (std::size_t i = 0; i < kActions; ++i)
      logits[i] = static_cast<float>(outputs[t * kOutputs + i]);
    const auto p = strategies::chances_of(logits);
    if (row.decides) account.hold(p[2] - p[0], row.scale);
    sum += account.close({row.next_return, row.next_assumed, 0.0});
  }
  EXPECT_NEAR(return_loss<double>(rows, outputs).value(), -sum / 60.0, 1e-9);
}

TEST(ReturnLoss, OfAPartCountsThatPartAlone) {
  const ReturnRows rows = rows_of(50, 3);
  const auto outputs = outputs_of(50, 4);
  const double whole = return_loss<double>(rows, outputs).value();
  const double first = return_loss<double>(rows, outputs, 0, 30).value();
  const double second = return_loss<double>(rows, outputs, 30, 20).value();
  EXPECT_NEAR(50.0 * whole, 30.0 * first + 20.0 * second, 1e-9);
}

/// Largest difference between the gradient and central differences of the value.
double gradient_error(const ReturnRows& rows, std::vector<double> outputs, std::size_t first,
                      std::size_t count) {
  std::vector<double> gradient(outputs.size());
  EXPECT_TRUE(return_loss<double>(rows, outputs, first, count, std::span(gradient)).has_value());
  constexpr double kStep = 1e-6;
  double most = 0.0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const double was = outputs[i];
    outputs[i] = was + kStep;
    const double above = return_loss<double>(rows, outputs, first, count).value();
    outputs[i] = was - kStep;
    const double below = return_loss<double>(rows, outputs, first, count).value();
    outputs[i] = was;
    most = std::max(most, std::abs((above - below) / (2.0 * kStep) - gradient[i]));
  }
  return most;
}

TEST(ReturnLoss, HasTheGradientOfItsDifferences) {
  const ReturnRows rows = rows_of(40, 8);
  EXPECT_LT(gradient_error(rows, outputs_of(40, 9), 0, 40), 1e-8);
}

TEST(ReturnLoss, WithAKinkHasTheGradientOfItsDifferences) {
  ReturnRows rows = rows_of(40, 8);
  rows.kink = 0.05;
  rows.cost = 0.01;
  EXPECT_LT(gradient_error(rows, outputs_of(40, 9), 5, 30), 1e-8);
}

TEST(ReturnLoss, WithAKinkIsTheRootByHand) {
  const ReturnRows rows{{{0.02, 0.001, 1.0}}, 0.0, 0.01, 0.1, 0.5};
  const double size = std::sqrt(1.0 + 0.25) - 0.5;
  EXPECT_NEAR(return_loss<double>(rows, sure({2})).value(),
              -(0.02 - size * 0.001 - 0.01 * size) / 0.1, 1e-12);
}

TEST(ReturnLoss, OfAPartHasTheGradientOfItsDifferences) {
  const ReturnRows rows = rows_of(40, 8);
  EXPECT_LT(gradient_error(rows, outputs_of(40, 9), 10, 20), 1e-8);
}

TEST(ReturnLoss, LeavesTheValueOutOfTheGradient) {
  const ReturnRows rows = rows_of(10, 8);
  std::vector<double> gradient(10 * kOutputs, 7.0);
  ASSERT_TRUE(return_loss<double>(rows, outputs_of(10, 9), std::span(gradient)).has_value());
  for (std::size_t t = 0; t < 10; ++t) EXPECT_EQ(gradient[t * kOutputs + kActions], 0.0);
}

TEST(ReturnLoss, OfFloatsIsThatOfDoubles) {
  const ReturnRows rows = rows_of(30, 8);
  const auto outputs = outputs_of(30, 9);
  const std::vector<float> floats(outputs.begin(), outputs.end());
  std::vector<float> gradient(floats.size());
  std::vector<double> exact(outputs.size());
  const double loss = return_loss<double>(rows, outputs, std::span(exact)).value();
  EXPECT_EQ(return_loss<float>(rows, floats, std::span(gradient)).value(), loss);
  for (std::size_t i = 0; i < exact.size(); ++i)
    EXPECT_EQ(gradient[i], static_cast<float>(exact[i]));
}

TEST(ReturnLoss, RefusesWhatIsNotFiniteWithItsRow) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const ReturnRows good = rows_of(5, 1);
  const auto outputs = outputs_of(5, 2);
  auto bad_outputs = outputs;
  bad_outputs[2 * kOutputs + 1] = kNan;
  EXPECT_THAT(return_loss<double>(good, bad_outputs).error().context,
              HasSubstr("output 1 of row 2 is nan"));
  for (const auto& change : std::vector<void (*)(ReturnRow&)>{
           [](ReturnRow& r) { r.next_return = kNan; }, [](ReturnRow& r) { r.next_assumed = kNan; },
           [](ReturnRow& r) { r.scale = kInfinity; }}) {
    ReturnRows bad = good;
    change(bad.rows[3]);
    const auto refused = return_loss<double>(bad, outputs);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, ErrorCode::Refused);
    EXPECT_THAT(refused.error().context, HasSubstr("row 3 of 5"));
  }
  ReturnRows bad = good;
  bad.unit = 0.0;
  EXPECT_THAT(return_loss<double>(bad, outputs).error().context, HasSubstr("unit 0"));
}

TEST(ReturnLoss, RefusesArraysThatDoNotFitAndPartsWithoutARow) {
  const ReturnRows rows = rows_of(5, 1);
  auto outputs = outputs_of(5, 2);
  EXPECT_TRUE(return_loss<double>(rows, outputs, 5, 0).has_error());
  EXPECT_TRUE(return_loss<double>(rows, outputs, 3, 3).has_error());
  std::vector<double> gradient(3);
  EXPECT_TRUE(return_loss<double>(rows, outputs, std::span(gradient)).has_error());
  outputs.pop_back();
  EXPECT_THAT(return_loss<double>(rows, outputs).error().context, HasSubstr("5 rows have 19"));
}

TEST(MeanKl, IsThatOfTheChancesByHand) {
  // Chances 1/4, 1/4, 1/2 beside 1/3 each; the value does not count.
  const std::vector<double> p{0.0, 0.0, std::log(2.0), 9.0};
  const std::vector<double> q{1.0, 1.0, 1.0, -9.0};
  const double expected = 0.25 * std::log(0.75) + 0.25 * std::log(0.75) + 0.5 * std::log(1.5);
  EXPECT_NEAR(mean_kl<double>(p, q).value(), expected, 1e-12);
  EXPECT_EQ(mean_kl<double>(p, p).value(), 0.0);
}

TEST(MeanKl, ThatIsNotFiniteIsRefused) {
  const auto p = sure({0});
  const auto q = sure({2});
  EXPECT_THAT(mean_kl<double>(p, q).error().context, HasSubstr("not finite"));
}

}  // namespace
}  // namespace proteus::online
