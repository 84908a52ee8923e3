#include "tools/app/operator_client.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "connectors/storage/session.hpp"
#include "tools/app/session_folders.hpp"

namespace proteus::app {

int code_of(const Error& failure) { return failure.code == ErrorCode::Timeout ? kTimeout : kError; }

Error not_running(const Options& options, const Error& cause) {
  std::string text = fmt::format(
      "no daemon answers at {0} ({1}); start one with {2} demo, {2} paper or {2} live, or name its "
      "socket with --socket",
      options.socket, cause.context, options.program);
  std::optional<std::filesystem::path> last;
  std::string verb;
  for (const char* const kind : {"paper", "live"}) {
    const auto one = storage::newest_session(runs_beside(options.socket), kind);
    if (!one || (last && one->filename() < last->filename())) continue;
    last = *one;
    verb = kind;
  }
  if (last)
    text += fmt::format(
        "\nthe newest session there is {0}: {1} why --session {0} tells its last decisions, {1} "
        "{2} --resume {0} goes on with it, given the settings that it was begun with",
        last->string(), options.program, verb);
  return error(ErrorCode::NotFound, text);
}

int fail_asking(const Options& options, const Error& failure) {
  if (failure.code == ErrorCode::Io) return fail(not_running(options, failure), kNotRunning);
  return fail(failure, code_of(failure));
}

Result<std::string> ask(net::LocalClient& daemon, std::string_view question) {
  BOOST_OUTCOME_TRYV(daemon.send_line(question));
  BOOST_OUTCOME_TRY(auto answer, daemon.read_line(kAnswerDeadline));
  if (!answer) return error(ErrorCode::Io, "the daemon ended before it answered");
  return *std::move(answer);
}

void print_line(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
}

int refuse(const Options& options, const std::string& document, const std::string& sentence) {
  if (!options.json) return fail(error(ErrorCode::Refused, sentence), kError);
  print_line(document);
  return kError;
}

}  // namespace proteus::app
