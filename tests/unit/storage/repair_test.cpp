// A damaged session: found, named, cut back to what is good, and said.
#include <fmt/format.h>

#include "connectors/storage/feed_recorder.hpp"
#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/log_recovery.hpp"
#include "connectors/storage/log_repair.hpp"
#include "connectors/storage/sqlite.hpp"
#include "connectors/storage/verify.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;

const Timestamp kNow = from_unix_ms(1'748'600'000'000);  // 2025-05-30T10:13:20Z

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
  [[nodiscard]] std::vector<Loss> recover() const { return recover_all().losses; }
  [[nodiscard]] Recovery recover_all() const {
    auto recovery = recover_log(wal(), kNow);
    EXPECT_TRUE(recovery.has_value()) << (recovery ? "" : recovery.error().context);
    return recovery ? std::move(recovery).value() : Recovery{};
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
  const Recovery recovery = kept.recover_all();
  EXPECT_TRUE(recovery.losses.empty());
  EXPECT_EQ(recovery.done, std::vector<std::string>{});
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

    const auto rebuilt = rebuild_journal(kept.wal(), kept.folder_ / "journal.sqlite");
    ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
    EXPECT_EQ(rebuilt.value().records, 11U);  // of 14
    EXPECT_EQ(rebuilt.value().missing,
              "records 6 to 8 of the log are not there: they were damaged, and cut off from "
              "segment 2 by proteus journal recover");
    EXPECT_EQ(kept.events(), (Sequences{1, 2, 3, 4, 5, 9, 10, 11, 12}));
    const VerifyReport report = kept.verify();
    EXPECT_EQ(report.problems, std::vector<std::string>{});
    EXPECT_EQ(report.notes, std::vector<std::string>{rebuilt.value().missing});
  }
}

TEST(Recover, AClosedSegmentWhoseLastPagesALossOfPowerTookHasALoss) {
  const Kept kept;
  std::string bytes = read_all(kept.closed(2));
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept.at_[6]), bytes.end(), '\0');
  write_bytes(kept.closed(2), bytes);
  const std::vector<Loss> losses = kept.recover();
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].first_record, 7U);
  EXPECT_EQ(losses[0].last_record, 8U);
  EXPECT_EQ(kept.events(), (Sequences{1, 2, 3, 4, 5, 6, 9, 10, 11, 12}));
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

TEST(Recover, ABrokenCompressedSegmentIsKeptWholeAndItsLossEndsWhereTheNextBegins) {
  const Kept kept;
  ASSERT_TRUE(compress_part(kept.closed(2), 3));
  const fs::path packed = kept.closed(2).string() + ".zst";
  const std::string before = read_all(packed);
  write_bytes(packed, std::string_view{before}.substr(0, before.size() / 2));
  const auto losses = kept.recover();
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].bytes, before.size() / 2);
  EXPECT_EQ(losses[0].last_record, 8U);
  EXPECT_EQ(losses[0].until, tick(8).ts_recv);
}

TEST(Recover, SaysWhatItDidWhereNoRecordWasDamaged) {
  const Kept missing;
  fs::remove(missing.wal());
  Recovery recovery = missing.recover_all();
  EXPECT_TRUE(recovery.losses.empty());
  ASSERT_EQ(recovery.done.size(), 2U);
  EXPECT_EQ(recovery.done[0], fmt::format("there was no {}", missing.wal().string()));
  EXPECT_EQ(recovery.done[1],
            fmt::format("segment 2 is the last again, as {}: the session goes on from its end, and "
                        "what came after it is not in the log any more",
                        missing.wal().string()));

  const Kept emptied;
  write_bytes(emptied.wal(), "");
  recovery = emptied.recover_all();
  ASSERT_EQ(recovery.done.size(), 2U);
  EXPECT_TRUE(recovery.done[0].find("its 0 bytes are kept in") != std::string::npos);

  const Kept torn;
  const std::string whole = read_all(torn.wal());
  write_bytes(torn.wal(), std::string_view{whole}.substr(0, whole.size() - 5));
  recovery = torn.recover_all();
  ASSERT_EQ(recovery.done.size(), 1U);
  EXPECT_TRUE(recovery.done[0].ends_with("no whole record: they are kept in " +
                                         torn.wal().string() + ".torn"));
}

/// A log of one segment with three records, and the session.json of its session.
class One {
 public:
  One() {
    WalHeader header = a_header();
    header.start += std::chrono::nanoseconds{123'456'789};
    auto journal = WalJournal::create(wal(), header).value();
    for (std::uint64_t i = 1; i <= 3; ++i) journal->append(tick(i));
    EXPECT_TRUE(journal->commit());
    write_bytes(folder_ / "session.json",
                R"({"code":"0123456789abc","start":")" + json::time_text(header.start) +
                    R"(","mode":"paper","version":"1","config_hash":"00000000deadbeef"})");
  }
  [[nodiscard]] fs::path wal() const { return folder_ / "session.wal"; }
  Folder folder_;
};

TEST(Recover, AnOnlySegmentsHeaderIsMadeAgainWhereItsOwnBytesProveIt) {
  for (const std::size_t at : {2U, 14U, 25U, 33U, 80U}) {
    const One one;
    const std::string before = read_all(one.wal());
    Kept::flip(one.wal(), at);
    const std::string damaged = read_all(one.wal());
    const auto refused = LastSegment::open(one.wal());
    ASSERT_EQ(refused.error().code, ErrorCode::Corrupt) << at;
    EXPECT_NE(refused.error().context.find("makes the header again where session.json proves it"),
              std::string::npos);
    const auto recovery = recover_log(one.wal(), kNow);
    ASSERT_TRUE(recovery.has_value()) << at << recovery.error().context;
    EXPECT_EQ(recovery.value().done.size(), 1U);
    EXPECT_EQ(read_all(one.wal()), before) << at;
    EXPECT_EQ(read_all(one.wal().string() + ".damaged-2025-05-30T10-13-20Z"), damaged);
  }
}

TEST(Recover, AHeaderThatNothingProvesIsNotGuessed) {
  const One one;
  Kept::flip(one.wal(), 33);
  Kept::flip(one.wal(), 25);  // its checksum as well
  const std::string damaged = read_all(one.wal());
  const auto recovery = recover_log(one.wal(), kNow);
  ASSERT_FALSE(recovery.has_value());
  EXPECT_TRUE(recovery.error().context.ends_with("a new session has to be begun"))
      << recovery.error().context;
  EXPECT_EQ(read_all(one.wal()), damaged);
}

TEST(Recover, AFolderInThePlaceOfSessionJsonProvesNothing) {
  const One one;
  Kept::flip(one.wal(), 33);
  fs::remove(one.folder_ / "session.json");
  fs::create_directory(one.folder_ / "session.json");
  const auto recovery = recover_log(one.wal(), kNow);
  ASSERT_FALSE(recovery.has_value());
  EXPECT_TRUE(recovery.error().context.ends_with("a new session has to be begun"))
      << recovery.error().context;
}

TEST(Recover, TablesThatToldMoreThanTheCutLogAreKeptAsideAndCounted) {
  Folder folder;
  const fs::path wal = folder / "session.wal";
  const fs::path sqlite = folder / "journal.sqlite";
  std::vector<std::uint64_t> at;
  {
    auto journal = WalJournal::create(wal, a_header()).value();
    for (std::uint64_t i = 1; i <= 6; ++i) {
      at.push_back(fs::file_size(wal));
      Event event = tick(i);
      event.body = Fill{};
      journal->append(event);
      ASSERT_TRUE(journal->commit());
    }
  }
  ASSERT_TRUE(rebuild_journal(wal, sqlite));
  Kept::flip(wal, at[3] + 30);
  ASSERT_EQ(recover_log(wal, kNow).value().losses.size(), 1U);
  const auto rebuilt = rebuild_journal(wal, sqlite, kNow);
  ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
  EXPECT_EQ(rebuilt.value().records, 3U);
  EXPECT_EQ(rebuilt.value().gone.fills, 3U);
  EXPECT_EQ(rebuilt.value().aside, sqlite.string() + ".before-rebuild-2025-05-30T10-13-20Z");
  const auto count = [](const fs::path& tables) {
    auto db = Database::open_read_only(tables).value();
    auto rows = db.prepare("SELECT count(*) FROM fills").value();
    return rows.text().value().value_or("");
  };
  EXPECT_EQ(count(rebuilt.value().aside), "6");
  EXPECT_EQ(count(sqlite), "3");
}

TEST(Rebuild, CarriesOverWhatRetentionTookFromTheLog) {
  Folder folder;
  const fs::path wal = folder / "session.wal";
  const fs::path sqlite = folder / "journal.sqlite";
  const auto as_event = [](std::uint64_t i, EventBody body) {
    Event event = tick(i);
    event.body = std::move(body);
    return event;
  };
  {
    auto journal = WalJournal::create(wal, a_header()).value();
    InstrumentChanged described;
    described.instrument.symbol = "BTCUSDT";
    journal->append(as_event(1, described));
    OrderIntent intent;
    intent.order.id = "a";
    intent.order.decided_at = tick(1).ts_recv;
    journal->append(intent);
    Fill part;
    part.id = "a";
    part.quantity = Quantity::from_raw(250'000'000);
    part.time = tick(2).ts_recv;
    journal->append(as_event(2, part));
    ASSERT_TRUE(journal->commit());
    Snapshot snapshot;
    snapshot.sequence = 2;
    snapshot.time = tick(2).ts_recv;
    ASSERT_TRUE(journal->rotate(snapshot));
    OrderUpdate filled;
    filled.id = "a";
    filled.state = OrderState::Filled;
    filled.filled = Quantity::from_raw(1'000'000'000);
    journal->append(as_event(3, filled));
    journal->append(as_event(4, part));
    ASSERT_TRUE(journal->commit());
  }
  ASSERT_TRUE(rebuild_journal(wal, sqlite));
  const auto tell = [&] {
    auto db = Database::open_read_only(sqlite).value();
    auto rows = db.prepare(
                      "SELECT o.state || ' ' || o.filled || ' ' || count(*) || ' ' || "
                      "f.instrument FROM orders o JOIN fills f ON f.order_id=o.id")
                    .value();
    return rows.text().value().value_or("");
  };
  ASSERT_EQ(tell(), "filled 1 2 linear:BTCUSDT");
  fs::remove(folder / "log/000001.wal");

  auto rebuilt = rebuild_journal(wal, sqlite, kNow);
  ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
  EXPECT_EQ(rebuilt.value().carried.fills, 1U);
  EXPECT_EQ(rebuilt.value().carried.orders, 1U);
  EXPECT_EQ(rebuilt.value().gone.total(), 0U);
  EXPECT_EQ(rebuilt.value().aside, fs::path{});
  EXPECT_EQ(tell(), "filled 1 2 linear:BTCUSDT");

  // What the log does not hold any more, an order did not live through.
  const std::string bytes = read_all(wal);
  auto reader = WalReader::open(wal).value();
  ASSERT_TRUE(reader.next_frame());
  write_bytes(wal, std::string_view{bytes}.substr(0, reader.tail().offset));
  rebuilt = rebuild_journal(wal, sqlite, kNow);
  ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
  EXPECT_EQ(rebuilt.value().gone.fills, 1U);
  EXPECT_EQ(tell(), "submitted 0.25 1 linear:BTCUSDT");
}

/// Three segments with two fills, an order and its end each; the tables as they were told.
class ThreeSegments {
 public:
  ThreeSegments() {
    auto journal = WalJournal::create(wal(), a_header()).value();
    std::uint64_t sequence = 0;
    for (int segment = 1; segment <= 3; ++segment) {
      if (segment > 1) {
        Snapshot snapshot;
        snapshot.sequence = sequence;
        snapshot.time = tick(sequence).ts_recv;
        EXPECT_TRUE(journal->rotate(snapshot));
      }
      OrderIntent intent;
      intent.order.id = fmt::format("order {}", segment).c_str();
      intent.order.decided_at = tick(sequence).ts_recv;
      journal->append(intent);
      for (int part = 0; part < 2; ++part) {
        EXPECT_TRUE(journal->commit());
        before_fill_.push_back(fs::file_size(wal()));
        Fill fill;
        fill.id = intent.order.id;
        fill.quantity = Quantity::from_raw(500'000'000);
        journal->append(with(++sequence, fill));
      }
      OrderUpdate end;
      end.id = intent.order.id;
      end.state = OrderState::Filled;
      end.filled = Quantity::from_raw(1'000'000'000);
      journal->append(with(++sequence, end));
    }
    EXPECT_TRUE(journal->commit());
    journal.reset();
    EXPECT_TRUE(rebuild_journal(wal(), sqlite()));
  }
  [[nodiscard]] fs::path wal() const { return folder_ / "session.wal"; }
  [[nodiscard]] fs::path sqlite() const { return folder_ / "journal.sqlite"; }
  [[nodiscard]] fs::path closed(int n) const { return folder_ / fmt::format("log/{:06}.wal", n); }
  /// In the second of its fills; what follows in the segment goes with it.
  void damage(int segment) const {
    Kept::flip(closed(segment), before_fill_.at(static_cast<std::size_t>(segment) * 2 - 1) + 30);
  }
  /// "order 1 filled 1 of 2 fills at 1,2" a line.
  [[nodiscard]] std::string tell() const {
    auto db = Database::open_read_only(sqlite()).value();
    auto rows = db.prepare(
                      "SELECT o.id || ' ' || o.state || ' ' || o.filled || ' by ' || "
                      "group_concat(f.record) FROM orders o LEFT JOIN fills f ON f.order_id=o.id "
                      "GROUP BY o.id ORDER BY o.id")
                    .value();
    std::string out;
    while (rows.row().value()) out += rows.column(0) + "\n";
    return out;
  }

 private:
  static Event with(std::uint64_t sequence, EventBody body) {
    Event event = tick(sequence);
    event.body = std::move(body);
    return event;
  }
  Folder folder_;
  std::vector<std::uint64_t> before_fill_;  // offsets in the files
};

TEST(Rebuild, FillsAHoleOfTheLogFromTheOldTables) {
  for (const bool retention : {false, true}) {
    const ThreeSegments session;
    const std::string whole = session.tell();
    ASSERT_EQ(whole,
              "order 1 filled 1 by 1,2\norder 2 filled 1 by 6,7\norder 3 filled 1 by 11,12\n");
    session.damage(2);
    ASSERT_EQ(recover_log(session.wal(), kNow).value().losses.size(), 1U);
    if (retention) fs::remove(session.closed(1));

    const auto rebuilt = rebuild_journal(session.wal(), session.sqlite(), kNow);

    ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
    EXPECT_EQ(session.tell(), whole) << retention;
    EXPECT_EQ(rebuilt.value().gone.total(), 0U);
    EXPECT_EQ(rebuilt.value().carried.fills, retention ? 3U : 1U);
    EXPECT_EQ(rebuilt.value().carried.orders, retention ? 1U : 0U) << "its intent is in the log";
    EXPECT_EQ(rebuilt.value().aside, fs::path{}) << "nothing was lost";
  }
}

TEST(Rebuild, WithoutOldTablesAHoleStaysOne) {
  const ThreeSegments session;
  session.damage(2);
  ASSERT_EQ(recover_log(session.wal(), kNow).value().losses.size(), 1U);
  fs::remove(session.sqlite());
  const auto rebuilt = rebuild_journal(session.wal(), session.sqlite(), kNow);
  ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
  EXPECT_EQ(rebuilt.value().carried.total(), 0U);
  EXPECT_EQ(session.tell(),
            "order 1 filled 1 by 1,2\norder 2 submitted 0 by 6\norder 3 filled 1 by 11,12\n");
}

TEST(Rebuild, OfDamagedTablesWhatLiesBeforeAndBehindTheDamageIsCarriedOver) {
  Folder folder;
  const fs::path wal = folder / "session.wal";
  const fs::path sqlite = folder / "journal.sqlite";
  {
    auto journal = WalJournal::create(wal, a_header()).value();
    for (std::uint64_t i = 1; i <= 400; ++i) {
      Event event = tick(i);
      Fill fill;
      fill.execution = std::string_view{i == 200 ? "in the middle" : "another"};
      event.body = fill;
      journal->append(event);
    }
    ASSERT_TRUE(journal->commit());
    Snapshot snapshot;
    snapshot.sequence = 400;
    snapshot.time = tick(400).ts_recv;
    ASSERT_TRUE(journal->rotate(snapshot));
  }
  ASSERT_TRUE(rebuild_journal(wal, sqlite));
  fs::remove(folder / "log/000001.wal");
  std::string bytes = read_all(sqlite);
  constexpr std::size_t kPage = 4096;
  const std::size_t at = bytes.find("in the middle");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at / kPage * kPage, kPage, std::string(kPage, '\xff'));
  write_bytes(sqlite, bytes);

  const auto rebuilt = rebuild_journal(wal, sqlite, kNow);
  ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
  // A page holds a few dozen of them.
  EXPECT_GT(rebuilt.value().carried.fills, 340U);
  EXPECT_LT(rebuilt.value().carried.fills, 400U);
  EXPECT_NE(rebuilt.value().trouble.find("malformed"), std::string::npos);
  EXPECT_EQ(rebuilt.value().aside, sqlite.string() + ".damaged-2025-05-30T10-13-20Z");
  auto db = Database::open_read_only(sqlite).value();
  auto rows = db.prepare("SELECT min(record) || ' ' || max(record) FROM fills").value();
  EXPECT_EQ(rows.text().value(), "0 399");
}

TEST(Rebuild, OldTablesThatCannotBeReadAreKeptAside) {
  const Kept kept;
  const fs::path sqlite = kept.folder_ / "journal.sqlite";
  const std::string garbage(9000, 'x');
  write_bytes(sqlite, garbage);
  const auto rebuilt = rebuild_journal(kept.wal(), sqlite, kNow);
  ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
  EXPECT_EQ(rebuilt.value().aside, sqlite.string() + ".damaged-2025-05-30T10-13-20Z");
  EXPECT_NE(rebuilt.value().trouble, "");
  EXPECT_EQ(read_all(rebuilt.value().aside), garbage);
}

TEST(Rebuild, AReaderOfDamagedTablesIsToldWhatMakesThemAgain) {
  const Kept kept;
  write_bytes(kept.folder_ / "journal.sqlite", std::string(9000, 'x'));
  const auto opened = Database::open_read_only(kept.folder_ / "journal.sqlite");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(opened.error().context.ends_with(
      fmt::format("; proteus journal rebuild {} makes it again", kept.folder_.path().string())))
      << opened.error().context;
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
