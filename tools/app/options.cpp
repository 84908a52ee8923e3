#include "tools/app/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>

#include "config/value_text.hpp"

namespace proteus::app {

Result<Duration> parse_run_for(std::string_view text) {
  constexpr Duration kLongest = std::chrono::hours{24 * 365};
  const auto bad = [&] {
    return error(ErrorCode::Malformed,
                 fmt::format("\"{}\" is no length of time, write seconds (90) or 90s, 2m, 1h; more "
                             "than zero, at most a year",
                             text.substr(0, 40)));
  };
  double seconds = 0.0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed == std::errc{} && end == text.data() + text.size()) {
    if (!(seconds >= 0.001) || seconds > 365.0 * 86'400.0) return bad();
    return Duration{static_cast<std::int64_t>(seconds * 1e9)};
  }
  const auto given = config::parse_duration(text);
  if (!given || *given <= Duration{0} || *given > kLongest) return bad();
  return *given;
}

void add_config(CLI::App& app, Options& options) {
  app.add_option("-c,--config", options.config,
                 "TOML file of settings; without it every setting has its default")
      ->type_name("FILE");
  app.add_option("-s,--set", options.overrides,
                 "one setting on top of the file: section.key=value; may be given again")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1);
}

void add_run_for(CLI::App& app, Options& options) {
  app.add_option_function<std::string>(
         "--for",
         [&options](const std::string& text) {
           auto length = parse_run_for(text);
           if (length.has_error()) throw CLI::ValidationError("--for", length.error().context);
           options.run_for = length.value();
         },
         "end by itself after this real time: seconds, or 90s, 2m, 1h")
      ->type_name("TIME");
}

void add_socket(CLI::App& app, Options& options) {
  app.add_option("--socket", options.socket, "socket of the daemon to ask")
      ->type_name("PATH")
      ->capture_default_str();
}

void add_json(CLI::App& app, Options& options) {
  app.add_flag("--json", options.json, "for programs: one JSON document a line");
}

void add_reason(CLI::App& app, Options& options) {
  app.add_option("REASON", options.reason, "why, in words: it stands in the log and in the status")
      ->type_name("");
}

void add_wait(CLI::App& app, Options& options, const std::string& what) {
  app.add_option_function<std::string>(
         "--wait",
         [&options](const std::string& text) {
           if (text == "0" || text == "0s") {
             options.wait = Duration{0};
             return;
           }
           auto length = parse_run_for(text);
           if (length.has_error()) throw CLI::ValidationError("--wait", length.error().context);
           options.wait = length.value();
         },
         what + "; 0: not at all")
      ->type_name("TIME");
}

void add_yes(CLI::App& app, Options& options) {
  app.add_flag("-y,--yes", options.yes, "do not ask; needed where nobody sits at a terminal");
}

int fail(const Error& failure, int code) {
  fmt::print(stderr, "proteus: {}\n", failure.context);
  return code;
}

}  // namespace proteus::app
