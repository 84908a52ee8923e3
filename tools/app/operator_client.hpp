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
/// Nobody answers at the socket: what to do about it.
Error not_running(const Options& options, const Error& cause);
/// One question, one line of answer.
Result<std::string> ask(net::LocalClient& daemon, std::string_view question);
/// A line on standard output, at once.
void print_line(const std::string& text);
/// The sentence of an {"error": ...} said as --json wants it; kError.
int refuse(const Options& options, const std::string& document, const std::string& sentence);

}  // namespace proteus::app
