// All feature sets against numbers that tests/reference/features_reference.py computed with numpy,
// written independently as window formulas, and kept in tests/golden.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/strategies/bars.hpp"

namespace proteus::features {
namespace {

struct GoldenRow {
  std::size_t bar = 0;
  std::int64_t close_ticks = 0;
  std::vector<double> values;
};

struct Golden {
  std::vector<std::string> names;
  std::vector<GoldenRow> rows;
};

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) out.push_back(cell);
  return out;
}

Golden read_golden(const std::string& file) {
  const char* source = std::getenv("PROTEUS_SOURCE_DIR");
  std::ifstream in(std::string(source != nullptr ? source : ".") + "/tests/golden/" + file);
  Golden golden;
  std::string line;
  std::getline(in, line);
  golden.names = cells(line);
  golden.names.erase(golden.names.begin(), golden.names.begin() + 2);
  while (std::getline(in, line)) {
    const std::vector<std::string> texts = cells(line);
    GoldenRow row{.bar = std::stoul(texts[0]), .close_ticks = std::stoll(texts[1])};
    for (std::size_t i = 2; i < texts.size(); ++i) row.values.push_back(std::stod(texts[i]));
    golden.rows.push_back(row);
  }
  return golden;
}

/// Largest |ours - golden| over all rows; also checks that both sides speak of the same bars.
double largest_difference(Kind kind, const Golden& golden) {
  const std::vector<test::Step> steps =
      test::reference_steps(golden.rows.empty() ? 0 : golden.rows.back().bar + 1);
  const auto set = test::make_set(kind);
  const test::Rows rows = test::run(*set, steps);
  double worst = 0.0;
  for (const GoldenRow& row : golden.rows) {
    EXPECT_EQ(steps[row.bar].bar.close.raw(), row.close_ticks * test::kTickRaw) << row.bar;
    EXPECT_EQ(rows[row.bar].size(), row.values.size());
    for (std::size_t i = 0; i < row.values.size(); ++i)
      worst = std::max(worst, std::abs(rows[row.bar][i] - row.values[i]));
  }
  std::printf("largest difference to the reference %.3g\n", worst);
  return worst;
}

void expect_names(Kind kind, const Golden& golden) {
  const auto set = test::make_set(kind);
  std::vector<std::string> names;
  for (const FeatureSpec& feature : set->schema().features) names.push_back(feature.name);
  EXPECT_EQ(names, golden.names);
}

TEST(ChapterFeatures, EqualAnIndependentComputation) {
  const Golden golden = read_golden("features_chapter.csv");
  ASSERT_EQ(golden.rows.size(), 360U) << "golden file missing: run from the source folder";
  ASSERT_EQ(golden.rows.front().bar, test::make_set(Kind::Chapter)->schema().warm_up_bars - 1);
  expect_names(Kind::Chapter, golden);
  EXPECT_LE(largest_difference(Kind::Chapter, golden), 1e-11);
}

TEST(TrendFeatures, EqualAnIndependentComputation) {
  const Golden golden = read_golden("features_trend.csv");
  ASSERT_EQ(golden.rows.size(), 120U) << "golden file missing: run from the source folder";
  ASSERT_EQ(golden.rows.front().bar, test::make_set(Kind::Trend)->schema().warm_up_bars - 1);
  expect_names(Kind::Trend, golden);
  EXPECT_LE(largest_difference(Kind::Trend, golden), 1e-11);
}

TEST(PractitionerFeatures, EqualAnIndependentComputation) {
  const Golden golden = read_golden("features_practitioner.csv");
  ASSERT_EQ(golden.rows.size(), 360U) << "golden file missing: run from the source folder";
  expect_names(Kind::Practitioner, golden);
  EXPECT_LE(largest_difference(Kind::Practitioner, golden), 1e-11);
}

}  // namespace
}  // namespace proteus::features
