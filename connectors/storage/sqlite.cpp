#include "connectors/storage/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace proteus::storage {
namespace {

Error sqlite_error(sqlite3* db, std::string_view what) {
  const char* const file = db == nullptr ? nullptr : sqlite3_db_filename(db, "main");
  const int code = db == nullptr ? SQLITE_NOMEM : sqlite3_errcode(db) & 0xff;
  const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  // Whoever only reads cannot make it again; the storage thread does, and says so.
  std::string hint;
  if (damaged && file != nullptr && sqlite3_db_readonly(db, "main") == 1)
    hint = fmt::format("; proteus journal rebuild {} makes it again",
                       std::filesystem::path(file).parent_path().string());
  return error(damaged ? ErrorCode::Corrupt : ErrorCode::Io,
               fmt::format("cannot {} {}: {}{}", what, file == nullptr ? "" : file,
                           db == nullptr ? "out of memory" : sqlite3_errmsg(db), hint));
}

}  // namespace

void Statement::finalize(sqlite3_stmt* handle) { sqlite3_finalize(handle); }
void Statement::bind_null() { sqlite3_bind_null(handle_.get(), next_++); }
void Statement::bind_integer(std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), next_++, value);
}
void Statement::bind_real(double value) { sqlite3_bind_double(handle_.get(), next_++, value); }
void Statement::bind_text(std::string_view value) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* const bytes = value.empty() ? "" : value.data();
  sqlite3_bind_text(handle_.get(), next_++, bytes, static_cast<int>(value.size()),
                    SQLITE_TRANSIENT);
}

Result<void> Statement::finish() {
  PROTEUS_ASSERT(next_ == sqlite3_bind_parameter_count(handle_.get()) + 1);
  const int code = sqlite3_step(handle_.get());
  std::optional<Error> failed;
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    failed = sqlite_error(sqlite3_db_handle(handle_.get()), "write to");
  sqlite3_reset(handle_.get());
  if (failed) return *std::move(failed);
  return success();
}

Result<void> Statement::run_with_row_of(const Statement& other) {
  next_ = 1;
  for (int i = 0; i < other.columns(); ++i)
    sqlite3_bind_value(handle_.get(), next_++, sqlite3_column_value(other.handle_.get(), i));
  return finish();
}

int Statement::columns() const { return sqlite3_column_count(handle_.get()); }

Result<std::optional<std::string>> Statement::first_text() {
  BOOST_OUTCOME_TRY(const bool there, row());
  if (!there) return std::nullopt;
  std::string text = column(0);
  sqlite3_reset(handle_.get());
  return std::optional{std::move(text)};
}

Result<bool> Statement::row() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  std::optional<Error> failed;
  if (code != SQLITE_DONE) failed = sqlite_error(sqlite3_db_handle(handle_.get()), "read");
  sqlite3_reset(handle_.get());
  if (failed) return *std::move(failed);
  return false;
}

std::string Statement::column(int index) const {
  const auto* const text = sqlite3_column_text(handle_.get(), index);
  const int size = sqlite3_column_bytes(handle_.get(), index);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

void Database::close(sqlite3* handle) { sqlite3_close_v2(handle); }

Result<Database> Database::open(const std::filesystem::path& path) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database{handle};
  if (code != SQLITE_OK)
    return error(ErrorCode::Io,
                 fmt::format("cannot open {}: {}", path.string(), sqlite3_errstr(code)));
  sqlite3_busy_timeout(handle, 1000);
  // The log is the truth and this can be rebuilt: a sync at each checkpoint is enough.
  // Pages of dropped rows are given back in small pieces.
  BOOST_OUTCOME_TRY(database.run(
      "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"));
  return database;
}

Result<Database> Database::open_read_only(const std::filesystem::path& path, bool damaged) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return error(ErrorCode::NotFound, fmt::format("there is no {}", path.string()));
  std::string address = "file:";
  for (const char c : std::filesystem::absolute(path, ignored).string())
    address += c == '?' || c == '#' || c == '%' ? fmt::format("%{:02x}", c) : std::string(1, c);
  // In a folder that cannot be written, SQLite cannot share a file in write-ahead mode; nobody else
  // can be writing it then either.
  for (const char* suffix : {"?mode=ro", "?mode=ro&immutable=1"}) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2((address + suffix).c_str(), &handle,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database{handle};
    if (code != SQLITE_OK) continue;
    sqlite3_busy_timeout(handle, 1000);
    if (damaged) static_cast<void>(database.run("PRAGMA writable_schema=ON"));
    const auto asked = database.prepare("SELECT count(*) FROM sqlite_master");
    if (asked.has_value()) return database;
    if (asked.error().code == ErrorCode::Corrupt) return asked.error();
  }
  return error(ErrorCode::Io, fmt::format("cannot read {}: is it a journal.sqlite, and may you "
                                          "read it?",
                                          path.string()));
}

Result<void> Database::run(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return sqlite_error(handle_.get(), "write to");
  return success();
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
    return sqlite_error(handle_.get(), "use");
  return Statement{statement};
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

}  // namespace proteus::storage
