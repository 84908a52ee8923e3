// A policy with what its checkpoint says of it: all that a strategy needs to trade it. Made from a
// file by models/inference/policy_file; strategies see no file.
#pragma once

#include <memory>

#include "engine/ports/policy.hpp"
#include "strategies/policy/policy_spec.hpp"

namespace proteus::strategies {

struct PolicyModel {
  PolicySpec spec;
  std::shared_ptr<const Policy> policy;
};

/// Success where this policy reads a row of `features` features and may trade bars of `interval`.
/// Errors: Refused, in a sentence that names the checkpoint.
Result<void> check_model(const PolicyModel& model, std::size_t features, Interval interval);
/// Success where they may trade together: the same market settings, features, bars and inner loop.
/// Errors: Refused, naming what differs.
Result<void> check_ensemble(std::span<const PolicyModel> models);

}  // namespace proteus::strategies
