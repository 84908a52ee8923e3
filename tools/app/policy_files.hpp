// The checkpoints that a configuration names: read, checked against the rest of the settings, and
// what they decide of these.
#pragma once

#include <string>
#include <vector>

#include "config/reader.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

/// Every complaint goes to the reader, under the key that it is about. Empty after one.
std::vector<strategies::PolicyModel> take_policies(Settings& settings, config::Reader& reader);

/// A line a checkpoint for people: file, hash, kernel, trial, bars.
std::vector<std::string> policy_lines(const Loaded& loaded);

}  // namespace proteus::app
