// What the verbs that talk to a running daemon share: asking, waiting, and saying what went wrong.
#pragma once

#include <string>
#include <string_view>

#include "connectors/net/local_client.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {

/// How long a daemon may take for an answer that it has at once.
inline constexpr Duration kAnswerDeadline = std::chrono::seconds{5};

/// The exit code of a talk that failed.
int code_of(const Error& failure);
/// Nobody answers at the socket: what to do about it, and with the session that is left there.
Error not_running(const Options& options, const Error& cause);
/// Says that a question has failed, and returns the exit code. A daemon that closes the connection
/// has ended, or is being ended: nobody answers any more.
int fail_asking(const Options& options, const Error& failure);
/// One question, one line of answer.
Result<std::string> ask(net::LocalClient& daemon, std::string_view question);
/// A line on standard output, at once.
void print_line(const std::string& text);
/// The sentence of an {"error": ...} said as --json wants it; kError.
int refuse(const Options& options, const std::string& document, const std::string& sentence);

}  // namespace proteus::app
