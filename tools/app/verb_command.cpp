// halt, reduce, resume, flatten, stop, beat: what an operator tells a running daemon. Each waits
// for what came of it and says so.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <thread>

#include "connectors/net/loop.hpp"
#include "engine/core/instrument.hpp"
#include "tools/app/command_view.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/operator_client.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/status_view.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kOrderDeadline = 10s;
constexpr Duration kFlattenDeadline = 3min;  // the fills come with the next bar
constexpr Duration kStopDeadline = 30s;

std::string with_reason(std::string_view verb, const Options& options) {
  std::string line{verb};
  for (const std::string& word : options.reason) line += " " + word;
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return line;
}

/// An instrument in the place of a reason: who writes it means that one alone.
std::optional<int> not_of_one(const Options& options, std::string_view verb) {
  if (options.reason.empty()) return std::nullopt;
  const std::string& word = options.reason.front();
  if (word.find(':') == std::string::npos || parse_instrument_name(word).has_error())
    return std::nullopt;
  return fail(error(ErrorCode::Refused,
                    fmt::format("{0} is for all instruments, there is no {0} of {1} alone; nothing "
                                "was done (a reason may name it after its first word)",
                                verb, word)),
              kUsage);
}

bool at_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

/// Asks a person; nothing: go on. The question shows what would happen, so the daemon is asked
/// first.
std::optional<int> not_confirmed(const Options& options, const std::string& verb,
                                 const std::string& status) {
  if (options.yes) return std::nullopt;
  if (!at_terminal())
    return fail(error(ErrorCode::Refused,
                      fmt::format("{} asks before it acts, and nobody sits at a terminal here: say "
                                  "proteus {} --yes",
                                  verb, verb)),
                kUsage);
  fmt::print(stderr, "{}", question_for(verb, status));
  std::fflush(stderr);
  std::string said;
  std::getline(std::cin, said);
  if (said == "y" || said == "Y" || said == "yes") return std::nullopt;
  return fail(error(ErrorCode::Refused, "nothing was done"), kError);
}

/// Shows how far it has come: one line that is drawn over itself on a terminal, else a line a
/// change.
class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown), terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (drawn_ && terminal_) fmt::print(stderr, "\r\x1b[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(const std::string& what, Duration waited) {
    if (!shown_ || (!terminal_ && what == last_)) return;
    last_ = what;
    drawn_ = true;
    if (!terminal_) return fmt::print(stderr, "proteus: {}\n", what);
    fmt::print(stderr, "\r{} - waiting {} (Ctrl-C ends the waiting alone)\x1b[K", what,
               age_text(std::chrono::duration<double>(waited).count()));
    std::fflush(stderr);
  }

 private:
  bool shown_;
  bool terminal_;
  bool drawn_ = false;
  std::string last_;
};

/// The answers to a command until one is the last, or until `longest` has passed. The newest.
Result<std::string> follow(net::LocalClient& daemon, Duration longest, bool shown) {
  const Duration begun = net::Loop::steady_now();
  BOOST_OUTCOME_TRY(auto first, daemon.read_line(kAnswerDeadline));
  if (!first) return error(ErrorCode::Io, "the daemon ended before it answered");
  std::string newest = *std::move(first);
  Progress progress(shown);
  while (is_under_way(newest)) {
    const Duration waited = net::Loop::steady_now() - begun;
    if (waited >= longest) break;
    progress.show(render_waiting(newest), waited);
    auto more = daemon.read_line(std::min<Duration>(500ms, longest - waited));
    if (more.has_error() && more.error().code == ErrorCode::Timeout) continue;
    BOOST_OUTCOME_TRY(auto next, std::move(more));
    if (!next) return error(ErrorCode::Io, "the daemon ended before the command was carried out");
    newest = *std::move(next);
  }
  return newest;
}

int command(const Options& options, const std::string& verb, Duration longest, bool asks) {
  if (const auto no = not_of_one(options, verb)) return *no;
  auto daemon = net::LocalClient::connect(options.socket);
  if (daemon.has_error()) return fail(not_running(options, daemon.error()), kNotRunning);
  if (asks) {
    auto status = ask(daemon.value(), "status");
    if (status.has_error()) return fail(status.error(), code_of(status.error()));
    if (const std::string wrong = error_of(status.value()); !wrong.empty())
      return refuse(options, status.value(), wrong);
    if (const auto no = not_confirmed(options, verb, status.value())) return *no;
    daemon = net::LocalClient::connect(options.socket);
    if (daemon.has_error()) return fail(not_running(options, daemon.error()), kNotRunning);
  }
  if (auto sent = daemon.value().send_line(with_reason(verb, options)); sent.has_error())
    return fail(sent.error(), code_of(sent.error()));
  auto outcome = follow(daemon.value(), options.wait.value_or(longest), !options.json);
  if (outcome.has_error()) return fail(outcome.error(), code_of(outcome.error()));
  const std::string& document = outcome.value();
  if (const std::string wrong = error_of(document); !wrong.empty())
    return refuse(options, document, wrong);
  const bool waited_for = !options.wait || *options.wait > Duration{0};
  print_line(options.json ? document
                          : render_outcome(document, options.program, style_of_stdout()));
  return is_under_way(document) && waited_for ? kTimeout : kOk;
}

}  // namespace

void declare_halt(CLI::App& app, Options& options) {
  add_reason(app, options);
  add_socket(app, options);
  add_json(app, options);
  add_wait(app, options, "how long the end of the open orders is waited for (default 10s)");
  app.footer("Cancels every order and refuses new ones until somebody resumes. Positions stay.");
}
int run_halt(const Options& options) { return command(options, "halt", kOrderDeadline, false); }

void declare_reduce(CLI::App& app, Options& options) {
  declare_halt(app, options);
  app.footer("From here only orders that reduce a position pass, until somebody resumes.");
}
int run_reduce(const Options& options) { return command(options, "reduce", kOrderDeadline, false); }

void declare_resume(CLI::App& app, Options& options) {
  add_reason(app, options);
  add_socket(app, options);
  add_json(app, options);
  add_yes(app, options);
  app.footer(
      "Lets a running daemon that was halted or reduced trade again. To go on with a session that "
      "has ended is another thing: proteus paper --resume SESSION.");
}
int run_resume(const Options& options) { return command(options, "resume", kOrderDeadline, true); }

void declare_flatten(CLI::App& app, Options& options) {
  add_reason(app, options);
  add_socket(app, options);
  add_json(app, options);
  add_yes(app, options);
  add_wait(app, options, "how long it is waited for until nothing is held (default 3m)");
  app.footer(
      "Halts, cancels every order and closes every position at the market. In bar mode the orders "
      "fill with the next bar. Exit code 5: something is still open; the daemon goes on trying.");
}
int run_flatten(const Options& options) {
  return command(options, "flatten", kFlattenDeadline, true);
}

void declare_stop(CLI::App& app, Options& options) {
  add_reason(app, options);
  add_socket(app, options);
  add_json(app, options);
  add_wait(app, options, "how long the end is waited for (default 30s)");
  app.footer("Ends the daemon cleanly: open orders are cancelled, positions stay in the session.");
}

int run_stop(const Options& options) {
  if (const auto no = not_of_one(options, "stop")) return *no;
  auto daemon = net::LocalClient::connect(options.socket);
  if (daemon.has_error()) return fail(not_running(options, daemon.error()), kNotRunning);
  auto answer = ask(daemon.value(), with_reason("stop", options));
  if (answer.has_error()) return fail(answer.error(), code_of(answer.error()));
  const Duration longest = options.wait.value_or(kStopDeadline);
  const Duration until = net::Loop::steady_now() + longest;
  while (net::LocalClient::connect(options.socket).has_value()) {
    if (longest == Duration{0}) break;
    if (net::Loop::steady_now() >= until)
      return fail(error(ErrorCode::Timeout, "the daemon was told to stop and still answers"),
                  kTimeout);
    std::this_thread::sleep_for(50ms);
  }
  if (options.json)
    print_line(JsonObject{}.add("verb", "stop").add("done", longest > Duration{0}).text());
  else
    print_line(longest > Duration{0} ? "The daemon has stopped." : "The daemon was told to stop.");
  return kOk;
}

void declare_beat(CLI::App& app, Options& options) {
  add_socket(app, options);
  add_json(app, options);
  app.footer(
      "Tells the daemon that its operator is there. Where session.heartbeat_required is set and "
      "nothing is heard for so long, it reduces or halts by itself.");
}

int run_beat(const Options& options) {
  auto daemon = net::LocalClient::connect(options.socket);
  if (daemon.has_error()) return fail(not_running(options, daemon.error()), kNotRunning);
  auto answer = ask(daemon.value(), "beat");
  if (answer.has_error()) return fail(answer.error(), code_of(answer.error()));
  if (const std::string wrong = error_of(answer.value()); !wrong.empty())
    return refuse(options, answer.value(), wrong);
  print_line(options.json ? answer.value() : render_beat(answer.value()));
  return kOk;
}

}  // namespace proteus::app
