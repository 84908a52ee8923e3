// Which bars a checkpoint has seen, from the settings of the run that it carries.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/time.hpp"
#include "models/inference/checkpoint.hpp"

namespace proteus::app::evaluate {

struct Seen {
  std::string kind;                ///< of model
  bool real = false;               ///< kline files were among what it was trained on
  std::optional<Timestamp> until;  ///< no bar that closed later; absent: all that its files had
  std::vector<std::string> files;
  std::string funding_folder;
};

/// Errors: Unsupported, where it does not carry its run's settings.
Result<Seen> seen_by(const inference::Checkpoint& checkpoint, const std::string& name);
/// Whether what opens at `from` or later may be among it.
bool may_reach(const Seen& seen, Timestamp from);
/// For an account that trades these checkpoints from `from` on: a sentence where they may have seen
/// its bars, of the first that has. Those that cannot be read or do not say are passed over.
std::optional<std::string> seen_note(const std::vector<std::string>& checkpoints, Timestamp from);
/// Errors: Refused, where it may have seen bars that open at `from` or later; those of reading it.
Result<void> check_unseen(const std::filesystem::path& checkpoint, Timestamp from);

}  // namespace proteus::app::evaluate
