#include "tools/app/loop_delay.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

TEST(LoopDelay, ThePercentileIsTheValueThatOneInAHundredPasses) {
  LoopDelay delay;
  EXPECT_EQ(delay.p99(), 0s);
  for (int i = 1; i <= 100; ++i) delay.add(i * 1ms);
  EXPECT_EQ(delay.p99(), 99ms);
  EXPECT_EQ(delay.worst(), 100ms);
  EXPECT_EQ(delay.last(), 100ms);
}

TEST(LoopDelay, OneValueIsItsOwnPercentile) {
  LoopDelay delay;
  delay.add(7ms);
  EXPECT_EQ(delay.p99(), 7ms);
}

TEST(LoopDelay, ForgetsInThePercentileWhatIsOlderThanAMinute) {
  LoopDelay delay;
  for (int i = 0; i < 600; ++i) delay.add(1s);
  for (int i = 0; i < 593; ++i) delay.add(1ms);
  EXPECT_EQ(delay.p99(), 1s);
  delay.add(1ms);
  EXPECT_EQ(delay.p99(), 1ms);
  EXPECT_EQ(delay.worst(), 1s);
}

TEST(LoopDelay, ABoundBelongsToItsBucket) {
  LoopDelay delay;
  delay.add(-5ms);
  delay.add(100us);
  delay.add(100001ns);
  delay.add(5s);
  delay.add(6s);
  const auto& b = delay.buckets();
  EXPECT_EQ(b[0], 2U);
  EXPECT_EQ(b[1], 1U);
  EXPECT_EQ(b[12], 1U);
  EXPECT_EQ(b[13], 1U);
  EXPECT_EQ(std::accumulate(b.begin(), b.end(), std::uint64_t{0}), delay.count());
  EXPECT_NEAR(delay.sum_seconds(), 11.0002, 1e-5);
}

}  // namespace
}  // namespace proteus::app
