// By what name people are told who refused an order.
#pragma once

#include <string_view>

#include "engine/core/decision.hpp"

namespace proteus {

/// The hold `backlog` (the log cannot be written) speaks for control 6 with 1 of at most 0, and no
/// other word of that control has this limit: settings that leave no message are refused.
inline bool refused_by_backlog(const ControlResult& word) {
  return !word.passed && word.control == Control::MessageRate && word.limit.raw == 0;
}

/// The control's name; "backlog" where no rate was exceeded and what failed is the log.
inline std::string_view refuser(const ControlResult& word) {
  return refused_by_backlog(word) ? to_string(Hold::Backlog) : to_string(word.control);
}

/// So many orders of a decision did that hold refuse.
inline std::uint64_t refusals_by_backlog(const DecisionRecord& decision) {
  bool any = false;
  for (const ControlResult& word : decision.controls) any = any || refused_by_backlog(word);
  std::uint64_t count = 0;
  if (any)
    for (const DecisionOrder& order : decision.orders)
      count += order.refused_by == Control::MessageRate ? 1 : 0;
  return count;
}

}  // namespace proteus
