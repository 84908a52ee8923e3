// What an agent learns in: many environments in lock-step, written into arrays that stay in place.
// Bandits, mazes, a pole on a cart and the market all look like this.
//
// A trial is the span over which an agent keeps its memory, of one or more episodes. When one ends,
// the next begins at once, with a task of its own: observations() then shows its first observation
// and final_observations() the one that ended.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/archive.hpp"
#include "engine/core/assert.hpp"
#include "models/training/gae.hpp"

namespace proteus::learners {

class VectorEnv {
 public:
  virtual ~VectorEnv() = default;

  [[nodiscard]] virtual std::size_t size() const = 0;     ///< environments
  [[nodiscard]] virtual std::size_t columns() const = 0;  ///< of an observation; may be 0
  [[nodiscard]] virtual std::size_t actions() const = 0;  ///< choices
  /// Steps that a trial has at most, for the input "time in trial".
  [[nodiscard]] virtual std::size_t trial_steps() const = 0;

  /// Number of the first environment among those of all processes: 0 unless it was placed.
  [[nodiscard]] std::size_t first() const { return first_; }
  /// From the next reset on.
  void place(std::size_t first) { first_ = first; }

  /// A new trial everywhere. The tasks that follow and all that is random in them are decided, for
  /// each environment apart, by `seed` and its number (streams.hpp).
  virtual void reset(std::uint64_t seed) = 0;
  /// One step of all; one action each, in [0, actions).
  virtual void step(std::span<const std::int32_t> actions) = 0;

  /// Whether an action is a weight, a real number that counts as cut to [-1, 1]. actions() is then
  /// 1, the columns that say it, and a step is step_weights.
  [[nodiscard]] virtual bool weighs() const { return false; }
  /// One step of all; one weight each.
  virtual void step_weights(std::span<const float> /*weights*/) { PROTEUS_ASSERT(weighs()); }

  /// [size, columns], row-major.
  [[nodiscard]] virtual std::span<const float> observations() const = 0;
  /// The same shape; a row is that of the last step that ended an episode there.
  [[nodiscard]] virtual std::span<const float> final_observations() const = 0;
  [[nodiscard]] virtual std::span<const float> rewards() const = 0;
  /// What ended with the last step.
  [[nodiscard]] virtual std::span<const training::StepEnd> ends() const = 0;

  /// All that decides what the next steps do; rewards and ends of the last one are not kept.
  virtual void archive(Archive& a) = 0;

 private:
  std::size_t first_ = 0;
};

[[nodiscard]] inline bool ends_trial(training::StepEnd end) {
  return end == training::StepEnd::TrialTerminated || end == training::StepEnd::TrialTruncated;
}
[[nodiscard]] inline bool is_truncated(training::StepEnd end) {
  return end == training::StepEnd::EpisodeTruncated || end == training::StepEnd::TrialTruncated;
}

}  // namespace proteus::learners
