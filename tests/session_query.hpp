// One value out of a session's tables.
#pragma once

#include <filesystem>
#include <string>

#include "connectors/storage/sqlite.hpp"

namespace proteus::test {

/// The first column of the first row as text; "(none)"; or what the database says in place of it.
inline std::string query(const std::filesystem::path& session, const std::string& sql) {
  auto database = storage::Database::open(session / "journal.sqlite");
  if (database.has_error()) return database.error().context;
  auto statement = database.value().prepare(sql);
  if (statement.has_error()) return statement.error().context;
  auto text = statement.value().text();
  if (text.has_error()) return text.error().context;
  return text.value().value_or("(none)");
}

}  // namespace proteus::test
