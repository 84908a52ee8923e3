// A checkpoint that trades: from a file of kind "market_policy" to the policy and all that a
// strategy must know of it (strategies/policy/policy_spec.hpp).
#pragma once

#include <filesystem>

#include "models/inference/checkpoint.hpp"
#include "models/inference/kernels.hpp"
#include "strategies/policy/policy_model.hpp"

namespace proteus::inference {

/// Errors, each a sentence with the file's name: NotFound, Io; Corrupt (truncated, foreign, a
/// setting or tensor that is missing or no number); Refused (another kind of model, another schema:
/// the first line that differs; scaling that does not fit its features); Unsupported (a network or
/// a kernel that cannot be computed here).
Result<strategies::PolicyModel> read_policy_file(const std::filesystem::path& path,
                                                 KernelChoice kernel = KernelChoice::Auto);
/// The same of a checkpoint that was read. `name`: of its file.
Result<strategies::PolicyModel> policy_of(const Checkpoint& checkpoint, std::string_view name,
                                          KernelChoice kernel = KernelChoice::Auto);

/// What a market policy that reads these features was trained on, as its checkpoint says it.
/// Errors: Unsupported, where bars of the interval do not carry the features.
Result<std::string> market_policy_schema(features::Kind features, Interval interval);

}  // namespace proteus::inference
