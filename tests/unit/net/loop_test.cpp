#include <csignal>
#include <thread>

#include "tests/unit/net/support.hpp"

namespace proteus::net {
namespace {

TEST(Loop, RunsPostedWorkInOrderAndNeverInsidePost) {
  Loop loop;
  std::vector<int> order;
  loop.post([&] {
    loop.post([&] { order.push_back(3); });
    order.push_back(1);
  });
  loop.post([&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  loop.poll();
  EXPECT_THAT(order, testing::ElementsAre(1, 2, 3));
}

TEST(Loop, TakesWorkFromAnotherThread) {
  Loop loop;
  const auto here = std::this_thread::get_id();
  std::thread::id ran_on;
  std::thread other([&] {
    loop.post([&] {
      ran_on = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran_on, here);
}

TEST(Loop, StopBeforeRunCounts) {
  Loop loop;
  loop.stop();
  loop.run();  // would not return otherwise
  EXPECT_FALSE(loop.run_for(1ms)) << "one stop ends one run";
}

TEST(Loop, SignalsArriveAsCallbacks) {
  Loop loop;
  std::vector<int> numbers;
  loop.on_signals({SIGUSR1, SIGUSR2}, [&](int number) { numbers.push_back(number); });
  std::raise(SIGUSR1);
  ASSERT_TRUE(run_until(loop, [&] { return numbers.size() == 1; }));
  std::raise(SIGUSR2);
  ASSERT_TRUE(run_until(loop, [&] { return numbers.size() == 2; }));
  EXPECT_THAT(numbers, testing::ElementsAre(SIGUSR1, SIGUSR2));
}

TEST(Loop, WallClockIsWithinThisCenturyAndSteadyClockRises) {
  EXPECT_GT(Loop::wall_now(), parse_time("2024-01-01").value());
  EXPECT_LT(Loop::wall_now(), parse_time("2100-01-01").value());
  const Duration before = Loop::steady_now();
  EXPECT_GE(Loop::steady_now(), before);
}

TEST(Timer, FiresOnceAndNotBeforeItsDelay) {
  Loop loop;
  int fired = 0;
  const Duration start = Loop::steady_now();
  Duration at{};
  const Timer timer = loop.after(5ms, [&] {
    ++fired;
    at = Loop::steady_now();
  });
  EXPECT_TRUE(timer.pending());
  loop.run_for(30ms);
  EXPECT_EQ(fired, 1);
  EXPECT_GE(at - start, 5ms);
  EXPECT_FALSE(timer.pending());
}

TEST(Timer, DestroyedOrReplacedTimersDoNotFire) {
  Loop loop;
  int wrong = 0;
  int right = 0;
  {
    const Timer gone = loop.after(0ms, [&] { ++wrong; });
  }
  Timer timer = loop.after(0ms, [&] { ++wrong; });
  timer = loop.after(0ms, [&] { ++right; });
  loop.run_for(5ms);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(right, 1);
}

TEST(Timer, RepeatsUntilItCancelsItselfInsideItsCallback) {
  Loop loop;
  int fired = 0;
  Timer timer;
  timer = loop.every(1ms, [&, big = std::string(100, 'x')] {
    if (++fired == 3) timer.cancel();
    EXPECT_EQ(big.size(), 100U);  // what it captured lives until it returns
  });
  loop.run_for(20ms);
  EXPECT_EQ(fired, 3);
}

TEST(Timer, SkipsTurnsThatItMissed) {
  Loop loop;
  std::vector<Duration> at;
  const Duration start = Loop::steady_now();
  const Timer timer = loop.every(10ms, [&] {
    at.push_back(Loop::steady_now() - start);
    while (at.size() == 1 && Loop::steady_now() - start < 35ms) {
    }
  });
  ASSERT_TRUE(run_until(loop, [&] { return at.size() == 2; }));
  EXPECT_GE(at[1], 40ms) << "due at 10, then at 40: 20 and 30 were missed and are not made up for";
}

}  // namespace
}  // namespace proteus::net
