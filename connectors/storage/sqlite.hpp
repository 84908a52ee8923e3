// A thin hold on SQLite: a database, a prepared statement that takes our values as columns. Exact
// decimals fill two columns (text, raw integer of 1e-9), times two (ISO text, nanoseconds).
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "engine/core/json.hpp"
#include "engine/core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace proteus::storage {

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle, &finalize) {}

  /// Runs it once with these columns, in order. Errors: Io, or Corrupt where the file is damaged or
  /// no database, with SQLite's words.
  template <class... Values>
  Result<void> run(const Values&... values) {
    next_ = 1;
    (bind(values), ...);
    return finish();
  }
  /// First column of the first row, if there is one.
  template <class... Values>
  Result<std::optional<std::string>> text(const Values&... values) {
    next_ = 1;
    (bind(values), ...);
    return first_text();
  }
  /// Runs it once with the columns of the row that `other` stands at, as they are.
  Result<void> run_with_row_of(const Statement& other);
  [[nodiscard]] int columns() const;
  /// Binds these for a query that is read with `row`.
  template <class... Values>
  void given(const Values&... values) {
    next_ = 1;
    (bind(values), ...);
  }
  /// Steps to the next row of a query; false at the end, where it rewinds.
  Result<bool> row();
  [[nodiscard]] std::string column(int index) const;

 private:
  template <class T>
  void bind(const T& value) {
    if constexpr (std::is_same_v<T, std::nullptr_t>) {
      bind_null();
    } else if constexpr (std::is_same_v<T, bool>) {
      bind_integer(value ? 1 : 0);
    } else if constexpr (std::is_enum_v<T>) {
      bind_text(to_string(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      bind_real(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      bind_integer(static_cast<std::int64_t>(value));
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      bind_text(json::time_text(value));
      bind_integer(to_unix_ns(value));
    } else if constexpr (binary::detail::IsFixed<T>::value) {
      bind_text(value.to_string());
      bind_integer(value.raw());
    } else if constexpr (binary::detail::IsText<T>::value) {
      bind_text(value.view());
    } else {
      bind_text(value);
    }
  }
  void bind_null();
  void bind_integer(std::int64_t value);
  void bind_real(double value);  // NaN is stored as NULL, as SQLite does
  void bind_text(std::string_view value);
  Result<void> finish();
  Result<std::optional<std::string>> first_text();
  static void finalize(sqlite3_stmt* handle);

  std::unique_ptr<sqlite3_stmt, void (*)(sqlite3_stmt*)> handle_{nullptr, &finalize};
  int next_ = 1;
};

class Database {
 public:
  /// Opens or creates. Write-ahead mode: readers and the writer do not block one another.
  static Result<Database> open(const std::filesystem::path& path);
  /// For reading alone, also while another process writes it, and where the folder cannot be
  /// written. Errors: NotFound, Io; Corrupt where it is damaged, here and in all that is asked of
  /// it, with what makes it again.
  /// `damaged`: where entries of the list of tables are, the others can be read all the same.
  static Result<Database> open_read_only(const std::filesystem::path& path, bool damaged = false);
  Result<void> run(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const;
  /// False after a failure that has already undone the transaction.
  [[nodiscard]] bool in_transaction() const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle, &close) {}
  static void close(sqlite3* handle);
  std::unique_ptr<sqlite3, void (*)(sqlite3*)> handle_;
};

}  // namespace proteus::storage
