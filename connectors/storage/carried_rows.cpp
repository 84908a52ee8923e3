#include "connectors/storage/carried_rows.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "connectors/storage/journal_db.hpp"

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

// In the order in which they are taken: orders last, for what was filled is in `fills`.
constexpr std::array kCarried = {"bars",      "decisions",   "refusals",    "equity",
                                 "anomalies", "feed",        "fills",       "funding",
                                 "states",    "adaptations", "adjustments", "orders"};

std::string key_of(std::string_view table) { return table == "orders" ? "id" : "record"; }

std::uint64_t& count_of(std::string_view table, RowCounts& counts) {
  if (table == "orders") return counts.orders;
  if (table == "fills") return counts.fills;
  if (table == "funding") return counts.funding;
  if (table == "states") return counts.states;
  return counts.others;
}

std::int64_t integer(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

RowCounts& RowCounts::operator+=(const RowCounts& other) {
  orders += other.orders;
  fills += other.fills;
  funding += other.funding;
  states += other.states;
  others += other.others;
  return *this;
}

std::string RowCounts::text() const {
  return fmt::format("{} orders, {} fills, {} funding, {} states and {} other rows", orders, fills,
                     funding, states, others);
}

Result<OldTables> OldTables::beside(const fs::path& fresh, const fs::path& old,
                                    const WalHeader& header) {
  BOOST_OUTCOME_TRY(Database db, Database::open(fresh));
  OldTables tables{std::move(db)};
  if (const auto done = tables.open_old(old, header); !done) tables.note(done.error());
  return tables;
}

void OldTables::note(const Error& failure) {
  damaged_ = damaged_ || failure.code == ErrorCode::Corrupt;
  if (trouble_.empty()) trouble_ = failure.context;
}

Result<void> OldTables::open_old(const fs::path& path, const WalHeader& header) {
  BOOST_OUTCOME_TRY(Database old, Database::open_read_only(path, true));
  BOOST_OUTCOME_TRY(Statement meta, old.prepare("SELECT value FROM meta WHERE key=?"));
  BOOST_OUTCOME_TRY(const auto schema, meta.text("schema"));
  BOOST_OUTCOME_TRY(const auto session, meta.text("session"));
  if (schema != std::to_string(kJournalSchema))
    return error(ErrorCode::Unsupported,
                 fmt::format("{} has tables of version {}; this program takes rows over from "
                             "version {} only",
                             path.string(), schema.value_or("(none)"), kJournalSchema));
  if (session != header.session.view())
    return error(ErrorCode::Refused,
                 fmt::format("{} belongs to session {}, not to {}", path.string(),
                             session.value_or("(none)"), header.session.view()));
  old_ = std::move(old);
  return success();
}

/// Reads the old rows with `read`, and puts each into the new table; ends without an error where
/// they cannot be read on, and `trouble` has it. False: it ended there.
Result<bool> OldTables::copy(const std::string& table, const std::string& where,
                             std::string_view conflict) {
  auto read = old_->prepare(fmt::format("SELECT * FROM {} NOT INDEXED {}", table, where));
  if (!read) {
    note(read.error());
    damaged_ = true;
    return false;
  }
  auto rows = std::move(read).value();
  std::string sql = fmt::format("INSERT OR {} INTO {} VALUES(?", conflict, table);
  for (int i = 1; i < rows.columns(); ++i) sql += ",?";
  BOOST_OUTCOME_TRY(Statement write, db_.prepare(sql + ")"));
  for (;;) {
    const auto there = rows.row();
    if (!there) {
      note(there.error());
      return false;
    }
    if (!there.value()) return true;
    BOOST_OUTCOME_TRY(write.run_with_row_of(rows));
    if (conflict == "IGNORE")
      count_of(table, carried_) += static_cast<std::uint64_t>(db_.changes());
  }
}

// From both ends up to the damage, if there is any.
Result<void> OldTables::take(const std::string& table, const RecordRange& range) {
  for (const char* order : {"ASC", "DESC"}) {
    BOOST_OUTCOME_TRY(const bool whole,
                      copy(table,
                           fmt::format("WHERE record>={} AND record<{} ORDER BY {} {}", range.first,
                                       range.second, key_of(table), order),
                           "IGNORE"));
    if (whole) break;
  }
  return success();
}

Result<void> OldTables::put_orders_back(Timestamp begun) {
  BOOST_OUTCOME_TRY(Statement reset,
                    db_.prepare("UPDATE orders SET state=?2, ended_by=?3, text='', filled_raw="
                                "(SELECT coalesce(sum(f.quantity_raw), 0) FROM fills f WHERE "
                                "f.order_id=orders.id) WHERE updated_ns>?1"));
  BOOST_OUTCOME_TRY(reset.run(to_unix_ns(begun), OrderState::Submitted, OrderEnd::None));
  BOOST_OUTCOME_TRY(Statement rows,
                    db_.prepare("SELECT id, filled_raw FROM orders WHERE updated_ns>?"));
  rows.given(to_unix_ns(begun));
  std::vector<std::pair<std::string, std::int64_t>> filled;
  for (;;) {
    BOOST_OUTCOME_TRY(const bool there, rows.row());
    if (!there) break;
    filled.emplace_back(rows.column(0), integer(rows.column(1)));
  }
  BOOST_OUTCOME_TRY(Statement write, db_.prepare("UPDATE orders SET filled=?2 WHERE id=?1"));
  for (const auto& [id, raw] : filled) {
    BOOST_OUTCOME_TRY(write.run(id, format_fixed(raw)));
  }
  return success();
}

Result<void> OldTables::carry_before(std::uint64_t first_record, Timestamp begun) {
  if (!old_) return success();
  const RowCounts before = carried_;
  BOOST_OUTCOME_TRY(db_.run("BEGIN"));
  BOOST_OUTCOME_TRY(copy("dropped", "", "IGNORE"));
  // Where the log begins with the session, it tells the names itself.
  if (first_record > 0) {
    BOOST_OUTCOME_TRY(copy("instruments", "", "IGNORE"));
  }
  carried_ = before;  // Notes and names are no rows of the session.
  for (const char* table : kCarried) {
    if (first_record == 0) break;
    BOOST_OUTCOME_TRY(take(table, {0, first_record}));
  }
  BOOST_OUTCOME_TRY(put_orders_back(begun));
  return db_.run("COMMIT");
}

Result<void> OldTables::carry_holes(const std::vector<RecordRange>& holes, std::uint64_t record_end,
                                    Timestamp end) {
  if (!old_ || holes.empty()) return success();
  BOOST_OUTCOME_TRY(db_.run("BEGIN"));
  for (const RecordRange& hole : holes)
    for (const char* table : kCarried) {
      BOOST_OUTCOME_TRY(take(table, hole));
    }
  // What became of an order in a hole, the log does not tell.
  BOOST_OUTCOME_TRY(
      copy("orders", fmt::format("WHERE record<{} AND updated_ns<={}", record_end, to_unix_ns(end)),
           "REPLACE"));
  return db_.run("COMMIT");
}

Result<RowCounts> OldTables::not_carried() {
  RowCounts counts;
  if (!old_) return counts;
  for (const char* table : kCarried) {
    BOOST_OUTCOME_TRY(Statement find, db_.prepare(fmt::format("SELECT 1 FROM {} WHERE {}=?", table,
                                                              key_of(table))));
    auto rows = old_->prepare(fmt::format("SELECT {} FROM {} NOT INDEXED", key_of(table), table));
    if (!rows) {
      note(rows.error());
      damaged_ = true;
      continue;
    }
    for (;;) {
      const auto there = rows.value().row();
      if (!there) note(there.error());
      if (!there || !there.value()) break;
      BOOST_OUTCOME_TRY(const auto found, find.text(rows.value().column(0)));
      if (!found) ++count_of(table, counts);
    }
  }
  return counts;
}

std::optional<fs::path> newest_aside(const fs::path& sqlite_path) {
  std::optional<fs::path> newest;
  fs::file_time_type when{};
  std::error_code ignored;
  for (fs::directory_iterator it{sqlite_path.parent_path(), ignored}, end; it != end;
       it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    const std::string stem = sqlite_path.filename().string();
    const bool aside =
        name.starts_with(stem + ".damaged-") || name.starts_with(stem + ".before-rebuild-");
    if (!aside || name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal"))
      continue;
    const auto written = it->last_write_time(ignored);
    if (newest && written <= when) continue;
    newest = it->path();
    when = written;
  }
  return newest;
}

}  // namespace proteus::storage
