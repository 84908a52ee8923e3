// The verbs that tell recorded sessions again, hold two against one another, and write them out.
#pragma once

#include "tools/app/options.hpp"

namespace proteus::app {

void declare_journal_export(CLI::App& app, Options& options);
int run_journal_export(const Options& options);
void declare_diff(CLI::App& app, Options& options);
int run_diff(const Options& options);
int run_told_again(const Options& options);  ///< replay --verify SESSION

}  // namespace proteus::app
