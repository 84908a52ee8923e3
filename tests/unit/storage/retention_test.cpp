// What may go of a session, in which order, and what never goes.
#include "connectors/storage/retention.hpp"

#include <fmt/format.h>

#include "connectors/storage/feed_part.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

const Timestamp kStart = from_unix_ms(1'748'538'300'000);
constexpr std::uint64_t kAll = 1'000'000;

/// Segments of one record and one hour each, compressed but for the last; parts of the feed of an
/// hour each, 1000 bytes.
class Weeks {
 public:
  explicit Weeks(int hours) {
    settings_.keep_feed = settings_.keep_log = 1000h;
    auto journal = WalJournal::create(wal(), a_header()).value();
    fs::create_directory(folder_ / "feed");
    for (int hour = 0; hour < hours; ++hour) {
      Event event;
      event.ts_recv = kStart + hour * 1h;
      event.body = ClockTick{};
      journal->append(event);
      Snapshot snapshot;
      snapshot.time = event.ts_recv;
      EXPECT_TRUE(journal->rotate(snapshot));
      EXPECT_TRUE(compress_part(folder_ / fmt::format("log/{:06}.wal", hour + 1), 1));
      write_bytes(part(hour), std::string(1000, 'x'));
    }
  }
  [[nodiscard]] fs::path wal() const { return folder_ / "session.wal"; }
  [[nodiscard]] fs::path part(int hour) const {
    return folder_ / fmt::format("feed/rest-{}.jsonl.zst", to_unix_ns(kStart + hour * 1h));
  }
  std::vector<std::string> enforce(Timestamp now, std::uint64_t told = kAll) {
    Retention retention{wal(), settings_};
    std::vector<std::string> names;
    for (const Dropped& d : retention.enforce(now, told, use_))
      names.push_back(fmt::format("{} {} {}", d.what, d.name, d.why));
    return names;
  }
  [[nodiscard]] std::size_t segments() const { return closed_parts(wal()).size(); }

  Folder folder_;
  StorageSettings settings_;
  DiskUse use_;
};

TEST(Retention, NothingGoesThatIsYoungAndWithinTheQuota) {
  Weeks weeks{5};
  EXPECT_TRUE(weeks.enforce(kStart + 5h).empty());
  EXPECT_EQ(weeks.use_.session_bytes, disk_use(weeks.folder_.path()).session_bytes);
}

TEST(Retention, PartsOfTheFeedGoAtTheirAge) {
  Weeks weeks{5};
  weeks.settings_.keep_feed = 3h;
  // The part of hour 0 ends at hour 1 at the latest, and is three hours old at hour 4.
  EXPECT_TRUE(weeks.enforce(kStart + 4h).empty());
  EXPECT_EQ(weeks.enforce(kStart + 4h + 1ns).size(), 1U);
  EXPECT_FALSE(fs::exists(weeks.part(0)));
  EXPECT_TRUE(fs::exists(weeks.part(1)));
}

TEST(Retention, SegmentsGoAtTheirAgeButNeverTheLastTwo) {
  Weeks weeks{5};
  weeks.settings_.keep_log = 3h;
  // Segment 1 ends with its snapshot at hour 0, segment 2 at hour 1.
  EXPECT_EQ(weeks.enforce(kStart + 4h), (std::vector<std::string>{"log 000001.wal.zst age"}));
  EXPECT_EQ(weeks.enforce(kStart + 1000h).size(), 3U);
  EXPECT_EQ(weeks.segments(), 1U);
  EXPECT_TRUE(fs::exists(weeks.folder_ / "log/000005.wal.zst"));
  EXPECT_TRUE(fs::exists(weeks.wal()));
}

TEST(Retention, ASegmentThatTheTablesDoNotKnowStays) {
  Weeks weeks{5};
  weeks.settings_.keep_log = 1h;
  // Two records a segment after the first: snapshot and event. Segment 2 ends before record 3.
  EXPECT_EQ(weeks.enforce(kStart + 1000h, 2), (std::vector<std::string>{"log 000001.wal.zst age"}));
}

TEST(Retention, TheQuotaTakesTheOldestFeedFirstAndThenTheOldestSegments) {
  Weeks weeks{5};
  const std::uint64_t all = disk_use(weeks.folder_.path()).session_bytes;
  weeks.settings_.quota_bytes = static_cast<std::int64_t>(all - 1500);
  EXPECT_EQ(weeks.enforce(kStart).size(), 2U);
  EXPECT_FALSE(fs::exists(weeks.part(1)));
  EXPECT_TRUE(fs::exists(weeks.part(2)));
  EXPECT_EQ(weeks.use_.session_bytes, all - 2000);
  weeks.settings_.quota_bytes = static_cast<std::int64_t>(all - 5001);
  const auto gone = weeks.enforce(kStart);
  ASSERT_EQ(gone.size(), 4U);
  EXPECT_EQ(gone.back(), "log 000001.wal.zst quota");
}

TEST(Retention, WhereNothingMoreMayGoItIsStillTooMuch) {
  Weeks weeks{5};
  weeks.settings_.quota_bytes = 100;
  EXPECT_EQ(weeks.enforce(kStart).size(), 9U);  // five parts, four segments
  EXPECT_GT(weeks.use_.session_bytes, 100U);
  EXPECT_TRUE(weeks.enforce(kStart).empty());
}

TEST(Retention, AMissingSegmentKeepsNothingBehindIt) {
  Weeks weeks{6};
  weeks.settings_.keep_log = 1h;
  fs::remove(weeks.folder_ / "log/000002.wal.zst");
  Retention retention{weeks.wal(), weeks.settings_};
  std::vector<std::uint64_t> segments;
  for (const Expendable& file : retention.expendable(kAll))
    if (file.log) segments.push_back(file.first);
  // Of segments 1, 3, 4 and 5; they begin with the records 0, 1, 3, 5, ...
  EXPECT_EQ(segments, (std::vector<std::uint64_t>{0, 3, 5, 7}));
  EXPECT_EQ(weeks.enforce(kStart + 1000h).size(), 4U);
  EXPECT_EQ(weeks.segments(), 1U);
}

TEST(Retention, WhatIsNotCompressedOrHasAnotherNameIsNotTouched) {
  Weeks weeks{3};
  const auto writing = weeks.folder_ / "feed/rest-1.jsonl";
  const auto notes = weeks.folder_ / "feed/notes.txt";
  write_bytes(writing, "x");
  write_bytes(notes, "x");
  weeks.settings_.quota_bytes = 1;
  weeks.enforce(kStart + 100000h);
  EXPECT_TRUE(fs::exists(writing));
  EXPECT_TRUE(fs::exists(notes));
}

TEST(Retention, WhatIsLeftIsALogWithoutAHole) {
  std::mt19937_64 random{12};
  for (int round = 0; round < 30; ++round) {
    Weeks weeks{6};
    const auto bytes = static_cast<std::int64_t>(disk_use(weeks.folder_.path()).session_bytes);
    weeks.settings_.quota_bytes = 1 + static_cast<std::int64_t>(random() % 9000);
    weeks.settings_.keep_log = Duration{1h} * (random() % 8);
    weeks.enforce(kStart + 1h * static_cast<int>(random() % 10), random() % 14);
    SCOPED_TRACE(
        fmt::format("round {} of {} bytes, quota {}", round, bytes, weeks.settings_.quota_bytes));
    ASSERT_GE(weeks.segments(), 1U);
    auto log = SessionLog::open(weeks.wal());
    ASSERT_TRUE(log.has_value());
    std::uint64_t number = log.value().first_record();
    ASSERT_EQ(log.value().header().segment, 7 - weeks.segments());
    for (;; ++number) {
      const auto record = log.value().next();
      ASSERT_TRUE(record.has_value()) << record.error().context;
      if (record.value() == nullptr) break;
    }
    ASSERT_EQ(number, 12U);
  }
}

}  // namespace
}  // namespace proteus::storage
