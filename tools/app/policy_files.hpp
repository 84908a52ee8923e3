// The checkpoints that a configuration names: read, checked against the rest of the settings, and
// what they decide of these.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

/// A relative path counts from the working folder or, where nothing lies there, from `folder`, that
/// of the configuration; "shipped:NAME" is a model that came with the program. Every complaint goes
/// to the reader, under the key that it is about; `otherwise` ends that about the interval. Empty
/// after one.
std::vector<strategies::PolicyModel> take_policies(Settings& settings, config::Reader& reader,
                                                   const std::filesystem::path& folder,
                                                   const std::string& otherwise = "");

/// `strategy.features` as the checkpoints read them; a complaint where something else was given.
/// `who`: reads them ("policy").
void take_features(Settings& settings, features::Kind kind, std::string_view who,
                   config::Reader& reader);

/// What the models are called together: the folder of their files ("policy-1h"), or the file of one
/// that lies alone.
std::string policy_name(const Loaded& loaded);

/// A line a checkpoint for people: file, hash, kernel, trial, bars.
std::vector<std::string> policy_lines(const Loaded& loaded);

}  // namespace proteus::app
