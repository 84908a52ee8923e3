// Checkpoints that somebody has, judged as they are: one block, behind all they have seen.
#pragma once

#include "tools/evaluate/plan.hpp"

namespace proteus::app::evaluate {

/// The plan of `config` (empty: defaults) with the judged candidate's weights replaced by
/// `checkpoints`, together as one. Bars: [data] of the plan, else the files that the first one was
/// trained on. Blocks: [folds] of the plan, else one from the last bar that any of them has seen to
/// the end of the files. Errors: those of reading plan and checkpoints; Refused, where all bars up
/// to the end of the files were trained on.
Result<Plan> plan_for_checkpoints(const std::vector<std::string>& checkpoints,
                                  const std::string& config,
                                  const std::vector<std::string>& overrides);

}  // namespace proteus::app::evaluate
