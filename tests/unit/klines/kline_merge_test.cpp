#include "connectors/klines/kline_merge.hpp"

#include <fmt/format.h>

#include "tests/unit/klines/scratch.hpp"

namespace proteus::klines {
namespace {

/// A file with bars that open `minutes` after 2025-05-29T17:00Z.
std::filesystem::path bars(const Scratch& scratch, std::string_view name,
                           const std::vector<int>& minutes, std::string_view tail = "") {
  std::string text = "start_ms,open,high,low,close,volume,turnover\n";
  for (const int m : minutes) text += fmt::format("{},1,1,1,1,1,\n", 1748538000000 + 60000LL * m);
  return scratch.write(name, text + std::string(tail));
}

std::vector<std::string> order(KlineMerge& merge) {
  std::vector<std::string> seen;
  while (true) {
    const auto bar = merge.next();
    if (!bar || !bar.value()) return seen;
    const Bar& b = *bar.value();
    seen.push_back(fmt::format("{}:{}@{}", b.instrument.index, to_string(b.interval),
                               (to_unix_ms(b.close_time) - 1748538000000) / 60000));
  }
}

TEST(KlineMerge, OrdersByCloseThenInstrumentThenInterval) {
  const Scratch scratch;
  const std::vector<KlineFile> files = {
      {bars(scratch, "b", {0, 1, 4, 5}), InstrumentId{1}, Interval::M1},
      {bars(scratch, "a5", {0, 5}), InstrumentId{0}, Interval::M5},
      {bars(scratch, "a", {1, 4}), InstrumentId{0}, Interval::M1}};
  auto merge = KlineMerge::open(files).value();
  EXPECT_EQ(order(merge), (std::vector<std::string>{"1:1m@1", "0:1m@2", "1:1m@2", "0:1m@5",
                                                    "0:5m@5", "1:1m@5", "1:1m@6", "0:5m@10"}));
  EXPECT_FALSE(merge.next().value().has_value());
}

TEST(KlineMerge, EndsAtOnceOverNoFilesAndEmptyFiles) {
  const Scratch scratch;
  auto none = KlineMerge::open({}).value();
  EXPECT_FALSE(none.next().value().has_value());
  const std::vector<KlineFile> files = {{bars(scratch, "a", {}), InstrumentId{0}, Interval::M1}};
  auto empty = KlineMerge::open(files).value();
  EXPECT_FALSE(empty.next().value().has_value());
}

TEST(KlineMerge, GivesTheGoodBarsBeforeAnErrorAndThenOnlyTheError) {
  const Scratch scratch;
  const std::vector<KlineFile> files = {
      {bars(scratch, "a", {0, 1}, "x\n"), InstrumentId{0}, Interval::M1},
      {bars(scratch, "b", {0, 1, 2}), InstrumentId{1}, Interval::M1}};
  auto merge = KlineMerge::open(files).value();
  EXPECT_EQ(order(merge), (std::vector<std::string>{"0:1m@1", "1:1m@1", "0:1m@2"}));
  EXPECT_NE(merge.next().error().context.find("a:4: not 7 columns"), std::string::npos);
}

TEST(KlineMerge, RefusesTheSameInstrumentAndIntervalTwice) {
  const Scratch scratch;
  const auto path = bars(scratch, "a", {0});
  const std::vector<KlineFile> files = {{path, InstrumentId{0}, Interval::M1},
                                        {path, InstrumentId{0}, Interval::M1}};
  EXPECT_EQ(KlineMerge::open(files).error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace proteus::klines
