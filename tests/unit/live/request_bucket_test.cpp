// No second holds more requests than the venue allows, cancels always find room, and what the
// headers say is believed.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "connectors/live/request_bucket.hpp"

namespace proteus::live {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{100s};
const Timestamp kVenue = from_unix_ms(1700000000000);

BucketSettings settings(int limit, int reserved = 0) {
  BucketSettings s;
  s.limit = limit;
  s.reserved = reserved;
  return s;
}

TEST(RequestBucket, ABurstUpToTheLimitThenOneWindowLater) {
  RequestBucket bucket(settings(10));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.take(kStart + i * 1ms)) << i;
  EXPECT_FALSE(bucket.take(kStart + 10ms));
  EXPECT_EQ(bucket.ready_at(kStart + 10ms), kStart + 1020ms);
  EXPECT_FALSE(bucket.take(kStart + 1019ms));
  EXPECT_TRUE(bucket.take(kStart + 1020ms));
  EXPECT_FALSE(bucket.take(kStart + 1020ms)) << "the second came a millisecond after the first";
}

TEST(RequestBucket, NoSecondHoldsMoreThanTheLimit) {
  const std::uint64_t seed = 20260714;
  SCOPED_TRACE(seed);
  std::mt19937_64 engine(seed);
  RequestBucket bucket(settings(20, 5));
  std::deque<SteadyTime> sent;
  std::size_t count = 0;
  SteadyTime now = kStart;
  for (int i = 0; i < 20'000; ++i) {
    now += Duration{static_cast<std::int64_t>(engine() % 40'000'000)};
    const BucketUse use = engine() % 3 == 0 ? BucketUse::Cancel : BucketUse::Other;
    const SteadyTime ready = bucket.ready_at(now, use);
    ASSERT_EQ(bucket.take(now, use), ready <= now);
    if (ready > now) continue;
    ++count;
    sent.push_back(now);
    while (sent.front() <= now - 1s) sent.pop_front();
    ASSERT_LE(sent.size(), 20U);
  }
  EXPECT_GT(count, 6'000U) << "400 s in which cancels alone want 16 a second";
}

TEST(RequestBucket, CancelsFindRoom) {
  RequestBucket bucket(settings(10, 3));
  int others = 0;
  while (bucket.take(kStart)) ++others;
  EXPECT_EQ(others, 7);
  int cancels = 0;
  while (bucket.take(kStart, BucketUse::Cancel)) ++cancels;
  EXPECT_EQ(cancels, 3);
  RequestBucket small(settings(1, 5));
  EXPECT_TRUE(small.take(kStart)) << "one is always left for the others";
}

TEST(RequestBucket, LearnsTheLimit) {
  RequestBucket bucket(settings(10));
  bucket.learn({200, 199, kVenue}, kVenue, kStart);
  EXPECT_EQ(bucket.limit(), 200);
  int taken = 0;
  while (bucket.take(kStart)) ++taken;
  EXPECT_EQ(taken, 199) << "one was counted by the venue that we have not sent";
  bucket.learn({}, kVenue, kStart);
  EXPECT_EQ(bucket.limit(), 200) << "an answer without headers teaches nothing";
}

TEST(RequestBucket, WhatOthersTookComesBack) {
  RequestBucket bucket(settings(10));
  ASSERT_TRUE(bucket.take(kStart));
  bucket.learn({10, 4, kVenue}, kVenue, kStart);
  EXPECT_EQ(bucket.left(kStart), 4);
  EXPECT_EQ(bucket.left(kStart + 1020ms), 10);
  // What is on its way is not given back by an answer that does not know of it.
  RequestBucket busy(settings(10));
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(busy.take(kStart));
  busy.learn({10, 9, kVenue}, kVenue, kStart);
  EXPECT_EQ(busy.left(kStart), 4);
}

TEST(RequestBucket, WaitsForTheReset) {
  RequestBucket bucket(settings(10));
  bucket.exhausted({10, 0, kVenue + 300ms}, kVenue, kStart);
  EXPECT_FALSE(bucket.take(kStart, BucketUse::Cancel));
  EXPECT_EQ(bucket.ready_at(kStart, BucketUse::Cancel), kStart + 320ms);
  EXPECT_TRUE(bucket.take(kStart + 320ms));
  RequestBucket silent(settings(10));
  silent.exhausted({}, kVenue, kStart);
  EXPECT_EQ(silent.ready_at(kStart), kStart + 1020ms) << "a whole window where no reset is told";
  RequestBucket wrong(settings(10));
  wrong.exhausted({10, 0, kVenue + 3h}, kVenue, kStart);
  EXPECT_EQ(wrong.ready_at(kStart), kStart + 1020ms) << "our reckoning of its clock may be off";
}

TEST(RequestBucket, ReadsHeaders) {
  RateLimit limit;
  read_header(limit, "x-bapi-limit", "20");
  read_header(limit, "X-Bapi-Limit-Status", "19");
  read_header(limit, "X-BAPI-LIMIT-RESET-TIMESTAMP", "1700000000824");
  read_header(limit, "Traceid", "38b7");
  EXPECT_EQ(limit, (RateLimit{20, 19, from_unix_ms(1700000000824)}));
  read_header(limit, "X-Bapi-Limit", "many");
  read_header(limit, "X-Bapi-Limit", "-5");
  read_header(limit, "X-Bapi-Limit", "");
  EXPECT_EQ(limit.limit, 20);
}

}  // namespace
}  // namespace proteus::live
