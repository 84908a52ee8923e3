// Declared beside tools/app/verbs.hpp's.
#pragma once

#include "tools/app/options.hpp"

namespace proteus::app {

void declare_journal_adaptations(CLI::App& app, Options& options);
int run_journal_adaptations(const Options& options);

}  // namespace proteus::app
