// A damaged session: found, named, cut back to what is good, and said.
#include <fmt/format.h>

#include "connectors/storage/feed_recorder.hpp"
#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/log_recovery.hpp"
#include "connectors/storage/log_repair.hpp"
#include "connectors/storage/verify.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;

const Timestamp kNow = from_unix_ms(1'748'600'000'000);  // 2025-05-30T10:13:20Z

Event tick(std::uint64_t sequence) {
  Event event;
  event.sequence = sequence;
  event.ts_event = event.ts_recv =
      from_unix_ms(1'748'538'300'000 + 1000 * static_cast<std::int64_t>(sequence));
  event.body = ClockTick{};
  return event;
}

/// Three segments: events 1..4, snapshot, 5..8, snapshot, 9..12; a part of the feed; the tables.
class Kept {
 public:
  Kept() {
    auto journal = WalJournal::create(wal(), a_header()).value();
    for (std::uint64_t i = 1; i <= 12; ++i) {
      if (i == 5 || i == 9) {
        Snapshot snapshot;
        snapshot.sequence = i - 1;
        snapshot.time = tick(i - 1).ts_recv;
        snapshot.state = "state";
        EXPECT_TRUE(journal->rotate(snapshot));
      }
      at_.push_back(fs::file_size(wal()));
      journal->append(tick(i));
      EXPECT_TRUE(journal->commit());
    }
    fs::create_directory(folder_ / "feed");
    FeedRecorder recorder{folder_ / "feed", {}, [](const fs::path&) {}};
    for (std::int64_t i = 1; i <= 3; ++i)
      EXPECT_TRUE(recorder.record("rest", 1, from_unix_ns(i), "{}"));
    EXPECT_TRUE(rebuild_journal(wal(), folder_ / "journal.sqlite"));
  }
  [[nodiscard]] fs::path wal() const { return folder_ / "session.wal"; }
  [[nodiscard]] fs::path closed(int n) const { return folder_ / fmt::format("log/{:06}.wal", n); }
  /// Turns a bit of the record of event `i`, in the file that holds it.
  void damage(const fs::path& file, std::size_t i) const { flip(file, at_[i - 1] + 30); }
  static void flip(const fs::path& file, std::size_t at) {
    std::string bytes = read_all(file);
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    write_bytes(file, bytes);
  }
  [[nodiscard]] VerifyReport verify() const {
    auto report = verify_session(folder_.path());
    EXPECT_TRUE(report.has_value());
    return std::move(report).value();
  }
  [[nodiscard]] std::vector<Loss> recover() const {
    auto losses = recover_log(wal(), kNow);
    EXPECT_TRUE(losses.has_value()) << (losses ? "" : losses.error().context);
    return losses ? std::move(losses).value() : std::vector<Loss>{};
  }
  [[nodiscard]] std::vector<std::uint64_t> events() const {
    std::vector<std::uint64_t> sequences;
    auto log = SessionLog::open(wal());
    EXPECT_TRUE(log.has_value());
    for (;;) {
      const auto record = log.value().next();
      EXPECT_TRUE(record.has_value()) << record.error().context;
      if (!record || record.value() == nullptr) return sequences;
      if (const auto* event = std::get_if<Event>(record.value()))
        sequences.push_back(event->sequence);
    }
  }

  Folder folder_;
  std::vector<std::uint64_t> at_;  // where each event's record begins in its file
};
using Sequences = std::vector<std::uint64_t>;

TEST(Verify, AWholeSessionHasNoFault) {
  const Kept kept;
  const VerifyReport report = kept.verify();
  EXPECT_TRUE(report.problems.empty()) << report.problems.front();
  EXPECT_TRUE(report.notes.empty()) << report.notes.front();
  EXPECT_EQ(report.records, 14U);
  EXPECT_EQ(report.snapshots, 2U);
  ASSERT_EQ(report.segments.size(), 3U);
  EXPECT_EQ(report.segments[1].file, "000002.wal");
  EXPECT_EQ(report.segments[1].first_record, 4U);
  EXPECT_EQ(report.segments[1].records, 5U);
  EXPECT_EQ(report.segments[1].from, tick(5).ts_recv);
  EXPECT_EQ(report.segments[1].to, tick(8).ts_recv);
  EXPECT_EQ(report.feed.parts, 1U);
  EXPECT_EQ(report.feed.frames, 3U);
  EXPECT_EQ(report.tables, "ok");
}

TEST(Verify, NamesDamageInAnySegmentByFileRecordAndByte) {
  const Kept kept;
  kept.damage(kept.closed(1), 2);
  ASSERT_TRUE(compress_part(kept.closed(2), 3));
  kept.damage(kept.wal(), 10);
  const VerifyReport report = kept.verify();
  ASSERT_GE(report.problems.size(), 2U);
  EXPECT_EQ(report.problems.front(),
            fmt::format("{}: record 1 at byte {}: its checksum does not hold, though whole records "
                        "follow",
                        kept.closed(1).string(), kept.at_[1]));
  EXPECT_EQ(report.problems.back(),
            fmt::format("{}: record 11 at byte {}: its checksum does not hold, though whole "
                        "records follow",
                        kept.wal().string(), kept.at_[9]));
}

TEST(Verify, NamesAMissingSegmentAndWhatRetentionTookIsOnlyNoted) {
  const Kept kept;
  fs::remove(kept.closed(1));
  VerifyReport report = kept.verify();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.notes.front(),
            "the log begins with segment 2, record 4: what was before is gone");
  const Kept other;
  fs::remove(other.closed(2));
  report = other.verify();
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems.front(), "segment 2 is missing: records 4 to 9");
}

TEST(Verify, SeesEventsThatDoNotCountOnByOne) {
  Folder folder;
  {
    auto journal = WalJournal::create(folder / "session.wal", a_header()).value();
    journal->append(tick(1));
    journal->append(tick(3));
    ASSERT_TRUE(journal->commit());
  }
  const auto report = verify_session(folder.path());
  ASSERT_EQ(report.value().problems.size(), 1U);
  EXPECT_EQ(report.value().problems[0], "session.wal: record 1: carries sequence 3, expected 2");
}

TEST(Verify, SeesABadLineOfTheFeedAndDamagedTables) {
  const Kept kept;
  write_bytes(kept.folder_ / "feed/rest-0000000000000000009.jsonl", "{\"t\":1}\n");
  Kept::flip(kept.folder_ / "journal.sqlite", 3);
  const VerifyReport report = kept.verify();
  ASSERT_EQ(report.problems.size(), 2U);
  EXPECT_NE(report.problems[0].find("rest-0000000000000000009.jsonl:1: "), std::string::npos);
  EXPECT_NE(report.problems[1].find("journal.sqlite"), std::string::npos);
}

TEST(Verify, AFolderWithoutALogIsNoSession) {
  Folder folder;
  EXPECT_EQ(verify_session(folder.path()).error().code, ErrorCode::NotFound);
}

TEST(Recover, AWholeLogIsLeftAlone) {
  const Kept kept;
  const std::string before = read_all(kept.wal());
  EXPECT_TRUE(kept.recover().empty());
  EXPECT_EQ(read_all(kept.wal()), before);
}

TEST(Recover, KeepsTheGoodBeginningOfTheLastSegmentAndSaysWhatIsLost) {
  const Kept kept;
  kept.damage(kept.wal(), 10);
  const std::string damaged = read_all(kept.wal());
  const auto refused = LastSegment::open(kept.wal()).value().cut_tail();
  ASSERT_EQ(refused.error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(refused.error().context.ends_with(
      fmt::format("though whole records follow; proteus journal recover {} keeps what is good and "
                  "says what is lost",
                  kept.folder_.path().string())))
      << refused.error().context;
  ASSERT_EQ(read_all(kept.wal()), damaged);

  const auto losses = kept.recover();

  ASSERT_EQ(losses.size(), 1U);
  const Loss& loss = losses[0];
  EXPECT_TRUE(loss.last_segment);
  EXPECT_EQ(loss.first_record, 11U);
  EXPECT_EQ(loss.last_record, 13U);
  EXPECT_EQ(loss.after, tick(9).ts_recv);
  EXPECT_EQ(loss.until, tick(12).ts_recv);
  EXPECT_EQ(loss.aside, kept.wal().string() + ".damaged-2025-05-30T10-13-20Z");
  EXPECT_EQ(read_all(kept.wal()) + read_all(loss.aside), damaged);
  EXPECT_EQ(kept.events(), (Sequences{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(kept.verify().problems.empty());
  auto last = LastSegment::open(kept.wal()).value();
  EXPECT_EQ(WalJournal::resume(last).value()->records(), 11U);
}

TEST(Recover, ADamagedOldSegmentCostsOnlyItsOwnHistory) {
  for (const bool packed : {false, true}) {
    const Kept kept;
    kept.damage(kept.closed(2), 6);
    const std::string damaged = read_all(kept.closed(2));
    const std::string last_before = read_all(kept.wal());
    if (packed) {
      ASSERT_TRUE(compress_part(kept.closed(2), 3));
    }

    const auto losses = kept.recover();

    ASSERT_EQ(losses.size(), 1U) << packed;
    EXPECT_FALSE(losses[0].last_segment);
    EXPECT_EQ(losses[0].first_record, 6U);
    EXPECT_EQ(losses[0].last_record, 8U);
    EXPECT_EQ(read_all(kept.closed(2)), damaged.substr(0, kept.at_[5])) << packed;
    EXPECT_TRUE(fs::exists(losses[0].aside));
    EXPECT_EQ(read_all(kept.wal()), last_before);
    EXPECT_TRUE(LastSegment::open(kept.wal()).value().snapshot().has_value());

    std::string missing;
    const auto records = rebuild_journal(kept.wal(), kept.folder_ / "journal.sqlite", &missing);
    ASSERT_TRUE(records.has_value()) << records.error().context;
    EXPECT_EQ(records.value(), 11U);  // of 14
    EXPECT_EQ(missing,
              "records 6 to 8 of the log are not there: they were damaged, and cut off from "
              "segment 2 by proteus journal recover");
    EXPECT_EQ(kept.events(), (Sequences{1, 2, 3, 4, 5, 9, 10, 11, 12}));
    const VerifyReport report = kept.verify();
    EXPECT_EQ(report.problems, std::vector<std::string>{});
    EXPECT_EQ(report.notes, std::vector<std::string>{missing});
  }
}

TEST(Recover, AHoleThatNobodyAcceptedStaysDamage) {
  const Kept kept;
  kept.damage(kept.closed(2), 6);
  for (const Loss& loss : kept.recover()) fs::remove(loss.aside);
  EXPECT_EQ(kept.verify().problems.size(), 1U);
  const auto records = rebuild_journal(kept.wal(), kept.folder_ / "journal.sqlite");
  ASSERT_FALSE(records.has_value());
  EXPECT_EQ(records.error().code, ErrorCode::Corrupt);
}

TEST(Recover, TablesThatStoppedAnywhereGoOnBehindTheHole) {
  for (const bool packed : {false, true}) {
    for (std::uint64_t told = 0; told < 14; ++told) {
      const Kept kept;
      kept.damage(kept.closed(2), 6);
      ASSERT_EQ(kept.recover().size(), 1U);
      if (packed) {
        ASSERT_TRUE(compress_part(kept.closed(2), 3));
      }
      auto log = SessionLog::open(kept.wal()).value();
      ASSERT_TRUE(log.seek(told, 0)) << told;
      EXPECT_EQ(log.number(), told > 6 && told < 9 ? 9U : told) << packed;
      std::uint64_t after = 0;
      for (;; ++after) {
        const auto record = log.next();
        ASSERT_TRUE(record.has_value()) << record.error().context;
        if (record.value() == nullptr) break;
      }
      EXPECT_EQ(log.number(), 14U);
      EXPECT_EQ(after, told < 6 ? 11 - told : 14 - std::max<std::uint64_t>(told, 9)) << told;
    }
  }
}

TEST(Recover, WithoutItsSnapshotTheSessionGoesBackToTheSegmentBefore) {
  const Kept kept;
  Kept::flip(kept.wal(), kept.at_[8] - 5);  // the snapshot's state
  const std::string damaged = read_all(kept.wal());
  ASSERT_EQ(LastSegment::open(kept.wal()).error().code, ErrorCode::Corrupt);

  const auto losses = kept.recover();

  ASSERT_EQ(losses.size(), 1U);
  EXPECT_TRUE(losses[0].last_segment);
  EXPECT_EQ(losses[0].last_record, 13U);
  EXPECT_EQ(read_all(losses[0].aside), damaged);
  EXPECT_EQ(kept.events(), (Sequences{1, 2, 3, 4, 5, 6, 7, 8}));
  auto last = LastSegment::open(kept.wal()).value();
  EXPECT_EQ(last.header().segment, 2U);
}

TEST(Recover, ADamagedHeaderOfTheLastSegmentIsNoReasonToGuess) {
  const Kept kept;
  Kept::flip(kept.wal(), 40);
  ASSERT_EQ(LastSegment::open(kept.wal()).error().code, ErrorCode::Corrupt);
  const auto losses = kept.recover();
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].first_record, 9U);
  EXPECT_EQ(losses[0].last_record, 13U);
  EXPECT_EQ(losses[0].after, tick(8).ts_recv);
  EXPECT_EQ(kept.events(), (Sequences{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(Recover, WithNothingToGoBackToNothingIsChanged) {
  Folder folder;
  { ASSERT_TRUE(WalJournal::create(folder / "session.wal", a_header()).has_value()); }
  Kept::flip(folder / "session.wal", 40);
  const std::string before = read_all(folder / "session.wal");
  const auto losses = recover_log(folder / "session.wal", kNow);
  ASSERT_FALSE(losses.has_value());
  EXPECT_EQ(losses.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(read_all(folder / "session.wal"), before);
}

}  // namespace
}  // namespace proteus::storage
