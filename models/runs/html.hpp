// For pages that are written as text.
#pragma once

#include <string>
#include <string_view>

namespace proteus::runs {

/// As HTML text, and as an attribute in double quotes.
std::string escaped(std::string_view text);

}  // namespace proteus::runs
