#include "connectors/bybit/venue_clock.hpp"

#include <gtest/gtest.h>

namespace proteus::bybit {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp at(std::int64_t ms) { return from_unix_ms(1'700'000'000'000 + ms); }

TEST(VenueClock, CountsHalfTheRoundTrip) {
  SteadyTime now{10s};
  VenueClock clock(ClockMode::Steady, 1.0, [&] { return now; });
  EXPECT_FALSE(clock.anchored());
  ASSERT_TRUE(clock.on_server_time(at(0), SteadyTime{10s}, SteadyTime{10s + 80ms}));
  now = SteadyTime{10s + 80ms};
  EXPECT_EQ(clock.venue_now(), at(40));
  EXPECT_EQ(clock.uncertainty(), 40ms);
  now += 5s;
  EXPECT_EQ(clock.venue_now(), at(5'040));
}

TEST(VenueClock, RunsFasterInAnAcceleratedSimulation) {
  SteadyTime now{0s};
  VenueClock clock(ClockMode::Steady, 600.0, [&] { return now; });
  clock.on_server_time(at(0), now, now);
  now += 100ms;
  EXPECT_EQ(clock.venue_now(), at(60'000));
}

TEST(VenueClock, NeverGoesBackAndTellsTheOffset) {
  SteadyTime now{0s};
  VenueClock clock(ClockMode::Steady, 1.0, [&] { return now; });
  clock.on_server_time(at(0), now, now);
  now += 60s;
  EXPECT_EQ(clock.venue_now(), at(60'000));
  clock.on_server_time(at(59'000), now, now);  // We ran a second ahead.
  EXPECT_EQ(clock.offset(), -1s);
  EXPECT_EQ(clock.venue_now(), at(60'000));
  now += 400ms;
  EXPECT_EQ(clock.venue_now(), at(60'000));  // It stands still until the truth has caught up.
  now += 1s;
  EXPECT_EQ(clock.venue_now(), at(60'400));
}

TEST(VenueClock, PrefersItsAnchorToASlowAnswer) {
  SteadyTime now{0s};
  VenueClock clock(ClockMode::Steady, 1.0, [&] { return now; });
  EXPECT_TRUE(clock.on_server_time(at(0), now, now + 3s));  // Better than none.
  EXPECT_FALSE(clock.on_server_time(at(9'000), now, now + 3s));
  EXPECT_FALSE(clock.on_server_time(at(9'000), now + 1s, now));
}

TEST(VenueClock, FollowsTheFramesWhereToldTo) {
  SteadyTime now{0s};
  VenueClock clock(ClockMode::Frames, 1.0, [&] { return now; });
  clock.on_server_time(at(0), now, now);
  now += 1h;
  EXPECT_EQ(clock.venue_now(), at(0));
  EXPECT_TRUE(clock.on_frame_time(at(700)));
  EXPECT_TRUE(clock.on_frame_time(at(300)));
  EXPECT_EQ(clock.venue_now(), at(700));
  EXPECT_FALSE(clock.on_frame_time(at(700) + 25h));  // One bad frame must not spoil the session.
  EXPECT_EQ(clock.venue_now(), at(700));
  EXPECT_TRUE(clock.on_server_time(at(700) + 48h, now, now));
  EXPECT_EQ(clock.venue_now(), at(700) + 48h);
}

TEST(VenueClock, IgnoresFramesWhereItRunsByItself) {
  SteadyTime now{0s};
  VenueClock clock(ClockMode::Steady, 1.0, [&] { return now; });
  clock.on_server_time(at(0), now, now);
  clock.on_frame_time(at(99'000));
  EXPECT_EQ(clock.venue_now(), at(0));
}

}  // namespace
}  // namespace proteus::bybit
