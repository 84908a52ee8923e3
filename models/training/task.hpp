// A task is a trial: one stretch of one market, seen for one or more episodes by an agent that
// keeps its recurrent state from one to the next.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "engine/core/inline_text.hpp"
#include "models/training/series.hpp"

namespace proteus::training {

using RegimeLabel = InlineText<32>;

struct Task {
  std::shared_ptr<const Series> series;
  std::size_t start = 0;           ///< bar of the first decision; at least series->first_ready()
  std::size_t episode_bars = 200;  ///< steps of an episode, > 0; the end of the data cuts it
  std::size_t episodes = 1;        ///< > 0
  /// Bars from one episode's start to the next's; nothing: episode_bars, the market goes on. 0: the
  /// same bars again, of which a later episode may know the future; for experiments that want just
  /// that.
  std::optional<std::size_t> stride{};
  RegimeLabel regime;  ///< for reports and sampling; no agent sees it

  /// Bar of the first decision of episode `i`.
  [[nodiscard]] std::size_t start_of(std::size_t i) const {
    return start + i * stride.value_or(episode_bars);
  }
  /// Bars from the first decision to the last that a whole trial meets.
  [[nodiscard]] std::size_t span() const { return start_of(episodes - 1) - start + episode_bars; }
};

/// Success if the trial has at least one step. Errors: OutOfRange, with series and bars.
Result<void> check_task(const Task& task);

}  // namespace proteus::training
