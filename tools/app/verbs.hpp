// The verbs that the table in verb_table.cpp names.
#pragma once

#include <span>

#include "tools/app/options.hpp"

namespace proteus::evaluation {
struct KnownAnswer;
}

namespace proteus::app {

void declare_demo(CLI::App& app, Options& options);
int run_demo(const Options& options);

void declare_run(CLI::App& app, Options& options);    ///< --config, --set, --for
void declare_paper(CLI::App& app, Options& options);  ///< these and --resume
int run_paper(const Options& options);
int run_sim(const Options& options);

void declare_replay(CLI::App& app, Options& options);
int run_replay(const Options& options);

void declare_status(CLI::App& app, Options& options);
int run_status(const Options& options);
void declare_why(CLI::App& app, Options& options);
int run_why(const Options& options);
void declare_report(CLI::App& app, Options& options);
int run_report(const Options& options);
void declare_halt(CLI::App& app, Options& options);
int run_halt(const Options& options);
void declare_reduce(CLI::App& app, Options& options);
int run_reduce(const Options& options);
void declare_resume(CLI::App& app, Options& options);
int run_resume(const Options& options);
void declare_flatten(CLI::App& app, Options& options);
int run_flatten(const Options& options);
void declare_beat(CLI::App& app, Options& options);
int run_beat(const Options& options);
void declare_stop(CLI::App& app, Options& options);
int run_stop(const Options& options);

void declare_doctor(CLI::App& app, Options& options);
int run_doctor(const Options& options);

void declare_check(CLI::App& app, Options& options);
int run_config_check(const Options& options);
void declare_show(CLI::App& app, Options& options);
int run_config_show(const Options& options);

void declare_alarm_test(CLI::App& app, Options& options);
int run_alarm_test(const Options& options);

void declare_journal_rebuild(CLI::App& app, Options& options);
int run_journal_rebuild(const Options& options);
void declare_journal_verify(CLI::App& app, Options& options);
int run_journal_verify(const Options& options);
void declare_journal_recover(CLI::App& app, Options& options);
int run_journal_recover(const Options& options);

void declare_live(CLI::App& app, Options& options);
int run_live(const Options& options);

void declare_guard(CLI::App& app, Options& options);
int run_guard(const Options& options);

void declare_selftest(CLI::App& app, Options& options);
int run_selftest(const Options& options);

void declare_verify_learning(CLI::App& app, Options& options);
int run_verify_learning(const Options& options);  ///< by proteus-learn, where that is installed
/// The same here, over this list.
int run_known_answers(const Options& options, std::span<const evaluation::KnownAnswer> list);

void declare_train(CLI::App& app, Options& options);
int run_train(const Options& options);  ///< by proteus-learn, where that is installed

void declare_evaluate(CLI::App& app, Options& options);
int run_evaluate(const Options& options);

void declare_import_yahoo(CLI::App& app, Options& options);
int run_import_yahoo(const Options& options);

int run_version(const Options& options);

}  // namespace proteus::app
