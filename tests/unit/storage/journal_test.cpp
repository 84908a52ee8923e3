#include <sqlite3.h>

#include <thread>

#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/log_recovery.hpp"
#include "connectors/storage/storage_thread.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;
using namespace literals;

/// A second hand on the database, straight through SQLite.
class Sqlite {
 public:
  explicit Sqlite(const std::filesystem::path& path) {
    EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
    sqlite3_busy_timeout(db_, 2000);
  }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;
  ~Sqlite() { sqlite3_close(db_); }

  /// Rows, columns parted by "|", rows by newline.
  std::string rows(const std::string& sql) {
    std::string out;
    const auto each = [](void* text, int n, char** values, char**) {
      auto& rows = *static_cast<std::string*>(text);
      if (!rows.empty()) rows += '\n';
      for (int i = 0; i < n; ++i) {
        if (i > 0) rows += '|';
        rows += values[i] == nullptr ? "NULL" : values[i];
      }
      return 0;
    };
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), each, &out, &message), SQLITE_OK)
        << (message == nullptr ? "" : message);
    sqlite3_free(message);
    return out;
  }
  std::string dump() {
    std::string out;
    std::istringstream tables(rows("SELECT name FROM sqlite_master WHERE type='table' ORDER BY 1"));
    for (std::string table; std::getline(tables, table);)
      out += table + "\n" + rows("SELECT * FROM " + table + " ORDER BY 1, 2") + "\n";
    return out + rows("SELECT sql FROM sqlite_master ORDER BY name");
  }

 private:
  sqlite3* db_ = nullptr;
};

const InstrumentId kBtc{0};

Timestamp at(std::int64_t seconds) { return from_unix_ms(kStartMs + 1000 * seconds); }

Event event_at(std::uint64_t sequence, EventBody body) {
  const auto seconds = static_cast<std::int64_t>(sequence);
  return Event{.sequence = sequence,
               .origin = Origin::Input,
               .ts_event = at(seconds),
               .ts_recv = at(seconds),
               .body = std::move(body)};
}

OrderRequest an_order(const char* id) {
  OrderRequest order;
  order.id = id;
  order.side = Side::Sell;
  order.quantity = "0.25"_qty;
  order.reference = "104000.1"_px;
  order.decided_at = at(2);
  return order;
}

OrderUpdate an_update(const char* id, OrderState state, Quantity filled) {
  OrderUpdate update;
  update.id = id;
  update.state = state;
  update.filled = filled;
  return update;
}

Instrument btc() {
  Instrument instrument;
  instrument.symbol = "BTCUSDT";
  return instrument;
}

/// Writes records and derives the tables from the log.
class Story {
 public:
  explicit Story(const std::vector<WalRecord>& records) {
    auto journal = WalJournal::create(folder_ / "session.wal", a_header()).value();
    for (const WalRecord& record : records) append_to(*journal, record);
    EXPECT_TRUE(journal->commit());
    const auto told = rebuild_journal(folder_ / "session.wal", folder_ / "journal.sqlite");
    EXPECT_TRUE(told.has_value()) << (told ? "" : told.error().context);
  }
  std::string rows(const std::string& sql) { return Sqlite{folder_ / "journal.sqlite"}.rows(sql); }

 private:
  Folder folder_;
};

TEST(JournalDb, TellsADecisionWithItsRefusals) {
  DecisionRecord decision;
  decision.sequence = 7;
  decision.time = at(7);
  decision.bar_open = at(-60);
  decision.close = "104000.1"_px;
  decision.outcome = Outcome::Refused;
  decision.reason = "fast above slow";
  decision.observation.push_back(0.5);
  decision.has_target = true;
  decision.target = {.weight = -0.75, .confidence = 1.0};
  decision.wanted = "-0.25"_qty;
  decision.equity = "10000.000000001"_usdt;
  decision.controls.push_back({.control = Control::PriceCollar, .passed = true});
  decision.controls.push_back({.control = Control::PositionLimit,
                               .passed = false,
                               .limit = {2'000'000'000'000, Unit::Quote},
                               .actual = {26'000'025'000'000, Unit::Quote}});
  Story story{{event_at(1, InstrumentChanged{btc()}), decision}};
  EXPECT_EQ(story.rows("SELECT record, sequence, time, instrument, bar_open, close, close_raw, "
                       "outcome, reason, weight, wanted, equity, equity_raw FROM decisions"),
            "1|7|2025-05-29T17:05:07.000Z|linear:BTCUSDT|2025-05-29T17:04:00.000Z|104000.1|"
            "104000100000000|refused|fast above slow|-0.75|-0.25|10000.000000001|10000000000001");
  EXPECT_EQ(story.rows("SELECT control_number, control, allowed, actual, actual_raw, unit "
                       "FROM refusals"),
            "9|position_limit|2000|26000.025|26000025000000|quote");
  EXPECT_EQ(story.rows("SELECT json_extract(detail, '$.observation[0]'), "
                       "json_extract(detail, '$.controls[1].control') FROM decisions"),
            "0.5|position_limit");
}

TEST(JournalDb, NamesTheLogAndNotARateAsWhatRefused) {
  const auto refused = [](std::int64_t limit) {
    DecisionRecord decision;
    decision.controls.push_back(
        {Control::MessageRate, false, {limit, Unit::Count}, {limit + 1, Unit::Count}});
    return decision;
  };
  Story story{{event_at(1, InstrumentChanged{btc()}), refused(0), refused(150)}};
  EXPECT_EQ(story.rows("SELECT control_number, control FROM refusals ORDER BY record"),
            "6|backlog\n6|message_rate");
}

TEST(JournalDb, TellsAClosedBarAsItCame) {
  BarClosed closed;
  closed.bar.interval = Interval::M5;
  closed.bar.open_time = at(-60);
  closed.bar.open = "1.000000001"_px;
  closed.bar.high = "2"_px;
  closed.bar.low = "0.5"_px;
  closed.bar.close = "1.5"_px;
  closed.bar.volume = 0.1;
  closed.source = BarSource::Backfill;
  Story story{{event_at(1, InstrumentChanged{btc()}), event_at(2, closed)}};
  EXPECT_EQ(story.rows("SELECT record, sequence, instrument, interval, open_time, open_raw, high, "
                       "low, close, volume, source FROM bars"),
            "1|2|linear:BTCUSDT|5m|2025-05-29T17:04:00.000Z|1000000001|2|0.5|1.5|0.1|backfill");
}

TEST(JournalDb, ADecisionWithoutTargetHasNoWeight) {
  Story story{{DecisionRecord{}}};
  EXPECT_EQ(story.rows("SELECT outcome, weight, confidence FROM decisions"), "no_target|NULL|NULL");
}

TEST(JournalDb, AnOrderIsOneRowFromItsSendToItsEnd) {
  Fill fill;
  fill.id = "p-1";
  fill.execution = "e1";
  fill.side = Side::Sell;
  fill.quantity = "0.25"_qty;
  fill.price = "104000.1"_px;
  fill.fee = "14.300013751"_usdt;
  fill.time = at(3);
  Story story{{OrderIntent{.sequence = 2, .order = an_order("p-1")},
               OrderIntent{.sequence = 2, .order = an_order("p-1")},  // re-sent after a timeout
               event_at(3, an_update("p-1", OrderState::Acknowledged, {})), event_at(4, fill),
               event_at(5, an_update("p-1", OrderState::Filled, "0.25"_qty)),
               event_at(6, an_update("p-1", OrderState::Resting, {})),  // late, and stale
               CancelIntent{.sequence = 6, .id = "p-1"}}};
  EXPECT_EQ(story.rows("SELECT id, record, instrument, side, quantity, sends, cancel_asked, state, "
                       "filled, updated FROM orders"),
            "p-1|0|#0|sell|0.25|2|1|filled|0.25|2025-05-29T17:05:05.000Z");
  EXPECT_EQ(story.rows("SELECT order_id, price, fee, fee_raw, time FROM fills"),
            "p-1|104000.1|14.300013751|14300013751|2025-05-29T17:05:03.000Z");
}

TEST(JournalDb, AnOrderOfTheVenueIsToldToo) {
  Story story{{event_at(3, an_update("liq-1", OrderState::Filled, "1"_qty))}};
  EXPECT_EQ(story.rows("SELECT id, sends, state, filled, side FROM orders"),
            "liq-1|0|filled|1|NULL");
}

TEST(JournalDb, TellsFundingEquityAnomaliesFeedAndStates) {
  FundingSettled funding;
  funding.position = "-2"_qty;
  funding.mark = "100"_px;
  funding.rate_e9 = -100'000;
  funding.amount = "0.02"_usdt;
  funding.time = at(9);
  FeedAnomaly anomaly;
  anomaly.kind = AnomalyKind::CrossedBook;
  anomaly.has_instrument = true;
  anomaly.detail = "bid 2 over ask 1";
  HoldChanged hold;
  hold.hold = Hold::Backlog;
  hold.active = true;
  Story story{
      {event_at(1, funding),
       EquityPoint{.sequence = 2, .time = at(2), .equity = "9999.5"_usdt, .ledger_hash = 255},
       event_at(3, anomaly),
       event_at(4, FeedChanged{.stream = "public:linear#0", .state = FeedState::Lost}),
       event_at(5, TradingStateChanged{.to = TradingState::Halted, .cause = "drawdown"}),
       event_at(6, hold),
       event_at(7, OperatorCommand{.action = OperatorAction::Resume, .cause = "ann"})}};
  EXPECT_EQ(story.rows("SELECT time, position, rate, amount_raw, rate_assumed FROM funding"),
            "2025-05-29T17:05:09.000Z|-2|-0.0001|20000000|0");
  EXPECT_EQ(story.rows("SELECT equity, equity_raw, ledger_hash FROM equity"),
            "9999.5|9999500000000|00000000000000ff");
  EXPECT_EQ(story.rows("SELECT kind, instrument_id, detail FROM anomalies"),
            "crossed_book|0|bid 2 over ask 1");
  EXPECT_EQ(story.rows("SELECT stream, state FROM feed"), "public:linear#0|lost");
  EXPECT_EQ(story.rows("SELECT kind, name, active, cause FROM states ORDER BY record"),
            "trading|halted|NULL|drawdown\nhold|backlog|1|\noperator|resume|NULL|ann");
}

TEST(JournalDb, SaysWhichSessionItBelongsTo) {
  Story story{{}};
  EXPECT_EQ(story.rows("SELECT key, value FROM meta ORDER BY key"),
            "config_hash|00000000deadbeef\nmode|paper\nschema|5\nsession|0123456789abc\n"
            "start|2025-05-29T17:05:00.000Z");
}

TEST(JournalDb, RefusesTheTablesOfAnotherSession) {
  Folder folder;
  ASSERT_TRUE(JournalDb::open(folder / "journal.sqlite", a_header()).has_value());
  WalHeader other = a_header();
  other.session = "zzzzzzzzzzzzz";
  const auto opened = JournalDb::open(folder / "journal.sqlite", other);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::Refused);
}

TEST(JournalDb, ADamagedLogLeavesTheOldTables) {
  Folder folder;
  const auto wal = folder / "session.wal";
  std::uint64_t first = 0;
  {
    auto journal = WalJournal::create(wal, a_header()).value();
    first = journal->committed_bytes();
    for (int i = 0; i < 3; ++i) journal->append(EquityPoint{});
    ASSERT_TRUE(journal->commit());
  }
  ASSERT_EQ(rebuild_journal(wal, folder / "journal.sqlite").value().records, 3U);
  const std::string before = Sqlite{folder / "journal.sqlite"}.dump();
  std::string bytes = read_all(wal);
  bytes[first + 30] ^= 1;
  write_bytes(wal, bytes);
  const auto rebuilt = rebuild_journal(wal, folder / "journal.sqlite");
  ASSERT_FALSE(rebuilt.has_value());
  EXPECT_EQ(rebuilt.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(Sqlite{folder / "journal.sqlite"}.dump(), before);
}

TEST(JournalDb, ARebuildLeavesNoSideFileOfTheOldTables) {
  Folder folder;
  const auto wal = folder / "session.wal";
  { ASSERT_TRUE(WalJournal::create(wal, a_header()).has_value()); }
  // A program that is killed while it makes the tables leaves a journal that SQLite would roll the
  // new file back with.
  for (const char* suffix : {"", "-wal", "-shm", "-journal"})
    write_bytes(folder / (std::string("journal.sqlite") + suffix), "left behind");
  ASSERT_TRUE(rebuild_journal(wal, folder / "journal.sqlite").has_value());
  for (const char* suffix : {"-wal", "-shm", "-journal"})
    EXPECT_FALSE(std::filesystem::exists(folder / (std::string("journal.sqlite") + suffix)));
}

/// Records with unique order ids and execution order like a run's, from a seed.
std::vector<WalRecord> a_run(std::size_t count, std::uint64_t seed) {
  AnyValue any{seed};
  std::vector<WalRecord> records;
  for (std::size_t i = 0; i < count; ++i) records.push_back(any.record());
  return records;
}

class Live {
 public:
  /// Random records have random times: as a replay, nothing of them is too old.
  explicit Live(const StorageSettings& settings = {}, const char* sqlite = "journal.sqlite",
                const char* mode = "replay")
      : journal_(WalJournal::create(folder_ / "session.wal", header_of(mode)).value()),
        sqlite_(folder_ / sqlite),
        thread_(StorageThread::start(*journal_, sqlite_, settings).value()) {}
  static WalHeader header_of(const char* mode) {
    WalHeader header = a_header();
    header.mode = mode;
    return header;
  }
  void write(const std::vector<WalRecord>& records) {
    for (const WalRecord& record : records) {
      append_to(*journal_, record);
      ASSERT_TRUE(journal_->commit());
    }
  }
  void expect_equal_to_a_rebuild() {
    ASSERT_TRUE(rebuild_journal(folder_ / "session.wal", folder_ / "again.sqlite").has_value());
    const std::string live = Sqlite{sqlite_}.dump();
    EXPECT_GT(live.size(), 10'000U);
    EXPECT_EQ(live, Sqlite{folder_ / "again.sqlite"}.dump());
  }

  Folder folder_;
  std::unique_ptr<WalJournal> journal_;
  std::filesystem::path sqlite_;
  std::unique_ptr<StorageThread> thread_;
};

TEST(StorageThread, DerivesWhatARebuildFromTheLogDerives) {
  Live live;
  live.write(a_run(6000, 1));  // more than one transaction
  live.thread_->drain();
  const StorageStatus status = live.thread_->status();
  EXPECT_EQ(status.last_error, "");
  EXPECT_EQ(status.derived_records, 6000U);
  EXPECT_EQ(status.derived_bytes, live.journal_->committed_bytes());
  EXPECT_EQ(status.synced_bytes, live.journal_->committed_bytes());
  live.expect_equal_to_a_rebuild();
}

TEST(StorageThread, FollowsALogThatIsBeingWrittenWithoutBeingAsked) {
  StorageSettings settings;
  settings.sync_bytes = 4096;
  Live live{settings};
  AnyValue any{2};
  // Ends only if the thread keeps up by itself; status is read all along, as a daemon does.
  for (StorageStatus status; status.derived_records < 500 || status.synced_bytes == 0;
       status = live.thread_->status())
    live.write({any.record()});
  live.thread_->drain();
  live.expect_equal_to_a_rebuild();
}

TEST(StorageThread, GoesOnWhereAnEarlierOneStopped) {
  Live live;
  live.write(a_run(300, 3));
  live.thread_.reset();
  EXPECT_EQ(Sqlite{live.sqlite_}.rows("SELECT value FROM meta WHERE key='wal_records'"), "300");
  live.write(a_run(300, 4));
  live.thread_ = StorageThread::start(*live.journal_, live.sqlite_, {}).value();
  live.thread_->drain();
  EXPECT_EQ(live.thread_->status().derived_records, 600U);
  live.expect_equal_to_a_rebuild();
}

TEST(StorageThread, TheSessionGoesOnWithoutTablesAndTheyCatchUp) {
  Live live{{}, "missing/journal.sqlite"};
  live.write(a_run(50, 5));
  live.thread_->drain();
  StorageStatus status = live.thread_->status();
  EXPECT_GE(status.sqlite_errors, 1U);
  EXPECT_NE(status.last_error.find("missing/journal.sqlite"), std::string::npos)
      << status.last_error;
  EXPECT_EQ(status.synced_bytes, live.journal_->committed_bytes());
  std::filesystem::create_directory(live.folder_ / "missing");
  live.thread_->drain();
  status = live.thread_->status();
  EXPECT_EQ(status.derived_records, 50U);
  live.expect_equal_to_a_rebuild();
}

TEST(StorageThread, AFailureInsideATransactionTellsNothingTwice) {
  Live live;
  live.write(a_run(100, 6));
  live.thread_->drain();
  {
    Sqlite other{live.sqlite_};
    other.rows(
        "CREATE TRIGGER no_fills BEFORE INSERT ON fills BEGIN SELECT RAISE(ABORT,'no'); END");
    live.write(a_run(200, 7));
    live.thread_->drain();
    EXPECT_GE(live.thread_->status().sqlite_errors, 1U);
    EXPECT_EQ(live.thread_->status().derived_records, 100U);
    other.rows("DROP TRIGGER no_fills");
  }
  live.thread_->drain();
  EXPECT_EQ(live.thread_->status().derived_records, 300U);
  live.expect_equal_to_a_rebuild();
}

Snapshot a_snapshot(std::uint64_t sequence) {
  Snapshot snapshot;
  snapshot.sequence = sequence;
  snapshot.state = std::string(1000, 's');
  return snapshot;
}

/// Records of a run without snapshots, so that a test decides where the log is rotated.
std::vector<WalRecord> a_run_of_one_segment(std::size_t count, std::uint64_t seed) {
  std::vector<WalRecord> records = a_run(count, seed);
  std::erase_if(records, [](const WalRecord& r) { return std::holds_alternative<Snapshot>(r); });
  return records;
}

TEST(StorageThread, FollowsTheLogOverRotationsAndCompressesWhatIsClosed) {
  StorageSettings settings;
  settings.sync_bytes = 4096;
  Live live{settings};
  std::uint64_t records = 0;
  for (std::uint64_t part = 0; part < 6; ++part) {
    const auto run = a_run_of_one_segment(100, 20 + part);
    live.write(run);
    ASSERT_TRUE(live.journal_->rotate(a_snapshot(part)));
    records += run.size() + 1;
    if (part % 2 == 0) live.thread_->drain();  // else two rotations come between two looks
  }
  live.thread_->drain();
  const StorageStatus status = live.thread_->status();
  EXPECT_EQ(status.last_error, "");
  EXPECT_EQ(status.derived_records, records);
  EXPECT_EQ(status.synced_bytes, live.journal_->committed_bytes());
  EXPECT_EQ(status.derived_bytes, live.journal_->committed_bytes());
  EXPECT_EQ(status.log_parts_compressed, 6U);
  for (int n = 1; n <= 6; ++n)
    EXPECT_TRUE(
        std::filesystem::exists(live.folder_ / ("log/00000" + std::to_string(n) + ".wal.zst")));
  live.expect_equal_to_a_rebuild();
}

TEST(StorageThread, TellsEachRecordOnceOverRestartsAnywhereInTheSegments) {
  Live live;
  std::mt19937_64 random{31};
  std::uint64_t records = 0;
  for (std::uint64_t round = 0; round < 8; ++round) {
    for (std::uint64_t part = 0; part < random() % 3; ++part) {
      const auto run = a_run_of_one_segment(1 + random() % 60, 40 + 10 * round + part);
      live.write(run);
      ASSERT_TRUE(live.journal_->rotate(a_snapshot(round)));
      records += run.size() + 1;
    }
    const auto run = a_run_of_one_segment(random() % 60, 47 + 10 * round);
    live.write(run);
    records += run.size();
    // The thread ends, and at times the log is opened anew, as a restart does.
    live.thread_.reset();
    if (random() % 2 == 0) {
      live.journal_.reset();
      auto last = LastSegment::open(live.folder_ / "session.wal").value();
      live.journal_ = WalJournal::resume(last).value();
    }
    ASSERT_EQ(live.journal_->records(), records);
    live.thread_ = StorageThread::start(*live.journal_, live.sqlite_, {}).value();
  }
  live.thread_->drain();
  EXPECT_EQ(live.thread_->status().last_error, "");
  EXPECT_EQ(live.thread_->status().derived_records, records);
  live.expect_equal_to_a_rebuild();
}

TEST(StorageThread, DamagedTablesGoAsideAndAreMadeAnew) {
  Live live;
  live.write(a_run_of_one_segment(200, 60));
  ASSERT_TRUE(live.journal_->rotate(a_snapshot(1)));
  live.write(a_run_of_one_segment(200, 61));
  live.thread_.reset();
  const std::string damaged(20'000, 'x');
  write_bytes(live.sqlite_, damaged);
  live.thread_ = StorageThread::start(*live.journal_, live.sqlite_, {}).value();
  live.thread_->drain();
  const StorageStatus status = live.thread_->status();
  EXPECT_EQ(status.tables_put_aside, 1U);
  EXPECT_NE(status.last_error.find("it is kept as "), std::string::npos) << status.last_error;
  EXPECT_EQ(status.derived_records, live.journal_->records());
  bool kept = false;
  for (const auto& entry : std::filesystem::directory_iterator(live.folder_.path()))
    kept = kept || (entry.path().filename().string().starts_with("journal.sqlite.damaged-") &&
                    read_all(entry.path()) == damaged);
  EXPECT_TRUE(kept);
  live.expect_equal_to_a_rebuild();
}

/// Tables that SQLite finds damaged at the next row of equity, however much of them it has read.
void damage_under_its_hand(const std::filesystem::path& sqlite) {
  Sqlite other{sqlite};
  other.rows(
      "PRAGMA writable_schema=ON; UPDATE sqlite_master SET rootpage=999999 WHERE name='equity'; "
      "PRAGMA schema_version=77");
}

/// Waits for `count` turns of the thread without asking for one: each syncs what was written.
void let_turn(Live& live, int count) {
  for (int i = 0; i < count; ++i) {
    live.write({EquityPoint{}});
    while (live.thread_->status().synced_bytes != live.journal_->committed_bytes())
      std::this_thread::yield();
  }
}

TEST(StorageThread, TablesAreMadeAnewFromWhatRetentionLeft) {
  Live live;
  for (std::uint64_t part = 1; part <= 3; ++part) {
    live.write(a_run_of_one_segment(100, 70 + part));
    ASSERT_TRUE(live.journal_->rotate(a_snapshot(part)));
  }
  live.thread_->drain();
  const std::string fills = Sqlite{live.sqlite_}.rows("SELECT count(*) FROM fills");
  const std::string orders = Sqlite{live.sqlite_}.rows("SELECT count(*) FROM orders");
  // The thread has its log since segment 1 was there.
  ASSERT_TRUE(std::filesystem::remove(live.folder_ / "log/000001.wal.zst"));
  damage_under_its_hand(live.sqlite_);
  live.write({EquityPoint{}});
  live.thread_->drain();
  EXPECT_EQ(live.thread_->status().tables_put_aside, 1U);
  EXPECT_EQ(live.thread_->status().sqlite_errors, 1U);
  live.thread_->drain();
  EXPECT_EQ(live.thread_->status().tables_put_aside, 1U);
  EXPECT_EQ(live.thread_->status().derived_records, live.journal_->records())
      << live.thread_->status().last_error;
  // What segment 1 told is there still.
  EXPECT_EQ(Sqlite{live.sqlite_}.rows("SELECT count(*) FROM fills"), fills);
  EXPECT_EQ(Sqlite{live.sqlite_}.rows("SELECT count(*) FROM orders"), orders);
  live.thread_.reset();
  const auto rebuilt = rebuild_journal(live.folder_ / "session.wal", live.sqlite_);
  ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().context;
  EXPECT_GT(rebuilt.value().carried.fills, 0U);
  EXPECT_EQ(Sqlite{live.sqlite_}.rows("SELECT count(*) FROM fills"), fills);
}

TEST(StorageThread, TablesDamagedOnceAreMadeAnewAtOnceAndASecondTimeItWaits) {
  StorageSettings settings;
  settings.sync_interval = std::chrono::milliseconds{10};
  Live live{settings};
  live.write({EquityPoint{}});
  live.thread_->drain();
  damage_under_its_hand(live.sqlite_);
  while (live.thread_->status().tables_put_aside == 0) let_turn(live, 1);
  let_turn(live, 5);
  EXPECT_EQ(live.thread_->status().tables_put_aside, 1U);
  EXPECT_EQ(live.thread_->status().sqlite_errors, 1U);
  ASSERT_TRUE(std::filesystem::exists(live.sqlite_));
  damage_under_its_hand(live.sqlite_);
  while (live.thread_->status().tables_put_aside == 1) let_turn(live, 1);
  let_turn(live, 5);
  EXPECT_EQ(live.thread_->status().tables_put_aside, 2U);
  EXPECT_FALSE(std::filesystem::exists(live.sqlite_));
}

TEST(StorageThread, ACompressionThatFailsIsTriedAgainButNotAtOnce) {
  StorageSettings settings;
  settings.sync_interval = std::chrono::milliseconds{10};
  Live live{settings};
  const auto feed = live.folder_ / "feed/rest-5.jsonl";
  const auto log = live.folder_ / "log/000001.wal";
  for (const auto& path : {feed, log})
    std::filesystem::create_directories(path.string() + ".zst.tmp");
  write_bytes(feed, "");
  live.thread_->compress(feed);
  live.write({EquityPoint{}});
  ASSERT_TRUE(live.journal_->rotate(a_snapshot(1)));
  live.thread_->drain();
  live.thread_->drain();
  const std::uint64_t errors = live.thread_->status().feed_errors;
  EXPECT_GE(errors, 2U);
  let_turn(live, 5);
  EXPECT_EQ(live.thread_->status().feed_errors, errors);
  EXPECT_TRUE(std::filesystem::exists(feed));
  for (const auto& path : {feed, log}) std::filesystem::remove(path.string() + ".zst.tmp");
  live.thread_->drain();
  EXPECT_EQ(live.thread_->status().parts_compressed, 1U);
  EXPECT_EQ(live.thread_->status().log_parts_compressed, 1U);
  EXPECT_TRUE(std::filesystem::exists(feed.string() + ".zst"));
  EXPECT_TRUE(std::filesystem::exists(log.string() + ".zst"));
}

TEST(StorageThread, TheLogIsSyncedWhileTablesCatchUp) {
  StorageSettings settings;
  settings.sync_bytes = 1 << 30;
  Live live;
  live.thread_.reset();
  constexpr std::uint64_t kRecords = 20 * 4096;  // twenty transactions
  for (std::uint64_t i = 0; i < kRecords; ++i) live.journal_->append(EquityPoint{.sequence = i});
  ASSERT_TRUE(live.journal_->flush());
  live.thread_ = StorageThread::start(*live.journal_, live.sqlite_, settings).value();
  while (live.thread_->status().derived_records == 0) std::this_thread::yield();
  live.write({EquityPoint{}});
  StorageStatus status;
  do status = live.thread_->status();
  while (status.synced_bytes != live.journal_->committed_bytes());
  EXPECT_LT(status.derived_records, kRecords);
}

TEST(StorageThread, TablesThatTellOfMoreThanTheLogAreMadeAnew) {
  Live live;
  live.write(a_run_of_one_segment(100, 62));
  live.thread_.reset();
  Sqlite{live.sqlite_}.rows("UPDATE meta SET value='999999999' WHERE key LIKE 'wal_%'");
  live.thread_ = StorageThread::start(*live.journal_, live.sqlite_, {}).value();
  live.thread_->drain();
  EXPECT_EQ(live.thread_->status().tables_put_aside, 1U);
  live.expect_equal_to_a_rebuild();
}

/// `days` of one decision, bar, equity row and fill an hour.
std::vector<WalRecord> days_of_trading(int days) {
  std::vector<WalRecord> records;
  for (std::uint64_t hour = 0; hour < static_cast<std::uint64_t>(days) * 24; ++hour) {
    const Timestamp now = at(static_cast<std::int64_t>(hour) * 3600);
    Event bar = event_at(hour, BarClosed{});
    bar.ts_recv = now;
    records.emplace_back(bar);
    records.emplace_back(Event{hour, Origin::Derived, now, now, Fill{.time = now}});
    DecisionRecord decision;
    decision.time = now;
    records.emplace_back(decision);
    records.emplace_back(EquityPoint{.sequence = hour, .time = now});
  }
  return records;
}

TEST(StorageThread, OldRowsGoAndFillsStay) {
  StorageSettings settings;
  settings.keep_rows = std::chrono::hours{48};
  Live live{settings, "journal.sqlite", "paper"};
  live.write(days_of_trading(4));
  live.thread_->drain();
  live.thread_->drain();  // the tables are told before the look at the disk, in one pass
  Sqlite tables{live.sqlite_};
  // The last hour is the 95th; decisions from before the 47th go, and what was written before the
  // last of them: the books after it are of the next.
  const auto count_from = [](int rows, int hour) {
    return std::to_string(rows) + "|" + std::to_string(to_unix_ns(at(hour * 3600)));
  };
  EXPECT_EQ(tables.rows("SELECT count(*), min(time_ns) FROM decisions"), count_from(49, 47));
  EXPECT_EQ(tables.rows("SELECT count(*), min(time_ns) FROM bars"), count_from(49, 47));
  EXPECT_EQ(tables.rows("SELECT count(*), min(time_ns) FROM equity"), count_from(50, 46));
  EXPECT_EQ(tables.rows("SELECT count(*) FROM fills"), "96");
  EXPECT_EQ(tables.rows("SELECT what, why, sum(rows) FROM dropped"), "rows|age|140");
  EXPECT_EQ(live.thread_->status().rows_dropped, 140U);
}

TEST(StorageThread, AReplayKeepsEverything) {
  StorageSettings settings;
  settings.keep_rows = std::chrono::hours{1};
  Live live{settings};
  live.write(days_of_trading(4));
  live.thread_->drain();
  live.thread_->drain();
  EXPECT_EQ(Sqlite{live.sqlite_}.rows("SELECT count(*) FROM bars"), "96");
}

TEST(StorageThread, WritesDownWhatTheQuotaTookAndSaysHowTheDiskIs) {
  StorageSettings settings;
  settings.quota_bytes = 1;
  settings.disk_free_min = std::int64_t{1} << 60;
  Live live{settings, "journal.sqlite", "paper"};
  std::filesystem::create_directory(live.folder_ / "feed");
  const std::string part = "rest-" + std::to_string(to_unix_ns(at(0))) + ".jsonl.zst";
  write_bytes(live.folder_.path() / "feed" / part, std::string(777, 'x'));
  live.write({event_at(1, ClockTick{})});
  live.thread_->drain();
  live.thread_->drain();
  EXPECT_FALSE(std::filesystem::exists(live.folder_.path() / "feed" / part));
  EXPECT_EQ(Sqlite{live.sqlite_}.rows("SELECT what, name, why, bytes, time FROM dropped"),
            "feed|" + part + "|quota|777|2025-05-29T17:05:01.000Z");
  const StorageStatus status = live.thread_->status();
  EXPECT_EQ(status.files_dropped, 1U);
  EXPECT_EQ(status.bytes_dropped, 777U);
  EXPECT_TRUE(status.near_quota);
  EXPECT_TRUE(status.over_quota);
  EXPECT_TRUE(status.disk_low);
  // The note outlives a rebuild: the log knows nothing of it.
  live.thread_.reset();
  ASSERT_TRUE(rebuild_journal(live.folder_ / "session.wal", live.sqlite_).has_value());
  EXPECT_EQ(Sqlite{live.sqlite_}.rows("SELECT name, bytes FROM dropped"), part + "|777");
}

TEST(StorageThread, TakesInPartsThatAnEarlierProcessLeft) {
  Live live;
  live.thread_.reset();
  std::filesystem::create_directory(live.folder_ / "feed");
  write_bytes(live.folder_ / "feed/rest-5.jsonl", "");
  live.thread_ = StorageThread::start(*live.journal_, live.sqlite_, {}).value();
  live.thread_->drain();
  EXPECT_TRUE(std::filesystem::exists(live.folder_ / "feed/rest-5.jsonl.zst"));
}

}  // namespace
}  // namespace proteus::storage
