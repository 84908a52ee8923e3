// Segments of the log: rotation, what an interruption at each of its instants leaves, and the log
// read as one.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>

#include "connectors/storage/feed_part.hpp"
#include "connectors/storage/log_recovery.hpp"
#include "connectors/storage/session_log.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::uint64_t sequence_of(const WalRecord& record) {
  if (const auto* event = std::get_if<Event>(&record)) return event->sequence;
  return 1'000'000 + std::get<Snapshot>(record).sequence;
}

/// Sequences of events, snapshots as 1 000 000 + theirs.
struct Told {
  std::vector<std::uint64_t> sequences;
  std::string error;
  std::string missing;
};
Told read_session(const fs::path& wal) {
  Told told;
  auto log = SessionLog::open(wal);
  if (!log) return {{}, log.error().context, {}};
  told.missing = log.value().missing();
  for (;;) {
    const auto record = log.value().next();
    if (!record) told.error = record.error().context;
    if (!record || record.value() == nullptr) return told;
    told.sequences.push_back(sequence_of(*record.value()));
  }
}

std::string encoded_start(const WalHeader& header, const Snapshot& snapshot, std::uint64_t number) {
  ByteBuffer bytes;
  encode_header(header, bytes);
  encode_record(snapshot, number, bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Events 1..3 in segment 1; then, if asked, a rotation and events 4, 5.
class Written {
 public:
  explicit Written(bool rotated) {
    auto journal = WalJournal::create(wal(), a_header()).value();
    for (std::uint64_t i = 1; i <= 3; ++i) journal->append(tick(i));
    EXPECT_TRUE(journal->commit());
    segment_1_ = read_all(wal());
    if (!rotated) return;
    EXPECT_TRUE(journal->rotate(snapshot_at(3)));
    start_2_ = read_all(wal());
    journal->append(tick(4));
    journal->append(tick(5));
    EXPECT_TRUE(journal->commit());
  }
  [[nodiscard]] fs::path wal() const { return folder_ / "session.wal"; }
  [[nodiscard]] fs::path next() const { return folder_ / "session.wal.next"; }
  [[nodiscard]] fs::path closed(int n) const { return folder_ / fmt::format("log/{:06}.wal", n); }

  Folder folder_;
  std::string segment_1_;
  std::string start_2_;  // header and snapshot
};

TEST(Rotation, TheNewSegmentBeginsWithTheSnapshotAndNumbersGoOn) {
  const Written w{true};
  EXPECT_EQ(read_all(w.closed(1)), w.segment_1_);
  EXPECT_FALSE(fs::exists(w.next()));
  const auto reader = WalReader::open(w.wal());
  ASSERT_TRUE(reader.has_value());
  WalHeader expected = a_header();
  expected.segment = 2;
  expected.first_record = 3;
  expected.first_byte = w.segment_1_.size();
  expected.begun = tick(3).ts_recv;
  EXPECT_EQ(reader.value().header(), expected);
  EXPECT_EQ(w.start_2_, encoded_start(expected, snapshot_at(3), 3));
}

TEST(Rotation, BytesOfASegmentAreTheseAndNoOthers) {
  // Written down once by another program, in another language. Layout and checksum of the header
  // depend on all fields of all records and stand aside.
  constexpr std::string_view kDescription =
      "0d3031323334353637383961626310303030303030303064656164626565660570617065720058aad7510e4418"
      "020000000100000000000000c80000000000000000b0f1cf5f0e4418";
  constexpr std::string_view kSnapshot =
      "baafe9ce20000000440100000100000000000000090000000000000000b0f1cf5f0e4418efcdab8967452301"
      "0400000000616263";
  constexpr std::string_view kCancel =
      "7f4d08560c0000004201000002000000000000004d0000000000000003702d31";
  WalHeader header = a_header();
  header.segment = 2;
  header.first_record = 1;
  header.first_byte = 200;
  header.begun = from_unix_ms(1'748'538'360'000);
  Snapshot snapshot;
  snapshot.sequence = 9;
  snapshot.time = header.begun;
  snapshot.ledger_hash = 0x0123456789abcdef;
  snapshot.state = std::string("\0abc", 4);
  ByteBuffer bytes;
  encode_header(header, bytes);
  encode_record(snapshot, 1, bytes);
  encode_record(CancelIntent{.sequence = 77, .id = "p-1"}, 2, bytes);
  std::string hex;
  for (const std::byte b : bytes.view()) hex += fmt::format("{:02x}", static_cast<int>(b));
  EXPECT_EQ(hex.substr(0, 32), "50524f54455553570300000049000000");  // PROTEUSW, 3, 73
  EXPECT_EQ(hex.substr(56),
            std::string(kDescription) + std::string(kSnapshot) + std::string(kCancel));
}

TEST(Rotation, ARestartBeginsWithTheSnapshotAndTheRecordsAfterIt) {
  const Written w{true};
  auto last = LastSegment::open(w.wal());
  ASSERT_TRUE(last.has_value()) << last.error().context;
  ASSERT_TRUE(last.value().snapshot().has_value());
  EXPECT_TRUE(same(*last.value().snapshot(), snapshot_at(3)));
  EXPECT_EQ(sequence_of(*last.value().next().value()), 4U);
  EXPECT_EQ(sequence_of(*last.value().next().value()), 5U);
  EXPECT_EQ(last.value().next().value(), nullptr);
  EXPECT_EQ(last.value().tail().number, 6U);
}

TEST(Rotation, AResumedLogGoesOnWithItsNumbers) {
  const Written w{true};
  {
    auto last = LastSegment::open(w.wal()).value();
    auto journal = WalJournal::resume(last).value();
    EXPECT_EQ(journal->records(), 6U);
    EXPECT_EQ(journal->event_time(), tick(5).ts_recv);
    journal->append(tick(6));
    ASSERT_TRUE(journal->rotate(snapshot_at(6)));
    journal->append(tick(7));
    ASSERT_TRUE(journal->commit());
  }
  const Told told = read_session(w.wal());
  EXPECT_EQ(told.error, "");
  EXPECT_EQ(told.missing, "");
  EXPECT_EQ(told.sequences, (Sequences{1, 2, 3, 1'000'003, 4, 5, 6, 1'000'006, 7}));
}

TEST(Rotation, IsDueBySizeWithoutWhatTheSegmentBeganWith) {
  Folder folder;
  auto journal =
      WalJournal::create(folder / "session.wal", a_header(), WalOptions{.part_bytes = 900}).value();
  std::uint64_t sequence = 0;
  const auto write_until_due = [&] {
    std::uint64_t bytes = 0;
    for (; !journal->rotation_due(); bytes += 45) {
      journal->append(tick(++sequence));
      ASSERT_TRUE(journal->commit());
    }
    EXPECT_EQ(bytes, 900U);  // 20 ticks of 45 bytes
  };
  write_until_due();
  ASSERT_TRUE(journal->rotate(snapshot_at(sequence, 5000)));
  EXPECT_FALSE(journal->rotation_due());
  write_until_due();
}

TEST(Rotation, IsDueByAgeInEngineTime) {
  Folder folder;
  auto journal =
      WalJournal::create(folder / "session.wal", a_header(), WalOptions{.part_age = 60s}).value();
  journal->append(tick(1, 0));
  journal->append(tick(2, 59));
  ASSERT_TRUE(journal->commit());
  EXPECT_FALSE(journal->rotation_due());
  journal->append(tick(3, 60));
  ASSERT_TRUE(journal->commit());
  EXPECT_TRUE(journal->rotation_due());
  Snapshot snapshot = snapshot_at(3);
  snapshot.time = tick(3, 60).ts_recv;
  ASSERT_TRUE(journal->rotate(snapshot));
  EXPECT_FALSE(journal->rotation_due());
}

TEST(Rotation, AReplayIsNeverRotated) {
  EXPECT_GT(wal_options({}, "replay").part_age, Duration{std::chrono::hours{24 * 36500}});
  EXPECT_EQ(wal_options({}, "paper").part_age, StorageSettings{}.log_part_age);
}

TEST(Rotation, KilledWhileTheNextSegmentIsWrittenItNeverHappened) {
  const Written made{true};
  for (std::size_t size = 0; size <= made.start_2_.size(); ++size) {
    const Written w{false};
    write_bytes(w.next(), std::string_view{made.start_2_}.substr(0, size));
    auto last = LastSegment::open(w.wal());
    ASSERT_TRUE(last.has_value()) << size;
    EXPECT_FALSE(last.value().snapshot().has_value()) << size;
    EXPECT_FALSE(fs::exists(w.next())) << size;
    ASSERT_EQ(read_session(w.wal()).sequences, (Sequences{1, 2, 3})) << size;
  }
}

TEST(Rotation, KilledBetweenTheTwoRenamesItIsCompletedByName) {
  const Written w{true};
  fs::rename(w.wal(), w.next());
  // Whoever reads before the recovery finds the same log.
  EXPECT_EQ(read_session(w.wal()).sequences, (Sequences{1, 2, 3, 1'000'003, 4, 5}));
  auto last = LastSegment::open(w.wal());
  ASSERT_TRUE(last.has_value()) << last.error().context;
  EXPECT_TRUE(same(*last.value().snapshot(), snapshot_at(3)));
  EXPECT_FALSE(fs::exists(w.next()));
  EXPECT_EQ(read_session(w.wal()).sequences, (Sequences{1, 2, 3, 1'000'003, 4, 5}));
}

TEST(Rotation, ALossOfPowerThatTakesTheNewSegmentsBeginningLeadsBackToTheOldOne) {
  const Written made{true};
  for (const bool renamed : {false, true}) {
    for (std::size_t size = 0; size <= made.start_2_.size(); ++size) {
      SCOPED_TRACE(fmt::format("renamed {} size {}", renamed, size));
      const Written w{true};
      fs::remove(w.wal());
      const fs::path there = renamed ? w.wal() : w.next();
      write_bytes(there, std::string_view{made.start_2_}.substr(0, size));
      auto last = LastSegment::open(w.wal());
      const bool whole = size == made.start_2_.size();
      ASSERT_TRUE(last.has_value()) << last.error().context;
      ASSERT_EQ(last.value().header().segment, whole ? 2U : 1U);
      const Told told = read_session(w.wal());
      ASSERT_EQ(told.error, "");
      ASSERT_EQ(told.sequences, whole ? (Sequences{1, 2, 3, 1'000'003}) : (Sequences{1, 2, 3}));
      ASSERT_EQ(fs::exists(w.closed(1)), whole);
    }
  }
}

TEST(Rotation, KilledBeforeTheFirstHeaderWasWrittenTheSessionWasNeverBegun) {
  ByteBuffer bytes;
  encode_header(a_header(), bytes);
  const std::string header{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  for (std::size_t size = 0; size <= header.size(); ++size) {
    Folder folder;
    const auto wal = folder / "session.wal";
    const std::string there = header.substr(0, size);
    write_bytes(wal, there);
    const auto last = LastSegment::open(wal);
    ASSERT_EQ(last.has_value(), size == header.size()) << size;
    if (last) continue;
    EXPECT_EQ(last.error().code, ErrorCode::NotFound);
    EXPECT_NE(last.error().context.find("was never begun"), std::string::npos);
    EXPECT_FALSE(fs::exists(wal));
    EXPECT_EQ(read_all(folder / "session.wal.torn"), there);
  }
}

TEST(Rotation, ADamagedLengthOfTheHeaderIsNotTakenForOneThatWasNeverWritten) {
  for (const bool rotated : {false, true}) {
    const Written w{rotated};
    std::string bytes = read_all(w.wal());
    bytes[14] = '\1';  // 65 536 bytes more
    write_bytes(w.wal(), bytes);
    EXPECT_EQ(LastSegment::open(w.wal()).error().code, ErrorCode::Corrupt) << rotated;
    EXPECT_EQ(read_all(w.wal()), bytes) << rotated;
  }
}

TEST(Rotation, TheOldSegmentIsOpenedAgainAlsoWhereItIsCompressed) {
  const Written w{true};
  ASSERT_TRUE(compress_part(w.closed(1), 3));
  write_bytes(w.wal(), "");
  auto last = LastSegment::open(w.wal());
  ASSERT_TRUE(last.has_value()) << last.error().context;
  EXPECT_EQ(read_all(w.wal()), w.segment_1_);
  EXPECT_FALSE(fs::exists(w.closed(1).string() + ".zst"));
}

TEST(Rotation, WhereItFailsTheLogGoesOnAndNothingIsLost) {
  Folder folder;
  const auto wal = folder / "session.wal";
  auto journal = WalJournal::create(wal, a_header(), WalOptions{.part_bytes = 45}).value();
  journal->append(tick(1));
  ASSERT_TRUE(journal->commit());
  ASSERT_TRUE(journal->rotation_due());
  // Given a disk without room for the snapshot, and then no folder for closed segments.
  {
    const FileSizeLimit disk{2000};
    EXPECT_FALSE(journal->rotate(snapshot_at(1, 10'000)));
    EXPECT_FALSE(fs::exists(folder / "session.wal.next"));
    EXPECT_FALSE(journal->rotation_due()) << "not again at once";
    journal->append(tick(2));
    EXPECT_TRUE(journal->commit());
  }
  write_bytes(folder / "log", "a file stands in the way");
  EXPECT_FALSE(journal->rotate(snapshot_at(2)));
  EXPECT_FALSE(fs::exists(folder / "session.wal.next"));
  EXPECT_EQ(journal->failed_rotations(), 2U);
  EXPECT_EQ(journal->segment(), 1U);
  journal->append(tick(3, 3600));  // an hour later it is tried again
  ASSERT_TRUE(journal->commit());
  EXPECT_TRUE(journal->rotation_due());
  fs::remove(folder / "log");
  ASSERT_TRUE(journal->rotate(snapshot_at(3)));
  EXPECT_EQ(read_session(wal).sequences, (Sequences{1, 2, 3, 1'000'003}));
}

TEST(Rotation, ASnapshotThatDoesNotFitIsRefused) {
  Folder folder;
  auto journal = WalJournal::create(folder / "session.wal", a_header()).value();
  journal->append(tick(1));
  const auto done = journal->rotate(snapshot_at(1, std::size_t{kSnapshotMax} + 1));
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::OutOfRange);
}

TEST(Pending, IsToldBeyondItsBoundAndWhatIsLostAtTheEndIsNamed) {
  Folder folder;
  auto journal =
      WalJournal::create(folder / "session.wal", a_header(), WalOptions{.pending_max = 450})
          .value();
  const FileSizeLimit disk{journal->committed_bytes() + 10};
  for (std::uint64_t i = 1; i <= 10; ++i) {
    journal->append(tick(i));
    EXPECT_FALSE(journal->commit());
  }
  EXPECT_FALSE(journal->overflowing());  // 10 of 45 bytes, of which 10 bytes are written
  journal->append(tick(11));
  EXPECT_FALSE(journal->commit());
  EXPECT_TRUE(journal->overflowing());
  EXPECT_EQ(journal->pending_records(), 11U);
  const auto end = journal->finish();
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().context,
            fmt::format("the last 11 records of the log (485 bytes) could not be written to {} and "
                        "are lost: File too large",
                        (folder / "session.wal").string()));
}

TEST(SessionLog, ReadsCompressedSegmentsAsTheyWere) {
  Folder folder;
  const auto wal = folder / "session.wal";
  std::vector<WalRecord> written;
  {
    auto journal = WalJournal::create(wal, a_header()).value();
    AnyValue any{11};
    for (std::uint64_t i = 0; i < 600; ++i) {
      WalRecord record = any.record(any.below(AnyValue::kKinds - 1));
      if (i % 150 == 149) record = snapshot_at(i, 300'000);  // larger than any window
      append_to(*journal, record);
      ASSERT_TRUE(journal->commit());
      written.push_back(std::move(record));
    }
  }
  for (int n : {1, 3}) ASSERT_TRUE(compress_part(folder / fmt::format("log/{:06}.wal", n), 3));
  auto log = SessionLog::open(wal).value();
  for (std::size_t i = 0; i < written.size(); ++i) {
    EXPECT_EQ(log.number(), i);
    const auto record = log.next();
    ASSERT_TRUE(record.has_value()) << record.error().context;
    ASSERT_NE(record.value(), nullptr) << i;
    ASSERT_TRUE(same(*record.value(), written[i])) << i;
  }
  EXPECT_EQ(log.next().value(), nullptr);
}

TEST(SessionLog, FindsARecordByItsNumberInAnySegment) {
  Folder folder;
  const auto wal = folder / "session.wal";
  std::vector<std::uint64_t> starts;  // byte of each record in the whole log
  {
    auto journal = WalJournal::create(wal, a_header()).value();
    for (std::uint64_t i = 0; i < 60; ++i) {
      // A snapshot's record begins after the header of its segment.
      if (i % 20 == 19) {
        ASSERT_TRUE(journal->rotate(snapshot_at(i)));
        starts.push_back(0);
        continue;
      }
      starts.push_back(journal->committed_bytes());
      journal->append(tick(i));
      ASSERT_TRUE(journal->commit());
    }
  }
  ASSERT_TRUE(compress_part(folder / "log/000001.wal", 3));
  auto log = SessionLog::open(wal).value();
  for (const std::uint64_t number : {59U, 45U, 3U, 25U, 19U, 20U, 0U, 39U, 58U}) {
    for (const std::uint64_t byte : {starts[number], starts[number] + 1, std::uint64_t{0}}) {
      ASSERT_TRUE(log.seek(number, byte)) << number;
      ASSERT_EQ(log.number(), number) << byte;
      const auto record = log.next();
      ASSERT_TRUE(record && record.value() != nullptr) << number;
      const std::uint64_t expected = number % 20 == 19 ? 1'000'000 + number : number;
      ASSERT_EQ(sequence_of(*record.value()), expected);
    }
  }
  ASSERT_TRUE(log.seek(60, 0));
  EXPECT_EQ(log.next().value(), nullptr);
}

TEST(SessionLog, SaysWhichSegmentIsMissingAndBeginsAfterIt) {
  const Written w{true};
  {
    auto last = LastSegment::open(w.wal()).value();
    auto journal = WalJournal::resume(last).value();
    ASSERT_TRUE(journal->rotate(snapshot_at(5)));
  }
  fs::remove(w.closed(2));
  const Told told = read_session(w.wal());
  EXPECT_EQ(told.sequences, (Sequences{1'000'005}));
  EXPECT_EQ(told.missing,
            "segment 2 of the log is not there: the log begins with record 6, segment 3 for all "
            "that is read");
}

TEST(SessionLog, SegmentsThatRetentionTookAreNamedFromTheFirstOn) {
  const Written w{true};
  {
    auto last = LastSegment::open(w.wal()).value();
    auto journal = WalJournal::resume(last).value();
    ASSERT_TRUE(journal->rotate(snapshot_at(5)));
  }
  fs::remove(w.closed(1));
  EXPECT_TRUE(read_session(w.wal()).missing.starts_with(
      "segment 1 is not there any more (retention): the log begins with record "));
  fs::remove(w.closed(2));
  EXPECT_EQ(read_session(w.wal()).missing,
            "segments 1 to 2 are not there any more (retention): the log begins with record 6, "
            "segment 3");
}

TEST(SessionLog, AClosedSegmentThatEndsTooEarlyIsDamage) {
  const Written w{true};
  write_bytes(w.closed(1), std::string_view{w.segment_1_}.substr(0, w.segment_1_.size() - 45));
  Told told = read_session(w.wal());
  EXPECT_EQ(told.sequences, (Sequences{1, 2}));
  EXPECT_NE(told.error.find("000001.wal: record 2 at byte "), std::string::npos) << told.error;
  ASSERT_TRUE(compress_part(w.closed(1), 3));
  const fs::path packed = w.closed(1).string() + ".zst";
  const std::string bytes = read_all(packed);
  write_bytes(packed, bytes.substr(0, bytes.size() - 5));
  told = read_session(w.wal());
  EXPECT_NE(told.error.find("000001.wal.zst is damaged: it ends in the middle"), std::string::npos)
      << told.error;
}

TEST(SessionLog, FollowsAWriterOverRotations) {
  Folder folder;
  const auto wal = folder / "session.wal";
  auto journal = WalJournal::create(wal, a_header()).value();
  auto log = SessionLog::open(wal).value();
  std::mt19937_64 random{4};
  std::uint64_t next = 0;
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    journal->append(tick(i));
    ASSERT_TRUE(journal->commit());
    if (random() % 50 == 0) {
      ASSERT_TRUE(journal->rotate(snapshot_at(i)));
    }
    if (random() % 70 != 0) continue;
    log.set_end(journal->committed_bytes());
    for (;;) {
      const auto record = log.next();
      ASSERT_TRUE(record.has_value()) << record.error().context;
      if (record.value() == nullptr) break;
      if (std::holds_alternative<Event>(*record.value())) {
        ASSERT_EQ(sequence_of(*record.value()), ++next);
      }
    }
    ASSERT_EQ(next, i);
  }
}

/// Goes on with a session until it is killed: ticks that count on from what the log holds, and
/// rotations at random. Tells the number of each committed tick.
[[noreturn]] void write_until_killed(const fs::path& wal, std::uint64_t seed, int out) {
  auto last = LastSegment::open(wal);
  if (!last) ::_exit(2);
  std::uint64_t count = last.value().snapshot() ? last.value().snapshot()->sequence : 0;
  for (;;) {
    const auto record = last.value().next();
    if (!record) ::_exit(3);
    if (record.value() == nullptr) break;
    if (sequence_of(*record.value()) != ++count) ::_exit(4);
  }
  auto journal = WalJournal::resume(last.value());
  if (!journal) ::_exit(5);
  std::mt19937_64 random{seed};
  for (;;) {
    journal.value()->append(tick(++count));
    if (!journal.value()->commit()) ::_exit(6);
    if (::write(out, &count, sizeof count) != sizeof count) ::_exit(7);
    if (random() % 4 == 0 && !journal.value()->rotate(snapshot_at(count, random() % 20'000)))
      ::_exit(8);
  }
}

TEST(Rotation, RandomRotationsAndKillsLoseNothingAndDoubleNothing) {
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE(fmt::format("seed {}", kSeed));
  Folder folder;
  const auto wal = folder / "session.wal";
  ASSERT_TRUE(WalJournal::create(wal, a_header()).has_value());
  std::mt19937_64 random{kSeed};
  std::uint64_t told = 0;
  for (std::uint64_t round = 0; round < 40; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(wal, round, ends[1]);
    }
    ::close(ends[1]);
    const std::uint64_t kill_at = told + 1 + random() % 12;
    std::uint64_t number = 0;
    while (number < kill_at && ::read(ends[0], &number, sizeof number) == sizeof number)
      told = number;
    ::kill(child, SIGKILL);
    while (::read(ends[0], &number, sizeof number) == sizeof number) told = number;
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << " ended with " << WEXITSTATUS(status);

    const Told all = read_session(wal);
    ASSERT_EQ(all.error, "") << round;
    ASSERT_EQ(all.missing, "") << round;
    std::uint64_t count = 0;
    for (const std::uint64_t sequence : all.sequences) {
      if (sequence > 1'000'000)
        ASSERT_EQ(sequence, 1'000'000 + count) << round;
      else
        ASSERT_EQ(sequence, ++count) << round;
    }
    ASSERT_GE(count, told) << round;
  }
}

}  // namespace
}  // namespace proteus::storage
