// status and why: they ask a daemon through its socket; why also reads sessions that have ended.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "tools/app/json_object.hpp"
#include "tools/app/operator_client.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/status_view.hpp"
#include "tools/app/verbs.hpp"
#include "tools/app/why_journal.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t interrupted = 0;
void on_interrupt(int) { interrupted = 1; }

/// Prints a document for people or programs; one that holds an error is an error.
int print_document(const Options& options, const std::string& document,
                   std::string (*render)(const std::string&, const Style&)) {
  const std::string wrong = error_of(document);
  if (options.json) {
    print_line(document);
  } else if (!wrong.empty()) {
    return fail(error(ErrorCode::NotFound, wrong), kError);
  } else {
    print_line(render(document, style_of_stdout()));
  }
  return wrong.empty() ? kOk : kError;
}

/// Draws what the daemon sends each second until it ends or Ctrl-C.
int watch(const Options& options, net::LocalClient& daemon) {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  if (auto sent = daemon.send_line("watch"); sent.has_error())
    return fail_asking(options, sent.error());
  Screen screen;
  for (Duration waited{0}; interrupted == 0;) {
    auto answer = daemon.read_line(100ms);
    if (answer.has_error() && answer.error().code == ErrorCode::Timeout) {
      waited += 100ms;
      if (waited < kAnswerDeadline) continue;
    }
    if (answer.has_error()) return fail_asking(options, answer.error());
    waited = Duration{0};
    if (!answer.value()) {
      if (!options.json) screen.end("The daemon has ended.");
      return kOk;
    }
    if (options.json)
      print_line(*answer.value());
    else
      screen.show(fit(status_blocks(*answer.value(), style_of_stdout()), rows_of_stdout()));
  }
  return kOk;
}

/// The session that was named; else the running daemon's, which may be neither the newest nor
/// beside its socket; else the newest.
Result<std::filesystem::path> session_to_ask(const Options& options) {
  const auto runs = runs_beside(options.socket);
  if (!options.session.empty()) return find_session(runs, options.session);
  auto daemon = net::LocalClient::connect(options.socket);
  if (daemon.has_value()) {
    BOOST_OUTCOME_TRY(const auto status, ask(daemon.value(), "status"));
    return folder_of_daemon(status);
  }
  auto newest = find_session(runs, "");
  if (newest.has_error()) return not_running(options, daemon.error());
  fmt::print(stderr, "proteus: no daemon answers at {}: {} is the newest session\n", options.socket,
             newest.value().string());
  return newest;
}

int why_from_session(const Options& options, const WhyWords& words) {
  const auto folder = session_to_ask(options);
  if (folder.has_error()) return fail(folder.error(), code_of(folder.error()));
  auto document = why_from_journal(folder.value(), words);
  if (document.has_error()) {
    if (options.json) print_line(JsonObject{}.add("error", document.error().context).text());
    return fail(document.error(), kError);
  }
  return print_document(options, document.value(), render_why);
}

}  // namespace

void declare_status(CLI::App& app, Options& options) {
  add_socket(app, options);
  add_json(app, options);
  app.add_flag("-w,--watch", options.watch, "again every second, until Ctrl-C or the daemon's end");
}

int run_status(const Options& options) {
  auto daemon = net::LocalClient::connect(options.socket);
  if (daemon.has_error()) return fail(not_running(options, daemon.error()), kNotRunning);
  if (options.watch) return watch(options, daemon.value());
  auto answer = ask(daemon.value(), "status");
  if (answer.has_error()) return fail_asking(options, answer.error());
  return print_document(options, answer.value(), render_status);
}

void declare_why(CLI::App& app, Options& options) {
  add_socket(app, options);
  add_json(app, options);
  app.add_option("--session", options.session,
                 "a session's folder or its name; default: the running daemon's, else the newest "
                 "beside the socket")
      ->type_name("S");
  app.add_option("SESSION", options.instrument,
                 "the same as --session; may be left out, as all of these")
      ->type_name("");
  app.add_option("INSTRUMENT", options.time, "such as linear:BTCUSDT; default: all")->type_name("");
  app.add_option("TIME", options.files,
                 "the bar that holds it: 2025-06-01T12:34 (UTC) or 2025-06-01T14:34:00+02:00; "
                 "default: the last")
      ->type_name("")
      ->expected(0, 1);
}

namespace {

/// The words of the command line in their order; what each is, is told by how it is spelled.
Result<WhyWords> take_why_words(Options& options) {
  std::vector<std::string> words{options.instrument, options.time};
  words.insert(words.end(), options.files.begin(), options.files.end());
  if (means_session(runs_beside(options.socket), words.front())) {
    if (!options.session.empty() && options.session != words.front())
      return error(ErrorCode::Malformed, fmt::format("two sessions were given ({}, {}): name one",
                                                     words.front(), options.session));
    options.session = words.front();
    words.erase(words.begin());
  }
  return read_why_words(words);
}

}  // namespace

int run_why(const Options& given) {
  Options options = given;
  auto words = take_why_words(options);
  if (words.has_error()) return fail(words.error(), kUsage);
  if (words.value().time || !options.session.empty())
    return why_from_session(options, words.value());
  auto daemon = net::LocalClient::connect(options.socket);
  if (daemon.has_error()) {
    if (find_session(runs_beside(options.socket), "").has_error())
      return fail(not_running(options, daemon.error()), kNotRunning);
    return why_from_session(options, words.value());
  }
  const std::string& instrument = words.value().instrument;
  auto answer = ask(daemon.value(), instrument.empty() ? "why" : "why " + instrument);
  if (answer.has_error()) return fail_asking(options, answer.error());
  return print_document(options, answer.value(), render_why);
}

}  // namespace proteus::app
