// What the status tells of policies that trade: which, how they adapt, what all instruments' have
// said and become.
#pragma once

#include <string>
#include <vector>

#include "tools/app/json_view.hpp"
#include "tools/app/settings.hpp"
#include "tools/app/text.hpp"

namespace proteus::app {

/// The status' "policy": name, networks, decide_every, adapt, adapt_every, unit (the volatility
/// target of a bar, a fraction). "null" where a rule trades.
std::string policy_json(const Loaded& loaded);

/// Cells of the status' line, one list a line; none where a rule trades.
std::vector<std::vector<std::string>> policy_cells(const view::bj::value& status,
                                                   const Style& style);

/// "the policy is long (+0.31)": the reason of an instrument's last decision, with the weight that
/// a policy wants.
std::string reason_text(const view::bj::value& instrument);

/// What changes while a policy trades, for people who see it for the first time; half a sentence.
std::string adapting_text(std::string_view adapt, double every);

}  // namespace proteus::app
