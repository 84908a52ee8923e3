#include <fcntl.h>
#include <sys/wait.h>

#include <csignal>

#include "connectors/storage/log_recovery.hpp"
#include "connectors/storage/record_room.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "connectors/storage/wal_reader.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;

constexpr std::uint64_t kSeed = 20250529;

struct ReadBack {
  std::vector<WalRecord> records;
  WalReader::Tail tail;
  std::string error;
};
ReadBack read_log(const std::filesystem::path& path) {
  ReadBack back;
  auto reader = WalReader::open(path);
  if (!reader) return {{}, {}, reader.error().context};
  for (;;) {
    auto record = reader.value().next();
    if (!record) {
      back.error = record.error().context;
      break;
    }
    if (record.value() == nullptr) break;
    back.records.push_back(*record.value());
  }
  back.tail = reader.value().tail();
  return back;
}

/// Writes records one commit each; gives the file's size before the first and after each.
std::vector<std::uint64_t> write_log(const std::filesystem::path& path,
                                     const std::vector<WalRecord>& records) {
  auto journal = WalJournal::create(path, a_header());
  EXPECT_TRUE(journal.has_value());
  std::vector<std::uint64_t> sizes = {journal.value()->committed_bytes()};
  for (const WalRecord& record : records) {
    append_to(*journal.value(), record);
    EXPECT_TRUE(journal.value()->commit());
    sizes.push_back(journal.value()->committed_bytes());
  }
  return sizes;
}

std::vector<WalRecord> some_records(std::size_t count, std::uint64_t seed = kSeed) {
  AnyValue any{seed};
  std::vector<WalRecord> records;
  for (std::size_t i = 0; i < count; ++i) records.push_back(any.record());
  return records;
}

WalRecord small_record() { return CancelIntent{.sequence = 77, .id = "p-1"}; }

TEST(Wal, EveryRecordKindComesBackAsItWas) {
  SCOPED_TRACE(::testing::Message() << "seed " << kSeed);
  Folder folder;
  AnyValue any{kSeed};
  std::vector<WalRecord> records;
  for (int round = 0; round < 20; ++round)
    for (std::size_t kind = 0; kind < AnyValue::kKinds; ++kind) records.push_back(any.record(kind));
  write_log(folder / "session.wal", records);

  const ReadBack back = read_log(folder / "session.wal");

  ASSERT_EQ(back.error, "");
  ASSERT_EQ(back.records.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i)
    ASSERT_TRUE(same(back.records[i], records[i])) << "record " << i;
  EXPECT_FALSE(back.tail.torn);
  EXPECT_EQ(back.tail.number, records.size());
}

TEST(Wal, HeaderSaysWhoWroteIt) {
  Folder folder;
  write_log(folder / "session.wal", {});
  const auto reader = WalReader::open(folder / "session.wal");
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader.value().header(), a_header());
}

TEST(Wal, TornAtEveryByteOfTheLastRecordIsATornTailThere) {
  Folder folder;
  std::vector<WalRecord> records = some_records(6);
  records.push_back(AnyValue{3}.record(std::variant_size_v<EventBody> + 1));
  const auto sizes = write_log(folder / "session.wal", records);
  const std::string whole = read_all(folder / "session.wal");
  const std::uint64_t start = sizes[records.size() - 1];
  ASSERT_EQ(whole.size(), sizes.back());

  for (std::uint64_t size = start; size < whole.size(); ++size) {
    write_bytes(folder / "cut.wal", std::string_view{whole}.substr(0, size));
    // Zeros at its end are no different from room.
    const std::uint64_t torn = whole.find_last_not_of('\0', size - 1) + 1 - start;
    const ReadBack back = read_log(folder / "cut.wal");
    ASSERT_EQ(back.error, "") << size;
    ASSERT_EQ(back.records.size(), records.size() - 1) << size;
    ASSERT_EQ(back.tail.torn, torn != 0) << size;
    ASSERT_EQ(back.tail.offset, start) << size;
    ASSERT_EQ(back.tail.number, records.size() - 1) << size;
    ASSERT_EQ(back.tail.bytes, torn) << size;
  }
}

TEST(Wal, RecoveryCutsTheTornTailAsideAndTheLogGoesOn) {
  Folder folder;
  const std::vector<WalRecord> records = some_records(5);
  const auto sizes = write_log(folder / "session.wal", records);
  const std::string whole = read_all(folder / "session.wal");
  const std::string torn = whole.substr(0, whole.size() - 3);
  write_bytes(folder / "session.wal", torn);

  const auto tail = recover_tail(folder / "session.wal");

  ASSERT_TRUE(tail.has_value());
  EXPECT_TRUE(tail.value().torn);
  EXPECT_EQ(tail.value().offset, sizes[4]);
  EXPECT_EQ(read_all(folder / "session.wal.torn"), torn.substr(sizes[4]));
  auto last = LastSegment::open(folder / "session.wal");
  ASSERT_TRUE(last.has_value());
  auto journal = WalJournal::resume(last.value());
  ASSERT_TRUE(journal.has_value());
  append_to(*journal.value(), small_record());
  ASSERT_TRUE(journal.value()->commit());
  const ReadBack back = read_log(folder / "session.wal");
  ASSERT_EQ(back.error, "");
  ASSERT_EQ(back.records.size(), 5U);
  EXPECT_TRUE(same(back.records.back(), small_record()));
}

TEST(Wal, RecoveryOfAWholeLogChangesNothing) {
  Folder folder;
  write_log(folder / "session.wal", some_records(3));
  const std::string before = read_all(folder / "session.wal");
  const auto tail = recover_tail(folder / "session.wal");
  ASSERT_TRUE(tail.has_value());
  EXPECT_FALSE(tail.value().torn);
  EXPECT_EQ(read_all(folder / "session.wal"), before);
  EXPECT_FALSE(std::filesystem::exists(folder / "session.wal.torn"));
}

TEST(Wal, NoFlippedBitOfTheLastRecordIsDelivered) {
  Folder folder;
  const auto sizes = write_log(folder / "session.wal", {small_record(), small_record()});
  const std::string whole = read_all(folder / "session.wal");
  for (std::uint64_t at = sizes[1]; at < sizes[2]; ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x40);
    write_bytes(folder / "flipped.wal", flipped);
    const ReadBack back = read_log(folder / "flipped.wal");
    ASSERT_EQ(back.records.size(), 1U) << at;
    ASSERT_TRUE(back.tail.torn) << at;
    ASSERT_EQ(back.tail.offset, sizes[1]) << at;
  }
}

TEST(Wal, EveryFlippedBitInTheMiddleIsNamedByItsRecord) {
  Folder folder;
  const std::vector<WalRecord> records = {small_record(), small_record(), small_record()};
  const auto sizes = write_log(folder / "session.wal", records);
  const std::string whole = read_all(folder / "session.wal");
  for (std::uint64_t at = sizes[1]; at < sizes[2]; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1U << bit));
      write_bytes(folder / "flipped.wal", flipped);
      const ReadBack back = read_log(folder / "flipped.wal");
      ASSERT_EQ(back.records.size(), 1U) << "byte " << at << " bit " << bit;
      ASSERT_EQ(back.error, (folder / "flipped.wal").string() + ": record 1 at byte " +
                                std::to_string(sizes[1]) +
                                ": its checksum does not hold, though whole records follow");
    }
  }
}

TEST(Wal, AFlippedBitInTheHeaderIsRefused) {
  Folder folder;
  const auto sizes = write_log(folder / "session.wal", {small_record()});
  const std::string whole = read_all(folder / "session.wal");
  for (std::uint64_t at = 0; at < sizes[0]; ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    write_bytes(folder / "flipped.wal", flipped);
    ASSERT_FALSE(WalReader::open(folder / "flipped.wal").has_value()) << at;
  }
}

TEST(Wal, AnotherFormatVersionIsRefusedByName) {
  Folder folder;
  write_log(folder / "session.wal", {});
  std::string bytes = read_all(folder / "session.wal");
  bytes[8] = 9;
  write_bytes(folder / "session.wal", bytes);
  const auto reader = WalReader::open(folder / "session.wal");
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(
      reader.error().context,
      (folder / "session.wal").string() +
          " has format version 9; this program reads version 3: use the proteus that wrote it");
}

TEST(Wal, AMissingRecordIsDamage) {
  Folder folder;
  const auto sizes =
      write_log(folder / "session.wal", {small_record(), small_record(), small_record()});
  std::string bytes = read_all(folder / "session.wal");
  bytes.erase(sizes[1], sizes[2] - sizes[1]);
  write_bytes(folder / "session.wal", bytes);
  const ReadBack back = read_log(folder / "session.wal");
  EXPECT_EQ(back.records.size(), 1U);
  EXPECT_NE(back.error.find("carries number 2; a piece is missing or doubled"), std::string::npos)
      << back.error;
}

TEST(Wal, AnExistingLogIsNeverWrittenOver) {
  Folder folder;
  write_log(folder / "session.wal", {small_record()});
  const auto second = WalJournal::create(folder / "session.wal", a_header());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::Busy);
}

TEST(Wal, GathersCommitsOnlyWhenItIsToldTo) {
  Folder folder;
  auto journal = WalJournal::create(folder / "session.wal", a_header(), 1 << 16).value();
  const std::uint64_t header = journal->committed_bytes();
  append_to(*journal, small_record());
  EXPECT_TRUE(journal->commit());
  EXPECT_EQ(std::filesystem::file_size(folder / "session.wal"), header);
  EXPECT_TRUE(journal->flush());
  EXPECT_EQ(read_log(folder / "session.wal").records.size(), 1U);
}

TEST(Wal, AFullDiskIsToldAndWhatWasHeldBackIsWrittenLaterInOrder) {
  Folder folder;
  auto journal = WalJournal::create(folder / "session.wal", a_header()).value();
  const std::vector<WalRecord> records = some_records(40, 5);
  {
    // Given a disk that fills in the middle of the first commit, and frees a little, byte by byte.
    const FileSizeLimit disk{journal->committed_bytes() + 25};
    for (std::size_t i = 0; i < records.size(); ++i) {
      append_to(*journal, records[i]);
      ASSERT_FALSE(journal->commit());
      ASSERT_EQ(journal->last_errno(), EFBIG);
      // What reached the disk is torn, and never more than that.
      ASSERT_EQ(read_log(folder / "session.wal").error, "");
      disk.set(journal->committed_bytes() + 25 + 7 * i);
    }
    EXPECT_EQ(journal->failed_commits(), records.size());
  }
  // When there is room again.
  ASSERT_TRUE(journal->commit());
  // Then every record is there, once.
  const ReadBack back = read_log(folder / "session.wal");
  ASSERT_EQ(back.error, "");
  ASSERT_EQ(back.records.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) ASSERT_TRUE(same(back.records[i], records[i]));
  EXPECT_EQ(journal->pending_bytes(), 0U);
}

TEST(Wal, KillNineLosesNoCommittedRecord) {
  Folder folder;
  for (std::uint64_t round = 0; round < 10; ++round) {
    const auto path = folder / ("session" + std::to_string(round) + ".wal");
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      // The writer tells the number of each committed record, until it is killed.
      auto journal = WalJournal::create(path, a_header());
      if (!journal) ::_exit(1);
      AnyValue any{round};
      for (std::uint64_t i = 0;; ++i) {
        append_to(*journal.value(), any.record());
        if (!journal.value()->commit()) ::_exit(1);
        if (::write(pipe_ends[1], &i, sizeof i) != sizeof i) ::_exit(1);
      }
    }
    ::close(pipe_ends[1]);
    std::uint64_t told = 0;
    const std::uint64_t kill_at = 50 + 37 * round;
    while (told < kill_at) ASSERT_EQ(::read(pipe_ends[0], &told, sizeof told), sizeof told);
    ::kill(child, SIGKILL);
    while (::read(pipe_ends[0], &told, sizeof told) == sizeof told) {
    }
    ::close(pipe_ends[0]);
    ::waitpid(child, nullptr, 0);

    const ReadBack back = read_log(path);
    ASSERT_EQ(back.error, "");
    ASSERT_GE(back.records.size(), told + 1);
    AnyValue any{round};
    for (const WalRecord& record : back.records) ASSERT_TRUE(same(record, any.record()));
  }
}

TEST(Wal, AReaderFollowsALogThatGrows) {
  Folder folder;
  auto journal = WalJournal::create(folder / "session.wal", a_header()).value();
  auto reader = WalReader::open(folder / "session.wal").value();
  AnyValue any{9};
  for (int i = 0; i < 2000; ++i) {
    const WalRecord record = any.record();
    ASSERT_EQ(reader.next().value(), nullptr);
    append_to(*journal, record);
    ASSERT_TRUE(journal->commit());
    reader.set_end(journal->committed_bytes());
    const WalRecord* const back = reader.next().value();
    ASSERT_NE(back, nullptr);
    ASSERT_TRUE(same(*back, record));
  }
}

TEST(WalFormat, KnowsWhichWeightsARecordCanHold) {
  AdaptationProposed proposed;
  const std::size_t rest = 25 + binary::encoded_size(proposed);  // 25: before an event's body
  const std::size_t most = (kPayloadMax - rest) / sizeof(float);
  proposed.weights.resize(most);
  EXPECT_TRUE(fits_record(proposed));
  ByteBuffer out;
  encode_record(Event{1, Origin::Input, {}, {}, proposed}, 1, out);
  EXPECT_LE(out.size(), kFrameSize + kPayloadMax);
  proposed.weights.resize(most + 1);
  EXPECT_FALSE(fits_record(proposed));
}

}  // namespace
}  // namespace proteus::storage
