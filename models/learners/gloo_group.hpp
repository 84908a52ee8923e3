// The group over LibTorch's own process group, with Gloo's sums over TCP.
#pragma once

#include "models/learners/process_group.hpp"

namespace proteus::learners {

/// As join_group, for two ranks or more.
Result<std::unique_ptr<Group>> join_gloo(const GroupSettings& settings);

}  // namespace proteus::learners
