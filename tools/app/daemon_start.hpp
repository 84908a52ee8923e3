// From settings to a running daemon and back: what `paper` and `live` have in common.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "connectors/live/account_io.hpp"
#include "tools/app/options.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

/// Gives a signer for the account each time it is called; empty: paper.
using MakeSigning = std::function<std::unique_ptr<live::Signing>()>;

/// Runs until it is stopped. mode: "paper" or "live". Returns an ExitCode.
int run_daemon(const Options& options, const Loaded& loaded, std::string_view mode,
               const MakeSigning& sign = {});

}  // namespace proteus::app
