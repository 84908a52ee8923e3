// Room behind the last record of a log, and the pages that a loss of power takes out of it.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "connectors/storage/log_recovery.hpp"
#include "connectors/storage/session_log.hpp"
#include "connectors/storage/storage_thread.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;

constexpr std::uint64_t kPage = 4096;

void write(WalJournal& journal, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    journal.append(tick(journal.records() + 1));
    ASSERT_TRUE(journal.commit());
  }
}

/// Number of frames that can be read, and how the reading ended.
struct FramesRead {
  std::uint64_t frames = 0;
  WalReader::Tail tail;
  std::string error;
};
FramesRead count_frames(const fs::path& path) {
  auto reader = WalReader::open(path).value();
  FramesRead back;
  for (;;) {
    const auto frame = reader.next_frame();
    if (!frame) back.error = frame.error().context;
    if (!frame || !frame.value()) break;
    ++back.frames;
  }
  back.tail = reader.tail();
  return back;
}

/// A log of `records` with `room` zeros behind them.
std::string log_with_room(const fs::path& path, std::uint64_t records, std::size_t room) {
  {
    auto journal = WalJournal::create(path, a_header()).value();
    write(*journal, records);
  }
  std::string bytes = read_all(path) + std::string(room, '\0');
  write_bytes(path, bytes);
  return bytes;
}

TEST(Room, ZerosBehindTheLastRecordAreTheEndAndNoTornTail) {
  Folder folder;
  log_with_room(folder / "session.wal", 3, 3 * kPage);
  const FramesRead back = count_frames(folder / "session.wal");
  EXPECT_EQ(back.error, "");
  EXPECT_EQ(back.frames, 3U);
  EXPECT_FALSE(back.tail.torn);
}

TEST(Room, ALogGoesOnInsideIt) {
  Folder folder;
  const std::string before = log_with_room(folder / "session.wal", 3, 2 * kPage);
  {
    auto last = LastSegment::open(folder / "session.wal").value();
    auto journal = WalJournal::resume(last).value();
    write(*journal, 2);
  }
  EXPECT_EQ(read_all(folder / "session.wal").size(), before.size());
  EXPECT_EQ(count_frames(folder / "session.wal").frames, 5U);
}

TEST(Room, WhoReadsAlongSeesWhatIsWrittenIntoIt) {
  Folder folder;
  log_with_room(folder / "session.wal", 3, 2 * kPage);
  auto last = LastSegment::open(folder / "session.wal").value();
  auto journal = WalJournal::resume(last).value();
  auto reader = WalReader::open(folder / "session.wal").value();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(reader.next_frame().value());
  ASSERT_FALSE(reader.next_frame().value());
  write(*journal, 1);
  EXPECT_TRUE(reader.next_frame().value());
  EXPECT_FALSE(reader.next_frame().value());
}

TEST(Room, WhoReadAheadOfTheWriterTakesItsRoomForNoDamage) {
  Folder folder;
  log_with_room(folder / "session.wal", 3, 2 * kPage);
  auto last = LastSegment::open(folder / "session.wal").value();
  auto journal = WalJournal::resume(last).value();
  auto reader = WalReader::open(folder / "session.wal").value();
  ASSERT_TRUE(reader.next_frame().value());  // Much of the room is in its window now.
  write(*journal, 3);
  std::uint64_t read = 1;
  for (int ends = 0; ends < 3;) {
    const auto frame = reader.next_frame();
    ASSERT_TRUE(frame.has_value()) << frame.error().context;
    frame.value() ? ++read : static_cast<std::uint64_t>(++ends);
  }
  EXPECT_EQ(read, 6U);
}

TEST(Room, ADamagedRecordBeforeOneThatEndsInAZeroIsDamage) {
  Folder folder;
  std::uint64_t begin = 0;
  {
    auto journal = WalJournal::create(folder / "session.wal", a_header()).value();
    write(*journal, 2);
    begin = journal->committed_bytes();
    write(*journal, 1);
    journal->append(DecisionRecord{});
    ASSERT_TRUE(journal->commit());
  }
  std::string bytes = read_all(folder / "session.wal");
  ASSERT_EQ(bytes.back(), '\0');
  bytes[begin + 25] = static_cast<char>(bytes[begin + 25] ^ 4);
  write_bytes(folder / "session.wal", bytes);
  EXPECT_THAT(count_frames(folder / "session.wal").error,
              ::testing::HasSubstr("whole records follow"));
}

TEST(Room, ATornRecordInItIsCutOffAndKeptWithoutTheZeros) {
  Folder folder;
  const std::string whole = log_with_room(folder / "session.wal", 3, 2 * kPage);
  const std::uint64_t end = whole.find_last_not_of('\0') + 1;
  std::string torn = whole;
  torn[end - 1] = '\0';
  write_bytes(folder / "session.wal", torn);
  auto last = LastSegment::open(folder / "session.wal").value();
  ASSERT_TRUE(WalJournal::resume(last).has_value());
  EXPECT_EQ(count_frames(folder / "session.wal").frames, 2U);
  const std::string kept = read_all(folder / "session.wal.torn");
  ASSERT_FALSE(kept.empty());
  EXPECT_NE(kept.back(), '\0');
  EXPECT_NE(whole.find(kept), std::string::npos);
  EXPECT_EQ(last.cut_bytes(), kept.size());
}

/// Each page of a log of many records zeroed in turn, the first (with the header) left out.
TEST(LostPage, EndsTheLogBeforeItThoughWholeRecordsFollow) {
  Folder folder;
  const std::string whole = log_with_room(folder / "session.wal", 1000, 0);
  ASSERT_GT(whole.size(), 8 * kPage);
  std::uint64_t before = 0;
  for (std::uint64_t page = 1; (page + 1) * kPage < whole.size(); ++page) {
    std::string lost = whole;
    lost.replace(page * kPage, kPage, kPage, '\0');
    write_bytes(folder / "lost.wal", lost);
    const FramesRead back = count_frames(folder / "lost.wal");
    ASSERT_EQ(back.error, "") << page;
    EXPECT_TRUE(back.tail.torn) << page;
    EXPECT_LE(back.tail.offset, page * kPage);
    EXPECT_GT(back.frames, before);
    before = back.frames;
  }
}

TEST(LostPage, IsToldFromDamageByItsBeingWhole) {
  Folder folder;
  std::string bytes = log_with_room(folder / "session.wal", 1000, 0);
  bytes.replace(2 * kPage, kPage / 2, kPage / 2, '\0');
  write_bytes(folder / "session.wal", bytes);
  EXPECT_THAT(count_frames(folder / "session.wal").error,
              ::testing::HasSubstr("whole records follow"));
}

class RoomMade : public ::testing::Test {
 protected:
  RoomMade() {
    settings_.sync_interval = std::chrono::hours{1};
    journal_ = WalJournal::create(wal(), a_header()).value();
    thread_ = StorageThread::start(*journal_, folder_ / "journal.sqlite", settings_).value();
    thread_->drain();
  }
  [[nodiscard]] fs::path wal() const { return folder_ / "session.wal"; }

  Folder folder_;
  StorageSettings settings_;
  std::unique_ptr<WalJournal> journal_;
  std::unique_ptr<StorageThread> thread_;
};

TEST_F(RoomMade, IsAllocatedAheadOfTheLoop) {
  struct stat info {};
  ASSERT_EQ(::stat(wal().c_str(), &info), 0);
  EXPECT_GT(static_cast<std::uint64_t>(info.st_size), journal_->committed_bytes() + (1U << 19U));
  EXPECT_GT(info.st_blocks * 512, 1 << 19);
}

TEST_F(RoomMade, DoesNotTouchWhatTheLoopWritesMeanwhile) {
  for (int i = 0; i < 200; ++i) {
    write(*journal_, 100);
    if (i % 10 == 0) thread_->drain();
  }
  EXPECT_EQ(count_frames(wal()).frames, 20'000U);
  EXPECT_EQ(count_frames(wal()).error, "");
}

TEST_F(RoomMade, IsGivenBackAtTheEnd) {
  write(*journal_, 10);
  thread_.reset();
  EXPECT_EQ(fs::file_size(wal()), journal_->committed_bytes());
  EXPECT_EQ(count_frames(wal()).frames, 10U);
}

TEST_F(RoomMade, IsCutOffASegmentThatIsClosed) {
  write(*journal_, 10);
  const std::uint64_t end = journal_->committed_bytes();
  ASSERT_TRUE(journal_->rotate(snapshot_at(10)));
  thread_->drain();
  auto closed = open_segment(wal(), 1).value();
  std::uint64_t records = 0;
  for (;;) {
    const auto frame = closed.next_frame();
    ASSERT_TRUE(frame.has_value()) << frame.error().context;
    if (!frame.value()) break;
    ++records;
  }
  EXPECT_EQ(records, 10U);
  EXPECT_EQ(closed.tail().offset, end);
  EXPECT_TRUE(closed.path().string().ends_with(".zst"));
}

}  // namespace
}  // namespace proteus::storage
