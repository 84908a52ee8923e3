#include "connectors/paper/recent_ids.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace proteus::paper {
namespace {

using namespace std::chrono_literals;

ClientOrderId id_of(std::chrono::seconds second, std::uint32_t ordinal = 0) {
  return make_order_id("0123456789abc", {0}, Timestamp{second}, Purpose::Open, ordinal);
}

TEST(RecentIds, KnowsEachIdOfASecondThatHasMany) {
  RecentIds ids;
  for (std::uint32_t i = 0; i < 40; ++i) ids.insert(id_of(100s, i));
  for (std::uint32_t i = 0; i < 40; ++i) EXPECT_TRUE(ids.contains(id_of(100s, i))) << i;
  EXPECT_FALSE(ids.contains(id_of(100s, 40)));
  EXPECT_FALSE(ids.contains(id_of(99s, 0)));
}

TEST(RecentIds, KnowsAnOldIdThatComesAgain) {
  RecentIds ids;
  for (int second = 1; second <= 500; ++second) ids.insert(id_of(std::chrono::seconds{second}));
  EXPECT_TRUE(ids.contains(id_of(3s)));
  EXPECT_FALSE(ids.contains(id_of(3s, 1)));
}

TEST(RecentIds, WithoutASecondAreKnownToo) {
  RecentIds ids;
  ids.insert("by-hand");
  ids.insert(id_of(5s));
  EXPECT_TRUE(ids.contains("by-hand"));
}

TEST(RecentIds, OldestGoesWhenTheRoomIsFull) {
  RecentIds ids;
  const auto count = static_cast<int>(RecentIds::kKept) + 1;
  for (int second = 0; second < count; ++second) ids.insert(id_of(std::chrono::seconds{second}));
  EXPECT_FALSE(ids.contains(id_of(0s)));
  EXPECT_TRUE(ids.contains(id_of(1s)));
  EXPECT_TRUE(ids.contains(id_of(std::chrono::seconds{count - 1})));
}

TEST(RecentIds, SurviveARestartInTheirOrder) {
  RecentIds before;
  for (int second = 0; second < 9000; ++second) before.insert(id_of(std::chrono::seconds{second}));
  ByteBuffer bytes;
  Archive writer = Archive::writer(bytes);
  writer(before);
  ASSERT_TRUE(writer.finish());
  RecentIds after;
  Archive reader = Archive::reader(bytes.view());
  reader(after);
  ASSERT_TRUE(reader.finish());
  EXPECT_FALSE(after.contains(id_of(std::chrono::seconds{9000 - RecentIds::kKept - 1})));
  EXPECT_TRUE(after.contains(id_of(std::chrono::seconds{9000 - RecentIds::kKept})));
  EXPECT_TRUE(after.contains(id_of(8999s)));
}

}  // namespace
}  // namespace proteus::paper
