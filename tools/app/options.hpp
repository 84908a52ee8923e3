// What a verb is, and what can be said to it on the command line. A verb is one row of the table in
// verb_table.cpp; its `declare` says which options it takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"
#include "models/evaluation/known_answers/parameters.hpp"

namespace CLI {
class App;
}

namespace proteus::app {

enum ExitCode : int { kOk = 0, kError = 1, kUsage = 2, kNotRunning = 3, kConfig = 4, kTimeout = 5 };

/// Every option of every verb; those that a verb does not declare keep their defaults.
struct Options {
  std::string program;  ///< as it was called, for commands to paste
  std::string config;
  std::vector<std::string> overrides;
  std::string socket = "runs/proteus.sock";
  Duration run_for{0};  ///< real time; zero: until it is ended
  double speed = 30.0;
  bool resume = false;  ///< the newest session where `resume_folder` is empty
  std::string resume_folder;
  std::string out;  ///< folder to make and to write to
  bool json = false;
  bool csv = false;
  bool watch = false;
  bool markdown = false;
  std::string session;
  std::string verify;  ///< a session that is told again instead of a replay
  std::string instrument;
  std::string time;
  std::vector<std::string> files;
  std::vector<std::string> reason;  ///< of an operator's command, word by word
  bool yes = false;                 ///< no question is asked
  bool confirm_live = false;
  bool once = false;              ///< of a guard: acts now, and ends
  bool live = false;              ///< of a doctor: looks at the account too
  bool check = false;             ///< everything is read and told, and nothing done
  std::vector<std::string> only;  ///< of a list, by their ids; empty: all
  evaluation::Parameters known_answers;
  std::string interval = "1d";  ///< of bars that are imported
  bool skip_bad_rows = false;
  bool no_torch = false;          ///< of known answers: those alone that need no LibTorch
  std::string from, until;        ///< times of a span; empty: from the first, to the last
  std::string pace = "max";       ///< of a replay: as fast as it goes, or so many times real time
  std::vector<std::string> grid;  ///< settings that are varied, KEY=V1,V2,...
  std::int64_t jobs = 0;          ///< runs at once; 0: one a core
  bool keep = false;              ///< sessions of a grid stay
  std::vector<std::string> topics;
  std::vector<std::string> instruments;
  std::vector<std::string> kinds;           ///< of what is fetched
  std::string packing = "gz";               ///< of files that are written: gz, zst or none
  Duration gap = std::chrono::seconds{60};  ///< a longer silence of a stream is told
  std::optional<Duration> wait;             ///< real time that a command's outcome is waited for
};

struct Verb {
  const char* name;     ///< at most two words
  const char* summary;  ///< one line, at most 80 letters
  void (*declare)(CLI::App&, Options&);
  int (*run)(const Options&);  ///< an ExitCode
};

// Options that several verbs share, for their `declare`.
void add_config(CLI::App& app, Options& options);  ///< --config, --set
void add_run_for(CLI::App& app, Options& options);
void add_socket(CLI::App& app, Options& options);
void add_json(CLI::App& app, Options& options);
void add_reason(CLI::App& app, Options& options);
void add_wait(CLI::App& app, Options& options, const std::string& what);
void add_yes(CLI::App& app, Options& options);
inline void no_options(CLI::App&, Options&) {}

/// "3", "1.5" (seconds), "90s", "2m", "1h": more than zero, at most a year. Errors: a sentence.
Result<Duration> parse_run_for(std::string_view text);

/// Prints "proteus: <sentence>" to stderr and returns `code`.
int fail(const Error& failure, int code);

}  // namespace proteus::app
