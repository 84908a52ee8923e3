// What `proteus train` drives: something that learns by iterations, tells figures of each, and can
// be put down and taken up again at any boundary between two. All learners stand behind this one
// interface; files, progress, plots and resuming (run.hpp) know nothing else of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/archive.hpp"
#include "models/inference/checkpoint.hpp"
#include "models/runs/scalars.hpp"

namespace proteus::runs {

class Trainer {
 public:
  virtual ~Trainer() = default;

  /// What steps() counts, for people: "steps", "meta-steps".
  [[nodiscard]] virtual std::string_view unit() const = 0;
  [[nodiscard]] virtual std::int64_t steps() const = 0;  ///< done
  [[nodiscard]] virtual std::int64_t total_steps() const = 0;

  /// One iteration: collects, learns, adds its figures to `out`, which comes empty. The same names
  /// in the same order every time; a figure that this iteration does not have is NaN. Errors:
  /// Refused, when three in a row had something that was not finite; the model is then that of the
  /// last good update.
  virtual Result<void> iterate(Scalars& out) = 0;

  /// The model as it is now: kind, schema, action map, normaliser, tensors and what rebuilds it.
  /// Seeds, data hashes, code version, parent and the run's config are the caller's.
  [[nodiscard]] virtual inference::Checkpoint model() const = 0;

  /// Everything that decides what the next iterations do: parameters, optimiser, random numbers,
  /// running moments, environments in mid-trial. A trainer made from the same settings and data,
  /// after reading it, goes on to the same bits as the one that wrote it.
  virtual void archive(Archive& a) = 0;
};

}  // namespace proteus::runs
