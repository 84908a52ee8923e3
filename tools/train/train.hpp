// `proteus train` from its options to its exit code.
#pragma once

#include "tools/app/options.hpp"
#include "tools/train/recipe.hpp"

namespace proteus::app::train {

/// Trains with one of `models`. A signal (SIGINT, SIGTERM, SIGHUP) ends it after the iteration,
/// saved; a second one at once. Returns an ExitCode, after saying what went wrong if anything did.
int run_training(const Options& options, std::span<const ModelKind> models, Ranks& ranks);

}  // namespace proteus::app::train
