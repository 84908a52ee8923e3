// `proteus journal rebuild SESSION`: the tables of a session made again from its log.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/session.hpp"
#include "tools/app/verbs.hpp"
#include "tools/app/why_journal.hpp"

namespace proteus::app {

void declare_journal_rebuild(CLI::App& app, Options& options) {
  add_socket(app, options);
  app.add_option("SESSION", options.session, "its folder, or its name beside the socket")
      ->required()
      ->type_name("");
}

int run_journal_rebuild(const Options& options) {
  const auto folder = find_session(runs_beside(options.socket), options.session);
  if (folder.has_error()) return fail(folder.error(), kError);
  // Whoever trades in it writes its tables: the lock says whether somebody does.
  const auto session = storage::Session::open(folder.value());
  if (session.has_error()) return fail(session.error(), kError);
  const auto records =
      storage::rebuild_journal(session.value().wal_path(), session.value().sqlite_path());
  if (records.has_error()) return fail(records.error(), kError);
  fmt::print("{} made anew from {} records of the log\n", session.value().sqlite_path().string(),
             records.value());
  return kOk;
}

}  // namespace proteus::app
