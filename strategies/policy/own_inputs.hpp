// What a policy sees beside the features, in words: part of the schema that its checkpoint hashes.
#pragma once

#include <string_view>

namespace proteus::strategies {

inline constexpr std::string_view kOwnInputsText =
    "unit account, version 1\n"
    "position = weight held\n"
    "profit = since the position was opened or turned, in units of ten bars, clip 10\n"
    "time = share of the trial that has passed\n"
    "chance_short, chance_flat, chance_long = as said last, 0 before the first\n"
    "reward = net of the bar that closed, in units of a bar, clip 10\n";

}  // namespace proteus::strategies
