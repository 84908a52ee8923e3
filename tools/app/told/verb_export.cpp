// `proteus journal export SESSION`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/app/session_folders.hpp"
#include "tools/app/told/export.hpp"
#include "tools/app/told/verbs.hpp"

namespace proteus::app {

void declare_journal_export(CLI::App& app, Options& options) {
  add_socket(app, options);
  app.add_option("SESSION", options.session, "its folder, or its name beside the socket")
      ->required()
      ->type_name("");
  app.add_option("--to", options.out, "folder to write into; default: export-SESSION here")
      ->type_name("FOLDER");
  app.add_flag("--json", options.json, "JSON lines instead of CSV");
}

int run_journal_export(const Options& options) {
  const auto folder = find_session(runs_beside(options.socket), options.session);
  if (folder.has_error()) return fail(folder.error(), kError);
  const std::filesystem::path whole = std::filesystem::absolute(folder.value()).lexically_normal();
  const std::filesystem::path named = whole.has_filename() ? whole : whole.parent_path();
  const std::filesystem::path to =
      options.out.empty() ? std::filesystem::path("export-" + named.filename().string())
                          : std::filesystem::path(options.out);
  const auto exported = told::export_session(folder.value(), to, options.json);
  if (exported.has_error()) return fail(exported.error(), kError);
  if (!exported.value().missing.empty()) fmt::print("note: {}\n", exported.value().missing);
  for (const auto& file : exported.value().files)
    fmt::print("{:<20} {} rows\n", (to / file.name).string(), file.rows);
  return kOk;
}

}  // namespace proteus::app
