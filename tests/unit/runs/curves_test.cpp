#include "models/runs/curves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace proteus::runs {
namespace {

TEST(Curves, ReadWhatATableSays) {
  const auto table = read_curves("step,loss/policy,kl\n10,0.5,\n20,-1e-3,nan\n").value();
  EXPECT_EQ(table.steps, (std::vector<std::int64_t>{10, 20}));
  ASSERT_EQ(table.curves.size(), 2U);
  EXPECT_EQ(table.curves[0].name, "loss/policy");
  EXPECT_EQ(table.curves[0].values, (std::vector<double>{0.5, -0.001}));
  EXPECT_TRUE(std::isnan(table.curves[1].values[0]) && std::isnan(table.curves[1].values[1]));
}

TEST(Curves, ATableWithAShortLineIsRefusedWithItsNumber) {
  const auto table = read_curves("step,a,b\n1,2,3\n2,5\n");
  ASSERT_TRUE(table.has_error());
  EXPECT_NE(table.error().context.find("line 3"), std::string::npos) << table.error().context;
}

TEST(Curves, ATableWithAWordIsRefusedWithItsColumn) {
  const auto table = read_curves("step,a\n1,two\n");
  ASSERT_TRUE(table.has_error());
  EXPECT_NE(table.error().context.find("\"two\" is no number for a"), std::string::npos);
}

TEST(Curves, ThinningKeepsMeanLeastAndGreatestOfEachShare) {
  std::vector<std::int64_t> steps(10);
  std::iota(steps.begin(), steps.end(), 0);
  const std::vector<double> values{1, 2, 3, 4, NAN, 10, 20, 30, 40, 50};
  const auto points = thinned(steps, values, 3);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_DOUBLE_EQ(points[0].mean, 2.0);
  EXPECT_DOUBLE_EQ(points[0].step, 1.0);
  EXPECT_DOUBLE_EQ(points[2].least, 30.0);
  EXPECT_DOUBLE_EQ(points[2].greatest, 50.0);
}

TEST(Curves, AFlatCurveAndASinglePointStillMakeAPlot) {
  const auto page = curves_page("x", "steps", {{5}, {{"flat", {0.0}}}});
  EXPECT_NE(page.find("<circle"), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
}

TEST(Curves, NamesAreTextAndNotMarkup) {
  const auto page = curves_page("<b>", "steps", {{1, 2}, {{"a<script>", {1.0, 2.0}}}});
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_EQ(page.find("<title><b>"), std::string::npos);
}

TEST(Curves, WhatHasNoValueIsNamed) {
  const auto page =
      curves_page("x", "steps", {{1, 2}, {{"validation/return", {NAN, NAN}}, {"kl", {1.0, 2.0}}}});
  EXPECT_NE(page.find("Without a value so far: validation/return."), std::string::npos);
}

}  // namespace
}  // namespace proteus::runs
