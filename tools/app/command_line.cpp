#include "tools/app/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "config/value_text.hpp"

namespace proteus::app {
namespace {

struct Found {
  const Verb* verb = nullptr;
  std::size_t words = 0;  ///< of the arguments that name it
};

Found find(std::span<const Verb> verbs, const std::vector<std::string>& arguments) {
  for (std::size_t words = std::min<std::size_t>(2, arguments.size()); words > 0; --words) {
    const std::string name = words == 2 ? arguments[0] + " " + arguments[1] : arguments[0];
    const auto it = std::ranges::find_if(verbs, [&](const Verb& v) { return name == v.name; });
    if (it != verbs.end()) return {&*it, words};
  }
  return {};
}

int usage(const std::string& sentence) {
  fmt::print(stderr, "proteus: {}\n", sentence);
  return kUsage;
}

/// Reads the options and runs the verb. CLI11 speaks by exceptions; they end here.
int run(const Verb& verb, const std::string& program, std::vector<std::string> arguments) {
  Options options;
  options.program = program;
  CLI::App app{verb.summary, std::string("proteus ") + verb.name};
  app.get_formatter()->column_width(32);
  try {
    verb.declare(app, options);
    std::ranges::reverse(arguments);
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return kOk;
  } catch (const CLI::ParseError& wrong) {
    return usage(fmt::format("{}; see proteus {} --help", wrong.what(), verb.name));
  }
  return verb.run(options);
}

std::string row_of(const Verb& verb) {
  return fmt::format("  proteus {:<20} {}\n", verb.name, verb.summary);
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h"; }

}  // namespace

std::string overview(std::span<const Verb> verbs) {
  std::string out = "proteus, an event-driven live and paper trading engine\n\n";
  for (const Verb& verb : verbs) out += row_of(verb);
  return out +
         "\nproteus VERB --help lists the options of a verb. Exit codes: 0 fine, 1 error, 2 "
         "usage,\n3 no daemon runs, 4 settings, 5 timeout.\n";
}

std::string family_help(std::span<const Verb> verbs, const std::string& word) {
  std::string out;
  for (const Verb& verb : verbs)
    if (std::string_view(verb.name).starts_with(word + " ")) out += row_of(verb);
  if (out.empty()) return out;
  return out + fmt::format("\nproteus {} VERB --help lists the options of one of them.\n", word);
}

std::string unknown_verb(std::span<const Verb> verbs, const std::vector<std::string>& words) {
  const std::string first = words.empty() ? "" : words.front();
  std::vector<std::string> names, completions;
  for (const Verb& verb : verbs) {
    names.emplace_back(verb.name);
    if (names.back().starts_with(first + " ")) completions.push_back("proteus " + names.back());
  }
  if (!completions.empty())
    return fmt::format("\"{}\" needs a second word: {}", first, fmt::join(completions, ", "));
  auto near = config::nearest(first, names);
  if (!near && words.size() > 1) near = config::nearest(first + " " + words[1], names);
  if (first.starts_with('-'))
    return fmt::format("{} stands before a verb: write proteus VERB {}; see proteus help", first,
                       first);
  return fmt::format("there is no verb \"{}\"{}", first,
                     near ? fmt::format(", did you mean: proteus {}", *near)
                          : std::string("; proteus help lists them all"));
}

namespace {

/// Finds the verb among the arguments and runs it.
int choose(std::span<const Verb> verbs, const std::string& program,
           const std::vector<std::string>& arguments) {
  std::vector<std::string> rest = arguments;
  if (rest.empty()) {
    fmt::print("{}", overview(verbs));
    return kUsage;
  }
  const bool help = rest[0] == "help" || asks_for_help(rest[0]);
  if (help) {
    rest.erase(rest.begin());
    if (rest.empty()) {
      fmt::print("{}", overview(verbs));
      return kOk;
    }
  }
  if (rest[0] == "--version") rest[0] = "version";
  const Found found = find(verbs, rest);
  if (found.verb == nullptr) {
    const bool alone = rest.size() == 1;
    const std::string family = family_help(verbs, rest[0]);
    if (family.empty() || !(alone || asks_for_help(rest[1])))
      return usage(unknown_verb(verbs, rest));
    if (alone && !help) {
      fmt::print(stderr, "{}", family);
      return usage(unknown_verb(verbs, rest));
    }
    fmt::print("{}", family);
    return kOk;
  }
  rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(found.words));
  if (help) rest = {"--help"};
  return run(*found.verb, program, std::move(rest));
}

}  // namespace

int dispatch(std::span<const Verb> verbs, const std::string& program,
             const std::vector<std::string>& arguments) {
  try {
    const int code = choose(verbs, program, arguments);
    // A reader that had enough is none of our business; a full disk is.
    if (std::fflush(stdout) == 0 || errno == EPIPE || code != kOk) return code;
    std::fputs("proteus: what was to be printed could not be written\n", stderr);
    return kError;
  } catch (const std::exception& failed) {
    // fmt::print would throw again where the terminal is what failed.
    std::fputs("proteus: ", stderr);
    std::fputs(failed.what(), stderr);
    std::fputs("\n", stderr);
    return kError;
  }
}

}  // namespace proteus::app
