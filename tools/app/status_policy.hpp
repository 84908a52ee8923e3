// The status' line about policies: what all instruments' policies have said and become.
#pragma once

#include <string>
#include <vector>

#include "tools/app/json_view.hpp"
#include "tools/app/text.hpp"

namespace proteus::app {

/// Cells of the line, from the status' instruments; none where a rule trades.
std::vector<std::string> policy_cells(const view::bj::array& instruments, const Style& style);

}  // namespace proteus::app
