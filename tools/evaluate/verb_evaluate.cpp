#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>

#include "connectors/net/loop.hpp"
#include "models/runs/files.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/signal_words.hpp"
#include "tools/app/verbs.hpp"
#include "tools/evaluate/given.hpp"
#include "tools/evaluate/judge.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t evaluation_interrupted = 0;

/// The second Ctrl-C ends it at once: who asks twice does not want to wait.
void on_signal(int number) {
  evaluation_interrupted = 1;
  std::signal(number, SIG_DFL);
  say_in_handler(
      "\nproteus: interrupted: ends after the step that it is in; once more ends it at once\n");
}

std::string command_of(const Options& options) {
  std::string command = "proteus evaluate";
  for (const std::string& file : options.files) command += " " + file;
  if (!options.config.empty()) command += " --config " + options.config;
  for (const std::string& one : options.overrides) command += fmt::format(" --set '{}'", one);
  return command;
}

/// Beside what is there already, and only then in its place.
Result<void> write_file(const fs::path& path, const std::string& text) {
  const fs::path draft = path.string() + ".draft";
  std::error_code ignored;
  fs::remove(draft, ignored);
  BOOST_OUTCOME_TRY(runs::write_text(draft, text));
  return runs::move_file(draft, path);
}

Result<void> write_report(const evaluate::Report& report) {
  const fs::path folder = report.folder;
  BOOST_OUTCOME_TRY(runs::make_folder(folder));
  BOOST_OUTCOME_TRY(write_file(folder / "config.toml", report.plan.resolved));
  BOOST_OUTCOME_TRY(write_file(folder / "report.json", evaluate::report_json(report)));
  BOOST_OUTCOME_TRY(write_file(folder / "report.html", evaluate::report_html(report)));
  return write_file(folder / "card.md", evaluate::model_card(report));
}

Result<evaluate::Plan> plan_of(const Options& options) {
  if (!options.files.empty())
    return evaluate::plan_for_checkpoints(options.files, options.config, options.overrides);
  return evaluate::read_plan(options.config, options.overrides);
}

/// Settings that are wrong, or a checkpoint that will not do.
int exit_code_of(const Error& failure) {
  const bool of_checkpoint = failure.code == ErrorCode::Refused ||
                             failure.code == ErrorCode::Corrupt ||
                             failure.code == ErrorCode::Unsupported;
  return of_checkpoint ? kError : kConfig;
}

/// Says what is missing, all at once; whether anything is.
bool tell_missing(const evaluate::Needs& needs) {
  for (const std::string& one : needs.missing) fmt::print(stderr, "proteus: {}\n", one);
  return !needs.missing.empty();
}

void tell_check(const evaluate::Plan& plan, const evaluate::Needs& needs) {
  for (std::size_t f = 0; f < plan.folds.size(); ++f) {
    const auto& t = plan.folds[f];
    fmt::print("fold {}: ", f + 1);
    if (needs.trainings > 0) fmt::print("trains up to {}, ", format_time(t.train_to));
    if (needs.trainings > 0 || !plan.grid.empty())
      fmt::print("chooses on {} to {}, ", format_time(t.validation_from),
                 format_time(t.validation_to));
    fmt::print("judges {} to {}\n", format_time(t.test_from), format_time(t.test_to));
  }
  for (const auto& candidate : plan.candidates)
    fmt::print("{}: {}\n", candidate.name, evaluate::to_string(candidate.role));
  if (needs.trainings > 0)
    fmt::print("trainings: {} of {} are left to do\n", needs.trainings_left, needs.trainings);
}

}  // namespace

void declare_evaluate(CLI::App& app, Options& options) {
  app.add_option("-c,--config", options.config, "TOML file of the evaluation")->type_name("FILE");
  app.add_option("-s,--set", options.overrides,
                 "one setting on top of the file: section.key=value; may be given again")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1);
  app.add_flag("--check", options.check,
               "reads the settings, looks whether files and programs are there, tells what would "
               "be done, and ends");
  add_json(app, options);
  app.add_option("CHECKPOINT", options.files,
                 "judges these together, on bars behind those they were trained on")
      ->type_name("");
}

int run_evaluate(const Options& options) {
  if (options.config.empty() && options.files.empty())
    return fail(error(ErrorCode::Malformed,
                      "evaluate needs a file of settings, --config FILE, or checkpoints to judge"),
                kUsage);
  auto plan = plan_of(options);
  if (plan.has_error()) return fail(plan.error(), exit_code_of(plan.error()));
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, on_signal);
  evaluate::Surroundings world;
  world.program = fs::read_symlink("/proc/self/exe").string();
  // Lines of progress are no part of the document that --json asks for.
  world.say = [&options](const std::string& line) {
    fmt::print(options.json ? stderr : stdout, "{}\n", line);
    std::fflush(options.json ? stderr : stdout);
  };
  world.stop = [] { return evaluation_interrupted != 0; };
  world.now = &net::Loop::wall_now;
  const evaluate::Needs needs = evaluate::Judge(plan.value(), world).needs();
  if (options.check) tell_check(plan.value(), needs);
  if (tell_missing(needs)) return kError;
  if (options.check) {
    fmt::print(
        "fine: the report would be written to {}; what it needs is there, no bar was read, and "
        "nothing was done\n",
        evaluate::folder_of(plan.value()));
    return kOk;
  }
  auto report = evaluate::Judge(std::move(plan.value()), world).run();
  if (report.has_error()) return fail(report.error(), kError);
  report.value().command = command_of(options);
  if (const auto written = write_report(report.value()); written.has_error())
    return fail(written.error(), kError);
  if (options.json) {
    fmt::print("{}", evaluate::report_json(report.value()));
    return kOk;
  }
  fmt::print("\n{}\nreport  {}\ncard    {}\n",
             clip_lines(evaluate::report_text(report.value()), 400),
             (fs::path(report.value().folder) / "report.html").string(),
             (fs::path(report.value().folder) / "card.md").string());
  return kOk;
}

}  // namespace proteus::app
