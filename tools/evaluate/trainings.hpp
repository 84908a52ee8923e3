// Trainings as child processes: `proteus train` for each fold and seed, some at a time. What is
// finished is kept, what was broken off goes on where it was.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::app::evaluate {

struct Training {
  std::string label;  ///< "policy, fold 2, seed 3"
  std::string config;
  std::vector<std::string> overrides;
  std::filesystem::path folder;
};

using Say = std::function<void(const std::string&)>;

/// Whether its model lies in its folder.
bool is_finished(const Training& training);

/// Runs those that are not finished, `jobs` at a time, by `program train`; what each says goes to
/// "<folder>.log". `stop` is asked now and then; once it says yes the children save and end.
/// Errors: Stopped; Io (the program cannot be started); Refused, with the last line of the log of
/// the first that failed, after the others have ended.
Result<void> run_trainings(const std::vector<Training>& trainings, std::size_t jobs,
                           const std::string& program, const Say& say,
                           const std::function<bool()>& stop);

}  // namespace proteus::app::evaluate
