// `proteus report SESSION`: a page about what a session did, with its numbers beside it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "tools/app/session_folders.hpp"
#include "tools/app/verbs.hpp"
#include "tools/report/report.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;

Result<void> write_text(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  if (out) return success();
  return error(ErrorCode::Io,
               fmt::format("{} cannot be written: name another place with --out", path.string()));
}

/// "report.html" to "report<tail>".
fs::path beside(const fs::path& page, const std::string& tail) {
  return page.parent_path() / (page.stem().string() + tail);
}

Result<void> write_all(const report::Report& made, const fs::path& page) {
  BOOST_OUTCOME_TRY(write_text(page, report::report_page(made)));
  BOOST_OUTCOME_TRY(write_text(beside(page, ".json"), report::report_json(made)));
  BOOST_OUTCOME_TRY(write_text(beside(page, "-equity.csv"), report::curve_csv(made)));
  return write_text(beside(page, "-trades.csv"), report::trades_csv(made));
}

void tell(const report::Report& made, const fs::path& page) {
  for (const std::string& sentence : made.verdict) fmt::print("{}\n", sentence);
  for (const report::Note& note : made.notes)
    fmt::print("{}: {}\n", note.warning ? "WARNING" : "note", note.text);
  fmt::print("{}\nbeside it: {}, {}, {}\n", page.string(),
             beside(page, ".json").filename().string(),
             beside(page, "-equity.csv").filename().string(),
             beside(page, "-trades.csv").filename().string());
}

}  // namespace

void declare_report(CLI::App& app, Options& options) {
  add_socket(app, options);
  auto* out = app.add_option("-o,--out", options.out,
                             "the page's file; JSON and CSV lie beside it; default: report.html in "
                             "the session's folder")
                  ->type_name("FILE");
  auto* json = app.add_flag("--json", options.json, "prints report.json; writes no file");
  auto* csv = app.add_flag("--csv", options.csv, "prints the curve, a line a bar; writes no file");
  json->excludes(csv)->excludes(out);
  csv->excludes(out);
  app.add_option("SESSION", options.session,
                 "its folder, or its name beside the socket; default: the newest there")
      ->type_name("");
}

int run_report(const Options& options) {
  const auto folder = find_session(runs_beside(options.socket), options.session);
  if (folder.has_error()) return fail(folder.error(), kError);
  const auto made = report::make_report(folder.value());
  if (made.has_error()) return fail(made.error(), kError);
  if (options.json || options.csv) {
    const std::string text =
        options.json ? report::report_json(made.value()) : report::curve_csv(made.value());
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kOk;
  }
  const fs::path page =
      options.out.empty() ? folder.value() / "report.html" : fs::path(options.out);
  const auto written = write_all(made.value(), page);
  if (written.has_error()) return fail(written.error(), kError);
  tell(made.value(), page);
  return kOk;
}

}  // namespace proteus::app
