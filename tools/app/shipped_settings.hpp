// The settings of the daemon as the verbs read them: where nobody names a strategy (strategy.name)
// the shipped policy trades, and the settings that are shipped with it lie below those that are
// given.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tools/app/settings.hpp"

namespace proteus::app {

/// What holds where neither the file nor the command line says anything.
struct Below {
  Settings settings;                           ///< each setting's own default unless more is known
  std::map<std::string, std::string> sources;  ///< of those that have another, by their path
  std::string note;                            ///< first line of what is shown; empty: none
  std::string otherwise;  ///< ends the complaint about an interval that is not the policy's
};

/// As `load`, over other defaults.
Result<Loaded> load_over(const Below& below, const std::filesystem::path& file,
                         const std::vector<std::string>& overrides, Paths paths);

/// As the verbs do. Errors: those of `load`; NotFound, where the shipped policy is to trade and is
/// not there.
Result<Loaded> load_for_verb(const std::filesystem::path& file,
                             const std::vector<std::string>& overrides);

/// Whether the file or the command line names a strategy, rightly or wrongly.
bool names_a_strategy(const std::filesystem::path& file, const std::vector<std::string>& overrides);

}  // namespace proteus::app
