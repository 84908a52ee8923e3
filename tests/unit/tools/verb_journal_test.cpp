// What `proteus journal verify|recover|rebuild|adaptations` prints, and the codes they end with.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/sqlite.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/verb_journal_adaptations.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A session of three segments with a fill and three ticks each, a second apart from 12:00:01 on,
/// and its tables. Records 0 to 3; a snapshot (4) and 5 to 8; a snapshot (9) and 10 to 13.
class JournalVerb : public ::testing::Test {
 protected:
  JournalVerb() {
    std::string name = (fs::temp_directory_path() / "proteus-journal-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ / "session.json") << "{}\n";
    const SessionCode code = make_session_code(std::array<std::uint8_t, 13>{});
    auto journal = storage::WalJournal::create(wal(), {code, "0", "paper", at(0)}).value();
    for (std::uint64_t i = 1; i <= 12; ++i) {
      if (i == 5 || i == 9) {
        storage::Snapshot snapshot;
        snapshot.sequence = i - 1;
        snapshot.time = at(i - 1);
        snapshot.state = "state";
        EXPECT_TRUE(journal->rotate(snapshot));
      }
      begins_.push_back(fs::file_size(wal()));
      EventBody body = ClockTick{};
      if (i % 4 == 1) body = Fill{};
      journal->append(Event{i, Origin::Input, at(i), at(i), body});
      EXPECT_TRUE(journal->commit());
    }
    journal.reset();
    EXPECT_TRUE(storage::rebuild_journal(wal(), folder_ / "journal.sqlite"));
  }
  ~JournalVerb() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  static Timestamp at(std::uint64_t second) {
    return from_unix_ms(1'748'779'200'000 + 1000 * static_cast<std::int64_t>(second));
  }
  [[nodiscard]] fs::path wal() const { return folder_ / "session.wal"; }
  [[nodiscard]] fs::path closed(int n) const { return folder_ / fmt::format("log/{:06}.wal", n); }
  /// Turns a bit in the record of event `i`, in the file that holds it.
  void damage(const fs::path& file, std::size_t i) const {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto place = static_cast<std::streamoff>(begins_.at(i - 1) + 30);
    bytes.seekg(place);
    const int was = bytes.get();
    bytes.seekp(place);
    bytes.put(static_cast<char>(was ^ 4));
  }
  struct Said {
    int code;
    std::string out;
  };
  [[nodiscard]] Said say(int (*verb)(const Options&), bool json = false) const {
    Options options;
    options.session = folder_.string();
    options.json = json;
    ::testing::internal::CaptureStdout();
    const int code = verb(options);
    std::fflush(stdout);
    return {code, ::testing::internal::GetCapturedStdout()};
  }

  fs::path folder_;
  std::vector<std::size_t> begins_;  ///< of each event's record in its file
};

TEST_F(JournalVerb, VerifyTellsWhatAWholeSessionKeeps) {
  const Said said = say(run_journal_verify);
  EXPECT_EQ(said.code, kOk);
  EXPECT_THAT(said.out, HasSubstr("records 4 to 8 (5)")) << "a snapshot and four events";
  EXPECT_THAT(said.out, HasSubstr("records 9 to 13 (5)"));
  EXPECT_THAT(said.out, HasSubstr("2025-06-01T12:00:05.000Z to 2025-06-01T12:00:08.000Z, with "
                                  "snapshot"));
  EXPECT_THAT(said.out, HasSubstr("14 records in 3 segments: every checksum holds, none is missing "
                                  "or doubled\n"));
  EXPECT_THAT(said.out, Not(HasSubstr("WRONG")));
}

TEST_F(JournalVerb, VerifyTellsEachFaultAndEndsWithAnError) {
  damage(wal(), 10);
  const Said said = say(run_journal_verify);
  EXPECT_EQ(said.code, kError);
  EXPECT_THAT(said.out, AllOf(HasSubstr("WRONG: "), HasSubstr("session.wal: record 11 at byte")));
  EXPECT_TRUE(said.out.ends_with("\n1 fault\n")) << said.out;
  const auto json = view::parse(say(run_journal_verify, true).out);
  EXPECT_FALSE(view::flag(json, "ok"));
  EXPECT_EQ(view::list(json, "problems").size(), 1U);
}

TEST_F(JournalVerb, RecoverSaysThatAWholeLogLostNothing) {
  const Said said = say(run_journal_recover);
  EXPECT_EQ(said.code, kOk);
  EXPECT_EQ(said.out, "the log is whole: nothing was lost\n");
}

TEST_F(JournalVerb, RecoverTellsWhatAHoleCostsAndWhereItsBytesAre) {
  damage(closed(2), 6);
  const Said said = say(run_journal_recover);
  EXPECT_EQ(said.code, kOk);
  EXPECT_THAT(said.out,
              AllOf(HasSubstr("  lost: records 6 to 8, after 2025-06-01T12:00:05.000Z until "
                              "2025-06-01T12:00:08.000Z\n"),
                    HasSubstr("000002.wal.damaged-"),
                    HasSubstr("  a later snapshot holds the state: the session goes on as it was, "
                              "its history has a hole\n"),
                    HasSubstr("journal.sqlite made anew from 11 records of the log\n")))
      << said.out;
  EXPECT_EQ(say(run_journal_verify).code, kOk) << "a hole that was told of is no fault";
}

TEST_F(JournalVerb, RecoverSaysThatTheBooksLackWhatWasCutFromTheEnd) {
  damage(wal(), 9);
  const Said said = say(run_journal_recover);
  EXPECT_EQ(said.code, kOk);
  EXPECT_THAT(
      said.out,
      AllOf(HasSubstr("  lost: records 10 to 13, after "), HasSubstr("session.wal.damaged-"),
            HasSubstr("  the session goes on from before the damage: its books lack what "
                      "happened in it\n"),
            HasSubstr("the old tables told of what neither the log nor the new ones hold: "
                      "0 orders, 1 fills, 0 funding, 0 states and 0 other rows\n"),
            HasSubstr("the old tables are kept as ")))
      << said.out;
}

TEST_F(JournalVerb, RebuildTellsWhatItTookOverFromTheOldTables) {
  fs::remove(closed(1));
  const Said said = say(run_journal_rebuild);
  EXPECT_EQ(said.code, kOk);
  EXPECT_THAT(said.out,
              AllOf(HasSubstr("journal.sqlite made anew from 10 records of the log\n"),
                    HasSubstr("taken over from the old tables, for the log does not hold it any "
                              "more: 0 orders, 1 fills, 0 funding, 0 states and 0 other rows\n"),
                    Not(HasSubstr("kept as"))))
      << said.out;
}

TEST_F(JournalVerb, RebuildOfAWholeLogHasNothingMoreToTell) {
  const Said said = say(run_journal_rebuild);
  EXPECT_EQ(said.code, kOk);
  EXPECT_EQ(said.out,
            (folder_ / "journal.sqlite").string() + " made anew from 14 records of the log\n");
}

TEST_F(JournalVerb, AdaptationsOfASessionWithoutAnySayThat) {
  const Said said = say(run_journal_adaptations);
  EXPECT_EQ(said.code, kOk);
  EXPECT_THAT(said.out, HasSubstr("nothing was adapted by gradient steps"));
}

/// BTC: 1 adopted, replaced by 2 with a gain of 1.5; 2 rolled back at -4; 3 in use, last told at
/// 0.75. ETH: one refused, one without an answer.
TEST_F(JournalVerb, AdaptationsAreCountedAndTheirGainsAdded) {
  auto db = storage::Database::open(folder_ / "journal.sqlite").value();
  ASSERT_TRUE(db.run(
      "INSERT INTO adaptations(record, time, instrument, ordinal, step, cause, "
      "version_before, version_after, shadow_gain) VALUES"
      "(101, '2025-06-01T00:00:00.000Z', 'linear:BTCUSDT', 1, 'cut', 'periodic', NULL, NULL, NULL),"
      "(102, '2025-06-01T00:00:00.000Z', 'linear:BTCUSDT', 1, 'proposed', NULL, NULL, NULL, NULL),"
      "(103, '2025-06-01T00:00:00.000Z', 'linear:BTCUSDT', 1, 'adopted', 'better', 0, 1, 0),"
      "(104, '2025-06-02T00:00:00.000Z', 'linear:BTCUSDT', 2, 'adopted', 'better', 1, 2, 1.5),"
      "(105, '2025-06-03T00:00:00.000Z', 'linear:BTCUSDT', 2, 'rolled_back', 'behind', 2, 0, -4),"
      "(106, '2025-06-04T00:00:00.000Z', 'linear:BTCUSDT', 3, 'adopted', 'better', 0, 3, 0),"
      "(107, '2025-06-05T00:00:00.000Z', 'linear:BTCUSDT', 4, 'refused', 'worse', 3, 3, 0.75),"
      "(108, '2025-06-05T00:00:00.000Z', 'linear:ETHUSDT', 1, 'refused', 'too long', 0, 0, 0),"
      "(109, '2025-06-06T00:00:00.000Z', 'linear:ETHUSDT', 2, 'failed', 'why', NULL, NULL, NULL),"
      "(110, '2025-06-06T00:00:00.000Z', 'linear:ETHUSDT', 2, 'lost', 'why', 0, 0, 0)"));
  const auto json = view::parse(say(run_journal_adaptations, true).out);
  const auto& totals = view::list(json, "totals");
  ASSERT_EQ(totals.size(), 3U);
  EXPECT_EQ(view::text(totals[0], "instrument"), "linear:BTCUSDT");
  EXPECT_EQ(view::number(totals[0], "adopted"), 3);
  EXPECT_EQ(view::number(totals[0], "rolled_back"), 1);
  EXPECT_DOUBLE_EQ(view::number(totals[0], "gain_ended"), -2.5);
  EXPECT_DOUBLE_EQ(view::number(totals[0], "gain_in_use"), 0.75);
  EXPECT_EQ(view::text(totals[2], "instrument"), "all");
  EXPECT_EQ(view::number(totals[2], "refused"), 2);
  EXPECT_EQ(view::number(totals[2], "lost"), 1);
  EXPECT_EQ(view::list(json, "steps").size(), 10U);
  const Said said = say(run_journal_adaptations);
  EXPECT_EQ(said.code, kOk);
  EXPECT_THAT(said.out, AllOf(HasSubstr("-2.50"), HasSubstr("+0.75"), HasSubstr("2->0"),
                              HasSubstr("too long"), Not(HasSubstr("periodic"))));
}

}  // namespace
}  // namespace proteus::app
