// All that can be said to proteus: one row a verb.
#pragma once

#include <span>

#include "tools/app/options.hpp"

namespace proteus::app {

/// In the order of the overview.
std::span<const Verb> all_verbs();

}  // namespace proteus::app
