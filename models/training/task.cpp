#include "models/training/task.hpp"

#include <fmt/format.h>

#include "engine/core/assert.hpp"

namespace proteus::training {

Result<void> check_task(const Task& task) {
  PROTEUS_ASSERT(task.series != nullptr);
  const Series& series = *task.series;
  if (task.episodes == 0 || task.episode_bars == 0)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{}: a trial of {} episodes of {} bars has no step", series.name(),
                             task.episodes, task.episode_bars));
  if (task.start >= series.first_ready() && task.start + 1 < series.size()) return success();
  return error(ErrorCode::OutOfRange,
               fmt::format("{}: a trial cannot start at bar {}: features are ready from bar {}, "
                           "and the last of {} bars ends it",
                           series.name(), task.start, series.first_ready(), series.size()));
}

}  // namespace proteus::training
