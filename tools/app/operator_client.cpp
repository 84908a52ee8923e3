#include "tools/app/operator_client.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace proteus::app {

int code_of(const Error& failure) { return failure.code == ErrorCode::Timeout ? kTimeout : kError; }

Error not_running(const Options& options, const Error& cause) {
  return error(
      ErrorCode::NotFound,
      fmt::format("no daemon answers at {} ({}); start one with {} demo or {} paper, or name "
                  "its socket with --socket",
                  options.socket, cause.context, options.program, options.program));
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
