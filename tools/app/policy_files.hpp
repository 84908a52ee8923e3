// The checkpoints that a configuration names: read, checked against the rest of the settings, and
// what they decide of these.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/reader.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

/// A relative path counts from the working folder or, where nothing lies there, from `folder`, that
/// of the configuration. Every complaint goes to the reader, under the key that it is about. Empty
/// after one.
std::vector<strategies::PolicyModel> take_policies(Settings& settings, config::Reader& reader,
                                                   const std::filesystem::path& folder);

/// A line a checkpoint for people: file, hash, kernel, trial, bars.
std::vector<std::string> policy_lines(const Loaded& loaded);

}  // namespace proteus::app
