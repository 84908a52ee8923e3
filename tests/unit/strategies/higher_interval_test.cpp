// Higher bars come out complete and closed, or not at all.
#include <gtest/gtest.h>

#include "strategies/features/higher_interval.hpp"

namespace proteus::features {
namespace {

Bar bar_at(Timestamp open, Interval interval) {
  Bar bar;
  bar.interval = interval;
  bar.open_time = open;
  bar.close_time = next_open(open, interval);
  return bar;
}

/// Close times at which a higher bar came out, for base bars from `first` on; `missing` is left
/// out.
std::vector<std::string> closings(Interval base, const char* first, int count, int missing = -1) {
  HigherBars higher(base, higher_interval(base).value());
  std::vector<std::string> out;
  Timestamp open = parse_time(first).value();
  for (int i = 0; i < count; ++i, open = next_open(open, base)) {
    const Bar bar = bar_at(open, base);
    if (i != missing && higher.add(bar)) out.push_back(format_time(bar.close_time).substr(0, 16));
  }
  return out;
}

using Times = std::vector<std::string>;

TEST(HigherBars, ComeOutWithTheLastOfTheirBaseBars) {
  EXPECT_EQ(closings(Interval::M1, "2025-05-29T17:00", 44),
            (Times{"2025-05-29T17:15", "2025-05-29T17:30"}));
  EXPECT_EQ(closings(Interval::M1, "2025-05-29T17:00", 45).size(), 3U);
  EXPECT_EQ(closings(Interval::D1, "2025-06-02", 14),  // a Monday
            (Times{"2025-06-09T00:00", "2025-06-16T00:00"}));
}

TEST(HigherBars, DropTheOneThatWasBegunInItsMiddle) {
  EXPECT_EQ(closings(Interval::M1, "2025-05-29T17:05", 25), (Times{"2025-05-29T17:30"}));
}

TEST(HigherBars, DropTheOneThatMissesABaseBar) {
  for (const int missing : {0, 7, 14})
    EXPECT_EQ(closings(Interval::M1, "2025-05-29T17:00", 30, missing), (Times{"2025-05-29T17:30"}))
        << missing;
}

TEST(HigherBars, HoldAWholeNumberOfBaseBars) {
  using enum Interval;
  const std::pair<Interval, std::size_t> expected[] = {{M1, 15},  {M3, 20},  {M5, 12}, {M15, 16},
                                                       {M30, 24}, {H1, 24},  {H2, 12}, {H4, 6},
                                                       {H6, 4},   {H12, 14}, {D1, 7}};
  for (const auto& [base, count] : expected)
    EXPECT_EQ(HigherBars(base, higher_interval(base).value()).bars_each(), count)
        << to_string(base);
}

}  // namespace
}  // namespace proteus::features
